// SPDX-License-Identifier: Apache-2.0
//
// Commands of documents, so that what people are told to run is what tests run. A block of shell says behind its language either which test
// runs it, by a name or with all others below its heading:  ```sh run=test/deploy/template.test.mjs name=deploy
// or why none can:                                          ```sh needs=AWS
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

// What `needs` may name, several with commas between them.
export const needs = {
  AWS: 'an account of AWS',
  'Google-Cloud': 'a project of Google Cloud and its gcloud',
  docker: 'a Docker daemon; what it would build and start is tested by test/deploy/image.test.mjs and proxy.test.mjs',
  'public-domain': 'a name that leads here from the internet',
  registry: 'packages of npm, PyPI or Debian; script/bootstrap has installed the same ones',
  terminal: 'somebody who types, or ends it',
  minutes: 'more time than a test may take; script/test is made of such commands',
  hours: 'hours',
  perf: 'the kernel\'s counters',
};

// Every page of the repository.
export const pages = () => execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((name) => name && existsSync(`${root}${name}`));

export const textOf = (page) => readFileSync(`${root}${page}`, 'utf8');

// What stands inside `backticks` outside of blocks: {line, text}.
export function spansOf(page) {
  let open = false;
  return textOf(page).split('\n').flatMap((line, index) => {
    if (/^ *```/.test(line)) open = !open;
    return open || /^ *```/.test(line) ? [] : [...line.matchAll(/`([^`]+)`/g)].map(([, text]) => ({ line: index + 1, text }));
  });
}

// Every fenced block of a page: {line, heading, language, marks: {run, name, needs}, text}; the heading is the last one before it, "### Start".
// A block inside a list is as far to the left as it is shown.
export function blocksOf(page) {
  const blocks = [];
  let open;
  let heading = '';
  textOf(page).split('\n').forEach((line, index) => {
    const fence = /^( *)```(.*)$/.exec(line);
    if (!fence) {
      if (!open && /^#+ /.test(line)) heading = line;
      return void open?.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart());
    }
    if (open) {
      const { indent, lines, ...block } = open;
      blocks.push({ ...block, text: `${lines.join('\n')}\n` });
      open = undefined;
    } else {
      const [language, ...words] = fence[2].trim().split(/\s+/);
      open = { line: index + 1, heading, language, marks: Object.fromEntries(words.map((word) => word.split('='))), indent: fence[1], lines: [] };
    }
  });
  if (open) throw new Error(`${page}: the block at line ${open.line} does not end`);
  return blocks;
}

// The commands of the block of this name.
export function documented(page, name) {
  const found = blocksOf(page).filter(({ marks }) => marks.name === name);
  if (found.length !== 1) throw new Error(`${page}: ${found.length} blocks are named ${name}`);
  return found[0].text;
}

// The blocks of shell below a heading, up to the next one, in their order.
export const documentedBelow = (page, heading) => blocksOf(page).filter((block) => block.heading === heading && block.language === 'sh');

// The commands of those that can be run here.
export const runnableBelow = (page, heading) => documentedBelow(page, heading).filter(({ marks }) => !marks.needs).map(({ text }) => text);
