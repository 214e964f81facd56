// SPDX-License-Identifier: Apache-2.0
//
// Programs that do their work and end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';

// {status, out, err}; ended after `seconds`, without a status. `input` is what it reads.
export function outcomeOf(command, { seconds = 60, input, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { err += text; });
    child.stdin.on('error', () => {}).end(input);
    const limit = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    child.once('error', reject).once('close', (status) => {
      clearTimeout(limit);
      resolve({ status, out, err });
    });
  });
}

// What it writes to stdout; fails with all it said when it does not succeed.
export async function run(command, options) {
  const { status, out, err } = await outcomeOf(command, options);
  assert.equal(status, 0, `${command.join(' ')}\n${out}${err}`);
  return out;
}
