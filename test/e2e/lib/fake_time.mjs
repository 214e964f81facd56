// SPDX-License-Identifier: Apache-2.0
//
// A wall clock of the test's own for child processes (test/fakes/clock). Timers run on: the monotonic clock is left alone.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../fakes/clock/shifted_clock.c', import.meta.url));
const library = fileURLToPath(new URL('../../../build/tools/shifted_clock.so', import.meta.url));

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function build() {
  if (changedAt(library) > changedAt(source)) return;
  mkdirSync(dirname(library), { recursive: true });
  const fresh = `${library}.${process.pid}`;
  execFileSync('clang-14', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', source, '-o', fresh]);
  renameSync(fresh, library);
}

export class FakeTime {
  #file;
  #path;

  constructor(directory) {
    build();
    this.#path = join(directory, 'wall-clock');
    this.#file = openSync(this.#path, 'w+');
    this.shift(0);
  }

  // For the environment of whoever is to live by this clock.
  get env() {
    return { LD_PRELOAD: library, SHIFTED_CLOCK: this.#path, TZ: 'UTC' };
  }

  #write(kind, seconds) {
    const cell = Buffer.alloc(16);
    cell.writeBigInt64LE(BigInt(kind), 0);
    cell.writeBigInt64LE(BigInt(seconds), 8);
    writeSync(this.#file, cell, 0, 16, 0);
  }

  // Ahead of the machine by so many seconds, from now on.
  shift(seconds) {
    this.offset = seconds;
    this.#write(1, seconds);
  }

  // Stands still at this second.
  freeze(epochSeconds) {
    this.frozen = epochSeconds;
    this.#write(2, epochSeconds);
  }

  close() {
    closeSync(this.#file);
  }
}
