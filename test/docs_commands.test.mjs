// SPDX-License-Identifier: Apache-2.0
//
// Every command that a page tells people to run is run by a test, or the page says what it would need. test/documented.mjs has the marks.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { blocksOf } from './documented.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const pages = ['docs/deploy-aws.md', 'docs/deploy-one-machine.md', 'docs/operations.md', 'docs/upgrade.md'];
const shells = ['sh', 'bash', 'shell', 'console', ''];
const programs = /^ {4,}(?:[A-Z_]+=\S+ )*(?:aws|apt|apt-get|bash|cat|cosign|curl|docker|gatehouse|git|install|kubectl|npm|podman|python3|script\/\w+|sh|sudo|systemctl|test)\b/;

for (const page of pages) {
  test(`${page}: every command is run by a test, or says what it needs`, () => {
    const wrong = [];
    for (const { line, heading, language, marks } of blocksOf(page).filter((block) => shells.includes(block.language))) {
      const at = `${page}:${line}`;
      if (!language) wrong.push(`${at}: the block names no language`);
      else if (Boolean(marks.run) === Boolean(marks.needs)) wrong.push(`${at}: the block says neither which test runs it nor what it needs, or both`);
      else if (marks.run && !existsSync(`${root}${marks.run}`)) wrong.push(`${at}: there is no ${marks.run}`);
      else if (marks.run && !readFileSync(`${root}${marks.run}`, 'utf8').includes(`'${marks.name ?? heading}'`)) wrong.push(`${at}: ${marks.run} does not run '${marks.name ?? heading}'`);
    }
    readFileSync(`${root}${page}`, 'utf8').split('\n').forEach((text, index) => {
      if (programs.test(text)) wrong.push(`${page}:${index + 1}: a command outside a marked block`);
    });
    assert.deepEqual(wrong, []);
  });

  test(`${page}: names of blocks are different`, () => {
    const names = blocksOf(page).map(({ marks }) => marks.name).filter(Boolean);
    assert.deepEqual(names, [...new Set(names)]);
  });
}
