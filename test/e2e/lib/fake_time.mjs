// SPDX-License-Identifier: Apache-2.0
//
// A wall clock of the test's own for child processes, by libfaketime. Timers run on: the monotonic clock is left alone.
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const libraries = ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1', '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1'];

const compilers = ['/usr/bin/cc', '/usr/bin/gcc', '/usr/bin/clang-14'];

const textOf = (epochSeconds) => new Date(epochSeconds * 1000).toISOString().slice(0, 19).replace('T', ' ');

export class FakeTime {
  #file;
  #timers;

  constructor(directory) {
    this.library = libraries.find(existsSync);
    if (!this.library) throw new Error('libfaketime is not installed (Debian: apt-get install faketime)');
    this.#file = join(directory, 'wall-clock');
    this.#timers = join(directory, 'real_timers.so');
    execFileSync(compilers.find(existsSync), ['-shared', '-fPIC', '-O1', '-o', this.#timers, fileURLToPath(new URL('real_timers.c', import.meta.url))]);
    this.shift(0);
  }

  // For the environment of whoever is to live by this clock. libfaketime reads times in local time.
  get env() {
    return { LD_PRELOAD: `${this.#timers} ${this.library}`, FAKETIME_TIMESTAMP_FILE: this.#file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1', TZ: 'UTC' };
  }

  #write(text) {
    writeFileSync(`${this.#file}.new`, `${text}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  // Ahead of the machine by so many seconds, from now on.
  shift(seconds) {
    this.offset = seconds;
    this.#write(`${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s`);
  }

  // Stands still at this second.
  freeze(epochSeconds) {
    this.frozen = epochSeconds;
    this.#write(textOf(epochSeconds));
  }
}
