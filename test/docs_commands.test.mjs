// SPDX-License-Identifier: Apache-2.0
//
// Every command that a page tells people to run is run by a test, or the page says what it would need. test/documented.mjs has the marks;
// what follows `gatehouse` in any page is compared with its --help by test/e2e/commands.test.mjs.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { blocksOf, needs, pages, spansOf, textOf } from './documented.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (name) => readFileSync(`${root}${name}`, 'utf8');
const shells = ['sh', 'bash', 'shell', 'console'];
const shellBlocks = (page) => blocksOf(page).filter(({ language }) => shells.includes(language));

// A test names the page and the blocks it runs in quotes; script/test runs programs by their names.
function runsIt({ run, name }, page, heading) {
  const words = name ?? heading;
  return run === 'script/test' ? read(run).includes(words) : read(run).includes(`'${page}'`) && read(run).includes(`'${words}'`);
}

function faultOf(page, { heading, language, marks }) {
  if (!language) return 'the block names no language';
  if (!shells.includes(language)) return undefined;
  if (Boolean(marks.run) === Boolean(marks.needs)) return 'the block says neither which test runs it nor what it needs, or both';
  if (marks.needs) return marks.needs.split(',').map((word) => needs[word] ? undefined : `nobody knows what "${word}" is; test/documented.mjs lists what may be needed`).find(Boolean);
  if (!existsSync(`${root}${marks.run}`)) return `there is no ${marks.run}`;
  return runsIt(marks, page, heading) ? undefined : `${marks.run} does not run '${marks.name ?? heading}'`;
}

// Blocks that are only indented bear no marks; an indented line after an empty one begins such a block.
function indented(page) {
  let inside = false;
  const lines = textOf(page).split('\n');
  return lines.flatMap((line, index) => {
    if (/^ *```/.test(line)) inside = !inside;
    const begins = !inside && /^ {4,}[^\s`*-]/.test(line) && (lines[index - 1] ?? '').trim() === '';
    return begins ? [`${page}:${index + 1}: a block without fences`] : [];
  });
}

test('all pages are looked at', () => {
  assert.ok(pages().length > 50, `${pages().length} pages`);
  for (const name of ['README.md', 'docs/aws.md', 'docs/how-to/add-a-tool.md', 'src/gatehouse/mcp/README.md', 'test/e2e/README.md']) assert.ok(pages().includes(name), name);
});

test('every command is run by a test, or says what it needs', () => {
  const wrong = pages().flatMap((page) => [
    ...blocksOf(page).map((block) => [block.line, faultOf(page, block)]).filter(([, fault]) => fault).map(([line, fault]) => `${page}:${line}: ${fault}`),
    ...indented(page),
  ]);
  assert.deepEqual(wrong, []);
});

test('names of blocks are different', () => {
  for (const page of pages()) {
    const names = blocksOf(page).map(({ marks }) => marks.name).filter(Boolean);
    assert.deepEqual(names, [...new Set(names)], page);
  }
});

test('every block of commands can be read by a shell, those that cannot be run here, too', () => {
  const wrong = pages().flatMap((page) => shellBlocks(page).flatMap(({ line, text }) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
    return status === 0 && !stderr ? [] : [`${page}:${line}: ${stderr}`];
  }));
  assert.deepEqual(wrong, []);
});

