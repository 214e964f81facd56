// SPDX-License-Identifier: Apache-2.0
//
// The gateway in a container as careful people run it: nothing writable but its own directory, no rights, little memory and CPU.
import { Child, until } from '../../e2e/lib/child.mjs';
import { outcomeOf, run } from './run.mjs';

// `crun` refuses mixed cgroups, and without systemd nobody runs health checks: podman says so when it starts.
export const quirks = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs'];
const limits = ['--memory', '512m', '--cpus', '0.25', '--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=4096:4096'];
const confined = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

// What a command of the image says; without network, files or rights.
export const runInImage = (image, command) => run(['podman', ...quirks, 'run', '--rm', '--network', 'none', '--no-healthcheck', ...limits, ...confined, image, ...command]);

export class Container {
  #child;

  // {image, name, port, google: Emulator, env}
  constructor({ image, name, port, google, env = {} }) {
    this.image = image;
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
    const began = performance.now();
    this.#child = new Child('podman', [...quirks, 'run', '--rm', '--name', this.name, '--network', 'host', '--no-healthcheck', ...limits, ...confined,
      '--volume', `${this.volume}:/var/lib/gatehouse`, ...settings, this.image], { env: process.env });
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
  exec = (command, options = []) => outcomeOf(['podman', ...quirks, 'exec', ...options, this.name, ...command]);

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
