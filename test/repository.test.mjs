// SPDX-License-Identifier: Apache-2.0
//
// Rules of this repository that a text search can hold: layers, homes of third-party libraries, co_await forms, licence lines,
// documents that name files which exist, and pages that are made from others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((name) => name && existsSync(join(root, name)));
const read = (name) => readFileSync(join(root, name), 'utf8');
const sources = files.filter((name) => /^src\/.*\.(cc|h)$/.test(name));
const moduleOf = (name) => name.split('/')[2];

function declaredModules() {
  const modules = new Map();
  for (const name of files.filter((f) => /^src\/gatehouse\/[a-z]+\/CMakeLists\.txt$/.test(f))) {
    const text = read(name);
    const list = (key) => {
      const match = text.match(new RegExp(`\\b${key}\\s+((?:[a-z_]+\\s*)+?)(?=\\s+[A-Z_]+\\b|\\))`));
      return match ? match[1].trim().split(/\s+/) : [];
    };
    modules.set(moduleOf(name), {
      layer: Number(text.match(/LAYER\s+(\d+)/)[1]),
      depends: list('DEPENDS'),
      testDepends: list('TEST_DEPENDS'),
    });
  }
  return modules;
}

test('modules use lower layers only, and only those they name', () => {
  const modules = declaredModules();
  assert.ok(modules.size >= 12, 'all modules are found');
  const reach = (name, seen = new Set()) => {
    for (const lower of modules.get(name).depends) if (!seen.has(lower)) (seen.add(lower), reach(lower, seen));
    return seen;
  };
  const wrong = [];
  for (const [name, module] of modules) {
    for (const lower of module.depends) {
      if (!modules.has(lower) || modules.get(lower).layer >= module.layer) wrong.push(`${name} -> ${lower} points up or sideways`);
    }
  }
  for (const name of sources.filter((f) => f.startsWith('src/gatehouse/'))) {
    const here = moduleOf(name);
    const allowed = new Set([here, ...reach(here)]);
    if (name.endsWith('_test.cc')) {
      for (const extra of modules.get(here).testDepends) [extra, ...reach(extra)].forEach((m) => allowed.add(m));
    }
    for (const [, used] of read(name).matchAll(/#include "gatehouse\/([a-z]+)\//g)) {
      if (!allowed.has(used)) wrong.push(`${name} includes ${used}`);
    }
  }
  assert.deepEqual(wrong, []);
});

// Which files may include which library. Tests may use OpenSSL to forge what the product must refuse.
const homes = [
  { library: /#include <openssl\//, home: /^src\/gatehouse\/crypto\/.*\.cc$|_test\.cc$|_test_keys\.(h|cc)$|testing\// },
  { library: /#include <cjose\//, home: /^src\/gatehouse\/crypto\/.*\.cc$/ },
  { library: /#include <curl\//, home: /^src\/gatehouse\/http\/curl_[a-z_]*\.(cc|h)$/ },
  { library: /#include <simdjson/, home: /^src\/gatehouse\/base\/json\.cc$/ },
  { library: /#include <sqlite3/, home: /^src\/gatehouse\/store\/sqlite_[a-z_]*\.cc$/ },
  { library: /#include <spdlog\//, home: /^src\/gatehouse\/telemetry\/log\.cc$/ },
  { library: /#include <expat/, home: /^src\/gatehouse\/xml\/reader\.cc$/ },
  { library: /#include <zip\.h/, home: /^src\/gatehouse\/extract\/archive\.cc$/ },
  { library: /#include <zlib/, home: /^src\/gatehouse\/aws\/crc32\.cc$/ },
  { library: /#include <CLI\//, home: /^src\/gatehouse\/gateway\/cli\.cc$/ },
  { library: /#include <toml\+\+/, home: /^src\/gatehouse\/gateway\/config_sources\.cc$/ },
];

test('every third-party library has one home', () => {
  const wrong = [];
  for (const name of sources) {
    const text = read(name);
    for (const { library, home } of homes) if (library.test(text) && !home.test(name)) wrong.push(`${name} includes ${library.source}`);
  }
  assert.deepEqual(wrong, []);
});

test('co_await stands alone on its line', () => {
  const wrong = [];
  for (const name of sources) {
    read(name).split('\n').forEach((line, index) => {
      const code = line.replace(/\/\/.*$/, '').replace(/"(?:[^"\\]|\\.)*"/g, '""');
      if (!/\bco_await\b/.test(code)) return;
      const operand = code.slice(code.indexOf('co_await'));
      const alone = /^\s*(?:(?:const )?auto&?&? \w+ = |[\w:<>, ]+ \w+ = |\w+(?:\.\w+|->\w+)* = )?co_await /.test(code);
      const risky = /\[[^\]]*\]\s*[({]|[({,]\s*\{|\?.*:[^:]|\w\{/.test(operand);
      if (!alone || risky) wrong.push(`${name}:${index + 1}: ${line.trim()}`);
    });
  }
  assert.deepEqual(wrong, []);
});

test('every source file names its licence first', () => {
  const wrong = files
    .filter((name) => /\.(cc|h|mjs|cmake|py)$|CMakeLists\.txt$|^script\//.test(name))
    .filter((name) => !read(name).split('\n').slice(0, 2).join('\n').includes('SPDX-License-Identifier: Apache-2.0'));
  assert.deepEqual(wrong, []);
});

test('nothing is left behind: debug prints, disabled tests, unmarked TODOs', () => {
  const wrong = [];
  for (const name of sources) {
    const text = read(name);
    if (/\bstd::cerr\b|\bstd::cout\b|TEST\w*\(\w+, DISABLED_/.test(text)) wrong.push(`${name}: debug print or disabled test`);
    for (const match of text.matchAll(/\b(TODO|FIXME|XXX)\b(?!\((perf|security|cleanup)\))/g)) wrong.push(`${name}: ${match[0]}`);
  }
  assert.deepEqual(wrong, []);
});

test('links in documents lead to files that exist', () => {
  const wrong = [];
  for (const name of files.filter((f) => f.endsWith('.md'))) {
    for (const [, target] of read(name).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      if (!existsSync(join(root, dirname(name), target))) wrong.push(`${name}: ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('every module has a README', () => {
  const modules = [...declaredModules().keys()];
  assert.deepEqual(modules.filter((m) => !existsSync(join(root, 'src/gatehouse', m, 'README.md'))), []);
});

for (const [page, words] of [['docs/conformance.md', ''], ['docs/oauth.md', ' oauth']]) {
  test(`${page} is what script/checklist${words} writes: every rule has a test or a reason, every named test exists`, () => {
    const written = execFileSync(process.execPath, [join(root, 'script/checklist'), ...words.split(' ').filter(Boolean)], { encoding: 'utf8' });
    assert.equal(read(page), written, `script/checklist${words} > ${page}`);
  });
}

// Time is never asserted in a test, so this looks for the other ways to compare what is secret.
test('SC-09 comparisons: secrets are compared in constant time and in no other way', () => {
  const wrong = [];
  for (const name of sources.filter((one) => !one.endsWith('_test.cc'))) {
    read(name).split('\n').forEach((line, index) => {
      if (/\breveal\(\) [!=]= |[!=]= [\w.>-]*\breveal\(\)|\bmemcmp\(/.test(line)) wrong.push(`${name}:${index + 1}: ${line.trim()}`);
    });
  }
  assert.deepEqual(wrong, []);
});
