// SPDX-License-Identifier: Apache-2.0
//
// Images built from the Dockerfile as it is, without a registry: its base is made of Debian's packages and called as upstream calls it.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianImage } from './debian.mjs';
import { outcomeOf, run } from './run.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
// What was compiled before, here or in another image, is not compiled again.
async function compilerCache() {
  const directory = (await run(['ccache', '--get-config', 'cache_dir'])).trim();
  await run(['mkdir', '-p', directory]);
  return ['--volume', `${directory}:/root/.cache/ccache`];
}

export async function buildImage(name, options = []) {
  await debianImage();
  // Only the format of Docker has health checks.
  const settings = ['--isolation', 'chroot', '--layers', '--pull-never', '--format', 'docker', '--tag', name];
  await run(['buildah', 'bud', ...settings, ...(await compilerCache()), ...options, '.'], { cwd: root, seconds: 1500 });
}

export const imageConfig = async (name) => JSON.parse(await run(['podman', 'image', 'inspect', name]))[0];

// {path, mode, owner} of everything in it, as its layers' tar files say.
async function imageFiles(name) {
  const container = (await run(['podman', 'create', name])).trim();
  try {
    const listing = await run(['sh', '-c', `podman export ${container} | tar --list --verbose --numeric-owner`]);
    return listing.trimEnd().split('\n').map((line) => {
      const [mode, owner, , , , ...words] = line.split(/\s+/);
      return { path: `/${words.join(' ').split(' -> ')[0]}`, mode, owner };
    });
  } finally {
    await run(['podman', 'rm', container]);
  }
}

// It has our programs, the libraries they load, what reads charsets, the authorities, who it is, and nothing else.
export async function assertBare(name, programs = ['/usr/bin/gatehouse']) {
  const isKnown = (path) => /^(\/usr)?\/lib(64)?\/(\S+\/)?(lib[\w.+-]+|ld-linux-[\w-]+)\.so(\.[\d.]+)?$/.test(path) || /\/gconv\/([\w-]+\.so|gconv-modules[\w./-]*)$/.test(path) ||
    [...programs, '/etc/ssl/certs/ca-certificates.crt', '/etc/passwd', '/etc/group', '/etc/nsswitch.conf'].includes(path);
  // What podman puts into every container.
  const isMounted = (path) => /^\/(dev|proc|sys|run)\b|^\/etc\/(hosts|hostname|resolv\.conf|mtab)$/.test(path);
  const files = (await imageFiles(name)).filter(({ path }) => !path.endsWith('/') && !isMounted(path));
  assert.ok(files.length > 20, `${files.length} files`);
  assert.deepEqual(files.filter(({ path }) => !isKnown(path)), []);
  assert.deepEqual(files.filter(({ mode }) => /^-.*s|^-.......w/.test(mode)), [], 'nothing lends rights, nothing is writable for all');
}

// What iconv of this machine, the same Debian, loads for the charsets that our program knows.
async function charsetModules() {
  const table = readFileSync(join(root, 'src/gatehouse/workspace/gmail/charset.cc'), 'utf8').matchAll(/^ {4}\{"[^"]+", (?:"([^"]+)"|kFallback)\},$/gm);
  const names = new Set([...table].map(([, name]) => name ?? 'WINDOWS-1252'));
  assert.ok(names.size > 30, `${names.size} charsets`);
  const loaded = await Promise.all([...names].map(async (name) => {
    const { err } = await outcomeOf(['iconv', '-f', name, '-t', 'UTF-8'], { input: 'a', env: { ...process.env, LD_DEBUG: 'files' } });
    return [...err.matchAll(/\/gconv\/([\w-]+\.so)\b/g)].map(([, module]) => module);
  }));
  return [...new Set(loaded.flat())];
}

export async function assertReadsCharsets(name) {
  const paths = (await imageFiles(name)).map(({ path }) => path);
  const wanted = await charsetModules();
  assert.deepEqual(wanted.filter((module) => !paths.some((path) => path.endsWith(`/gconv/${module}`))), []);
}

// Bytes of its layers as registries keep and send them.
export async function compressedSize(name) {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-image-'));
  try {
    await run(['buildah', 'push', '--format', 'oci', name, `oci:${directory}:pushed`], { seconds: 120 });
    const blob = (digest) => join(directory, 'blobs/sha256', digest.replace('sha256:', ''));
    const [{ digest }] = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')).manifests;
    const { layers } = JSON.parse(readFileSync(blob(digest), 'utf8'));
    return layers.reduce((sum, layer) => sum + statSync(blob(layer.digest)).size, 0);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
