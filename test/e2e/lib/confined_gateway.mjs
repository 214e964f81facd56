// SPDX-License-Identifier: Apache-2.0
//
// A gateway that runs as a person without rights (where we may choose), with its secret in a file and core dumps allowed by whoever
// started it; and what others of the same person can read of it.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './child.mjs';
import { Gateway, gatewayBinary } from './gateway.mjs';

const nobody = 65_534;
const isRoot = process.getuid() === 0;
const setpriv = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

function give(path, mode) {
  if (isRoot) chownSync(path, nobody, nobody);
  chmodSync(path, mode);
}

// Runs a command as the person the gateway runs as; {status, stdout, stderr}.
export function asThatPerson(command, options = {}) {
  const whole = isRoot ? [...setpriv, ...command] : command;
  return spawnSync(whole[0], whole.slice(1), { encoding: 'utf8', timeout: 20_000, ...options });
}

// `directory` is made for it; the settings hold no secret, the configuration file does.
export async function confinedGateway({ directory, google, env = {} }) {
  mkdirSync(directory, { recursive: true });
  give(directory, 0o700);
  const at = (name) => join(directory, name);
  for (const name of ['data', 'tmp', 'cwd']) {
    mkdirSync(at(name));
    give(at(name), 0o700);
  }
  copyFileSync(gatewayBinary(), at('gatehouse'));
  give(at('gatehouse'), 0o700);
  writeFileSync(at('config.toml'), `google_client_secret = "${google.client_secret}"\n`);
  give(at('config.toml'), 0o600);
  const become = isRoot ? `${setpriv.join(' ')} --pdeathsig KILL` : '';
  writeFileSync(at('start'), `#!/bin/sh\ncd '${at('cwd')}'\nulimit -c unlimited\nunset GOOGLE_CLIENT_SECRET\nexport TMPDIR='${at('tmp')}'\nexec ${become} '${at('gatehouse')}' "$@" --config '${at('config.toml')}'\n`);
  chmodSync(at('start'), 0o755);
  return new Gateway({ directory: at('data'), port: await freePort(), google, env, binary: at('start') });
}

// Whether a process of that person that allows it would leave a core file in its directory here.
export function coreFilesAreMade(directory) {
  const made = asThatPerson(['sh', '-c', 'ulimit -c unlimited && sh -c \'kill -SEGV $$\'; ls -d core* 2>/dev/null'], { cwd: directory });
  const found = made.stdout.trim().split('\n').filter(Boolean);
  for (const name of found) asThatPerson(['rm', '-f', name], { cwd: directory });
  return found.length > 0 && existsSync('/proc/sys/kernel/core_pattern');
}
