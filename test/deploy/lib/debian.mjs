// SPDX-License-Identifier: Apache-2.0
//
// A bare Debian 12, made once of Debian's packages and kept in build/tools.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outcomeOf, run } from './run.mjs';

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

const image = 'docker.io/library/debian:bookworm-slim';

const isThere = async (name) => (await outcomeOf(['podman', 'image', 'exists', name])).status === 0;

// The name of an image of it: that of upstream, so that a Dockerfile finds it.
export async function debianImage() {
  if (await isThere(image)) return image;
  const container = (await run(['buildah', 'from', 'scratch'])).trim();
  await run(['buildah', 'add', container, await bareDebian(), '/'], { seconds: 120 });
  await run(['buildah', 'commit', '--rm', container, image], { seconds: 120 });
  return image;
}

// The same with systemd, as on a machine.
export async function machineImage() {
  const name = 'localhost/gatehouse-debian-machine:test';
  if (await isThere(name)) return name;
  const container = (await run(['buildah', 'from', '--pull-never', await debianImage()])).trim();
  const install = 'apt-get update -qq && apt-get install -qq --no-install-recommends systemd systemd-sysv dbus sudo && rm -rf /var/lib/apt/lists/*';
  await run(['buildah', 'run', '--isolation', 'chroot', '--env', 'DEBIAN_FRONTEND=noninteractive', container, 'sh', '-c', install], { seconds: 300 });
  await run(['buildah', 'commit', '--rm', container, name], { seconds: 120 });
  return name;
}
