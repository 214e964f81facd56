// SPDX-License-Identifier: Apache-2.0
//
// Looks into and tampers with the gateway's SQLite file. Node 20 has no SQLite of its own, so Python's is used.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('database.py', import.meta.url));
const run = (path, ...args) => JSON.parse(execFileSync('python3', [program, path, ...args], { encoding: 'utf8', timeout: 20_000, maxBuffer: 64 * 1024 * 1024 }));

// Every row, as objects by column.
export const recordsOf = (path) => run(path, 'list');

// Writes columns of one row; the gateway must not be running.
export const change = (path, sessionId, columns) => run(path, 'change', sessionId, JSON.stringify(columns));

export const filesOf = (path) => [path, `${path}-wal`, `${path}-shm`].filter(existsSync);

export const bytesOf = (path) => Buffer.concat(filesOf(path).map((file) => readFileSync(file)));

// A copy of the stopped database, and a way back to it.
export function keepCopy(path, copy) {
  run(path, 'checkpoint');
  copyFileSync(path, copy);
  return () => {
    for (const file of filesOf(path)) rmSync(file);
    copyFileSync(copy, path);
  };
}
