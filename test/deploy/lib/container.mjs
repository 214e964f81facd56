// SPDX-License-Identifier: Apache-2.0
//
// The gateway in a container as careful people run it: nothing writable but its own directory, no rights, little memory and CPU.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, freePort, until } from '../../e2e/lib/child.mjs';
import { Emulator } from '../../e2e/lib/emulator.mjs';
import { outcomeOf, run } from './run.mjs';

// `crun` refuses mixed cgroups, and without systemd nobody runs health checks: podman says so when it starts.
export const quirks = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs'];
const limits = ['--memory', '512m', '--cpus', '0.25', '--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=4096:4096'];
const confined = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

// For an image of another architecture: `emulator`, a program of this machine, runs what the image has; as fast as it can.
const emulatedBy = (emulator) => (emulator ? ['--volume', `${emulator}:${emulator}:ro`, '--entrypoint', emulator, '--cpus', '0'] : []);

// What a command of the image says; without network, files or rights. For an emulator it begins with the program's path.
export const runInImage = (image, command, emulator) =>
  run(['podman', ...quirks, 'run', '--rm', '--network', 'none', '--no-healthcheck', ...limits, ...confined, ...emulatedBy(emulator), image, ...command]);

export class Container {
  #child;

  // {image, name, port, google: Emulator, env, emulator}
  constructor({ image, name, port, google, env = {}, emulator }) {
    this.image = image;
    this.emulator = emulator;
    this.name = name;
    this.volume = `${name}-state`;
    this.url = `http://localhost:${port}`;
    this.mcpUrl = `${this.url}/mcp`;
    this.settings = {
      GATEHOUSE_PUBLIC_URL: this.url, GATEHOUSE_LISTEN: `127.0.0.1:${port}`, GATEHOUSE_ADMIN_LISTEN: 'off', ALLOWED_DOMAINS: 'acme.example',
      GOOGLE_ISSUER: google.url, GOOGLE_API_URL: google.url, GOOGLE_CLIENT_ID: google.client_id, GOOGLE_CLIENT_SECRET: google.client_secret, ...env,
    };
  }

  // How long it took until it answered, in milliseconds.
  async start() {
    const settings = Object.entries(this.settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const command = this.emulator ? ['/usr/bin/gatehouse', 'serve'] : [];
    const began = performance.now();
    this.#child = new Child('podman', [...quirks, 'run', '--rm', '--name', this.name, '--network', 'host', '--no-healthcheck', ...limits, ...confined,
      ...emulatedBy(this.emulator), '--volume', `${this.volume}:/var/lib/gatehouse`, ...settings, this.image, ...command], { env: process.env });
    await until('the container answers /healthz', async () => {
      if (!this.#child.running) throw new Error(`the container ended:\n${this.log}`);
      return fetch(`${this.url}/healthz`).then((response) => response.ok, () => false);
    }, 60);
    return performance.now() - began;
  }

  get log() {
    return this.#child.output + this.#child.errors;
  }

  // {status, out, err} of a program inside.
  exec = (command, options = []) => outcomeOf(['podman', ...quirks, 'exec', ...options, this.name, ...(this.emulator ? [this.emulator] : []), ...command]);

  // The process as the host sees it.
  async pid() {
    return Number(await run(['podman', 'inspect', '--format', '{{.State.Pid}}', this.name]));
  }

  // {code} with which it left after SIGTERM.
  async stop() {
    await run(['podman', ...quirks, 'kill', '--signal', 'TERM', this.name]);
    return this.#child.gone;
  }

  async remove() {
    await outcomeOf(['podman', ...quirks, 'rm', '--force', '--time', '0', this.name]);
    await this.#child?.end();
    await outcomeOf(['podman', 'volume', 'rm', '--force', this.volume]);
  }
}

// A container of {image, emulator} with a test Google; `work` gets both.
export async function inContainer(of, work) {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-image-'));
  const port = await freePort();
  const google = new Emulator({ directory, redirectUri: `http://localhost:${port}/oauth/google/callback`, port: await freePort() });
  await google.start();
  await google.set({ auto_login: 'alice@acme.example' });
  const container = new Container({ ...of, name: `gatehouse-test-${process.pid}-${port}`, port, google });
  try {
    await work({ container, google });
  } finally {
    await container.remove();
    await google.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
