// SPDX-License-Identifier: Apache-2.0
//
// The build itself refuses an arrow that points up: a small project of two modules is configured and compiled with the product's
// own cmake/GatehouseModule.cmake, once right and in three wrong ways.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

// Two modules, `lower` (layer 1) and `upper` (layer 2), with the given dependencies and includes.
function project({ lowerDepends = '', upperDepends = 'DEPENDS lower', lowerIncludes = '', upperIncludes = '#include "gatehouse/lower/lower.h"' }) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-layers-'));
  folders.push(folder);
  const write = (name, text) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  write('CMakeLists.txt', `cmake_minimum_required(VERSION 3.25)
project(layers LANGUAGES CXX)
add_library(gatehouse_build_flags INTERFACE)
include(${root}/cmake/GatehouseModule.cmake)
add_subdirectory(src/gatehouse/lower)
add_subdirectory(src/gatehouse/upper)
`);
  write('src/gatehouse/lower/CMakeLists.txt', `gatehouse_module(lower LAYER 1 ${lowerDepends} SOURCES lower.cc)\n`);
  write('src/gatehouse/lower/lower.h', '#pragma once\nint lower();\n');
  write('src/gatehouse/lower/lower.cc', `#include "gatehouse/lower/lower.h"\n${lowerIncludes}\nint lower() { return 1; }\n`);
  write('src/gatehouse/upper/CMakeLists.txt', `gatehouse_module(upper LAYER 2 ${upperDepends} SOURCES upper.cc)\n`);
  write('src/gatehouse/upper/upper.h', '#pragma once\nint upper();\n');
  write('src/gatehouse/upper/upper.cc', `#include "gatehouse/upper/upper.h"\n${upperIncludes}\nint upper() { return 2; }\n`);
  return folder;
}

const run = (...command) => spawnSync(command[0], command.slice(1), { encoding: 'utf8', timeout: 120_000 });
const configure = (folder) => run('cmake', '-G', 'Ninja', '-S', folder, '-B', join(folder, 'build'));
const build = (folder) => run('cmake', '--build', join(folder, 'build'));

test('an arrow that points down builds', () => {
  const folder = project({});
  assert.equal(configure(folder).status, 0);
  const built = build(folder);
  assert.equal(built.status, 0, built.stdout + built.stderr);
});

test('naming a module of a higher layer fails when configuring', () => {
  const outcome = configure(project({ lowerDepends: 'DEPENDS upper', upperDepends: '' }));
  assert.notEqual(outcome.status, 0);
  assert.match(outcome.stderr, /may not use upper/);
});

test('including a header of a higher layer does not compile', () => {
  const folder = project({ lowerIncludes: '#include "gatehouse/upper/upper.h"' });
  assert.equal(configure(folder).status, 0);
  assert.match(build(folder).stdout, /gatehouse\/upper\/upper\.h/);
  assert.notEqual(build(folder).status, 0);
});

test('including a header of a module that was not named does not compile', () => {
  const folder = project({ upperDepends: '' });
  assert.equal(configure(folder).status, 0);
  assert.notEqual(build(folder).status, 0);
});
