// SPDX-License-Identifier: Apache-2.0
//
// docs/how-to/add-a-tool.md, followed literally: its blocks are put over copies of the sources that they name, compiled as the sanitized
// build compiles their neighbours, linked with it and run. Needs build/asan with gatehouse_workspace_test, as `script/test unit` leaves it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const build = join(root, 'build/asan');
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-how-to-'));
const program = 'src/gatehouse/workspace/gatehouse_workspace_test';

after(() => rmSync(folder, { recursive: true, force: true }));

// The page's blocks in their order: {kind: 'cpp' or 'diff', file, text}.
function blocksOf(page) {
  return [...page.matchAll(/^```(cpp|diff) file=(\S+)\n([\s\S]*?)^```$/gm)].map(([, kind, file, text]) => ({ kind, file, text }));
}

const sides = {
  before: (line) => (line.startsWith('+') ? [] : [line.slice(1)]),
  after: (line) => (line.startsWith('-') ? [] : [line.slice(1)]),
};

function edited(text, diff) {
  const lines = diff.trimEnd().split('\n');
  const [from, to] = [sides.before, sides.after].map((side) => lines.flatMap(side).join('\n'));
  assert.equal(text.split(from).length, 2, `the page's edit fits in one place:\n${diff}`);
  return text.replace(from, () => to);
}

// What the page makes of the sources: path to text.
function followed(page) {
  const files = new Map();
  for (const { kind, file, text } of blocksOf(page)) {
    if (kind === 'cpp') assert.ok(!existsSync(join(root, file)), `${file} is new`);
    const now = files.get(file) ?? (kind === 'diff' ? readFileSync(join(root, file), 'utf8') : '');
    files.set(file, kind === 'diff' ? edited(now, text) : text);
  }
  return files;
}

function run(command, options = {}) {
  const outcome = spawnSync('bash', ['-c', command], { cwd: build, encoding: 'utf8', timeout: 900_000, ...options });
  assert.equal(outcome.status, 0, `${command}\n${outcome.stdout}${outcome.stderr}`);
  return outcome.stdout;
}

const commandFor = (target) => run(`ninja -t commands -s ${target}`).trim();
const objectOf = (file, target) => `src/gatehouse/workspace/CMakeFiles/${target}.dir/${file.replace('src/gatehouse/workspace/', '')}.o`;

// Compiled as a neighbour is. Headers of the page come before those of the tree.
function compiled(file) {
  const isTest = file.endsWith('_test.cc');
  const neighbour = isTest ? objectOf('gmail/read_test.cc', 'gatehouse_workspace_test') : objectOf('gmail/read.cc', 'gatehouse_workspace');
  const source = neighbour.replace(/.*\.dir\/(.*)\.o$/, '$1');
  const object = join(folder, `${basename(file)}.o`);
  const command = commandFor(neighbour)
    .replaceAll(neighbour, object)
    .replace(new RegExp(`\\S*/${source}(?=\\s|$)`, 'g'), join(folder, file))
    .replace(/ -I/, ` -I${join(folder, 'src')} -I`);
  run(command);
  return object;
}

test('the page about adding a tool can be followed to the letter', () => {
  const page = readFileSync(join(root, 'docs/how-to/add-a-tool.md'), 'utf8');
  const files = followed(page);
  for (const [file, text] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const objects = [...files.keys()].filter((file) => file.endsWith('.cc')).map(compiled);
  assert.equal(objects.length, 4);

  // What the page changed is linked first, so the library's own is not asked for.
  const tested = join(folder, 'tested');
  run(commandFor(program).replace(` -o ${program} `, ` -o ${tested} ${objects.join(' ')} `));
  const said = run(`${tested} --gtest_filter='GmailMailbox.*:Tools.CostAModel*'`);
  assert.match(said, /\[ {2}PASSED {2}\] 3 tests/);
});