test('JSON to copy is JSON, and where it has the address of a gateway, it is the one that clients want', () => {
  const texts = pages().flatMap((page) => [
    ...blocksOf(page).filter(({ language }) => language === 'json').map(({ line, text }) => [`${page}:${line}`, text]),
    ...spansOf(page).map(({ line, text }) => [`${page}:${line}`, /^(?:code --add-mcp ')?(\{"[^"]+":[\s\S]*\})'?$/.exec(text)?.[1]]).filter(([, text]) => text),
  ]);
  assert.ok(texts.length >= 4, `${texts.length} pieces`);
  const wrong = texts.flatMap(([at, text]) => {
    try {
      JSON.parse(text);
    } catch (error) {
      return [`${at}: ${error.message}`];
    }
    return [...text.matchAll(/"url": ?"([^"]*)"/g)].filter(([, url]) => url !== 'https://YOUR-HOST/mcp').map(([, url]) => `${at}: ${url}`);
  });
  assert.deepEqual(wrong, []);
});

test('programs of this repository that a page names are there, and so are the parts of script/test', () => {
  const wrong = pages().flatMap((page) => [...spansOf(page), ...shellBlocks(page)].flatMap(({ line, text }) => [
    ...[...text.matchAll(/(?<![\w./-])((?:script|deploy)\/[a-z][\w-]*)(?![\w/-])/g)].filter(([, name]) => !existsSync(`${root}${name}`)).map(([, name]) => `${page}:${line}: there is no ${name}`),
    ...[...text.matchAll(/script\/test((?: [a-z0-9]+)+)/g)].flatMap(([, words]) => words.trim().split(' ')).filter((word) => !new RegExp(`^ {4}${word}\\)`, 'm').test(read('script/test'))).map((word) => `${page}:${line}: script/test knows no ${word}`),
  ]));
  assert.deepEqual(wrong, []);
});

test('presets that a page names are there', () => {
  const { configurePresets, buildPresets, testPresets } = JSON.parse(read('CMakePresets.json'));
  const known = { 'cmake --preset': configurePresets, 'cmake --build --preset': buildPresets, 'ctest --preset': testPresets };
  const named = pages().flatMap((page) => [...spansOf(page), ...shellBlocks(page)].flatMap(({ line, text }) => [...text.matchAll(/(cmake --preset|cmake --build --preset|ctest --preset) (\w+)/g)].map(([, what, name]) => ({ at: `${page}:${line}`, what, name }))));
  assert.ok(named.length >= 5);
  assert.deepEqual(named.filter(({ what, name }) => !known[what].some((one) => one.name === name)), []);
});

test('settings that a page names are read by a program', () => {
  const readBy = new Set(execFileSync('git', ['grep', '--untracked', '-hoE', 'GATEHOUSE_[A-Z0-9_]+', '--', 'src', 'script', 'test', 'deploy', 'fuzz', 'cmake', 'CMakePresets.json', 'Dockerfile', ':!*.md'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n'));
  const wrong = pages().flatMap((page) => [...textOf(page).matchAll(/GATEHOUSE_[A-Z0-9_]*[A-Z0-9]\b/g)].map(([name]) => name).filter((name) => !readBy.has(name)).map((name) => `${page}: ${name}`));
  assert.deepEqual(wrong, []);
});

// Links are looked at by test/repository.test.mjs; this is about files that are only named.
test('files that a page names are there', () => {
  const made = pages().flatMap((page) => blocksOf(page).map(({ marks }) => marks.file));
  const wrong = pages().flatMap((page) => [...textOf(page).matchAll(/(?<![\w/.*-])((?:docs|src|test|deploy|fuzz|script|cmake)\/[\w./-]*\w\.(?:md|mjs|cc|h|yaml|json|py|c))\b/g)]
    .map(([, name]) => name).filter((name) => !/\bx_/.test(name) && !existsSync(`${root}${name}`) && !made.includes(name)).map((name) => `${page}: ${name}`));
  assert.deepEqual(wrong, []);
});

test('links to a heading find it', () => {
  const slug = (heading) => heading.replace(/^#+ /, '').toLowerCase().replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-');
  const headings = (page) => textOf(page).split('\n').filter((line) => /^#+ /.test(line)).map(slug);
  const wrong = pages().flatMap((page) => [...textOf(page).matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)].map(([, file, anchor]) => ({ page, anchor, target: file ? posix.join(posix.dirname(page), file) : page })))
    .filter(({ target, anchor }) => !pages().includes(target) || !headings(target).includes(anchor));
  assert.deepEqual(wrong, []);
});
