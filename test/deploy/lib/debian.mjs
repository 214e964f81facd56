// SPDX-License-Identifier: Apache-2.0
//
// A bare Debian 12, made once of Debian's packages and kept in build/tools.
import { existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const tools = fileURLToPath(new URL('../../../build/tools', import.meta.url));

// The tar file of its root.
export async function bareDebian() {
  const kept = join(tools, 'debian-bookworm.tar');
  if (existsSync(kept)) return kept;
  mkdirSync(tools, { recursive: true });
  const fresh = `${kept}.${process.pid}.tar`;
  await run(['mmdebstrap', '--variant=minbase', '--include=ca-certificates', 'bookworm', fresh], { seconds: 600 });
  renameSync(fresh, kept);
  return kept;
}

// A directory with such a root, for whoever called to remove.
export async function unpackedDebian() {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-debian-'));
  await run(['tar', '--extract', '--file', await bareDebian(), '--directory', directory], { seconds: 120 });
  return directory;
}
