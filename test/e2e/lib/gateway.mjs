// SPDX-License-Identifier: Apache-2.0
//
// The gateway binary as a child process: started, killed and started again on the same port with the same data.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, until } from './child.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export function gatewayBinary() {
  const presets = ['release', 'dev', 'asan', 'tsan', 'clang'];
  const candidates = process.env.GATEHOUSE_BIN ? [resolve(process.env.GATEHOUSE_BIN)] : presets.map((preset) => join(root, 'build', preset, 'gatehouse'));
  const found = candidates.find(existsSync);
  if (!found) throw new Error(`no gateway binary; looked for ${candidates.join(', ')}. Build it, or name it in GATEHOUSE_BIN.`);
  return found;
}

export class Gateway {
  logs = '';
  #child;

  // {directory, port, google: Emulator, env, binary}; `under`: a command that becomes the gateway, such as one that sets limits.
  constructor({ directory, port, google, env = {}, binary, under = [] }) {
    this.binary = binary;
    this.directory = directory;
    this.under = under;
    this.url = `http://localhost:${port}`;
    this.mcpUrl = `${this.url}/mcp`;
    this.sseUrl = `${this.url}/sse`;
    this.database = join(directory, 'gatehouse.db');
    this.settings = {
      PATH: process.env.PATH, HOME: directory, TZ: 'UTC',
      GATEHOUSE_PUBLIC_URL: this.url, GATEHOUSE_LISTEN: `127.0.0.1:${port}`, GATEHOUSE_ADMIN_LISTEN: 'off', GATEHOUSE_LOG: 'debug',
      GATEHOUSE_STORE: `sqlite:${this.database}`, GATEHOUSE_KEY: `file:${join(directory, 'gatehouse.key')}`, ALLOWED_DOMAINS: 'acme.example',
      GOOGLE_ISSUER: google.url, GOOGLE_API_URL: google.url, GOOGLE_CLIENT_ID: google.client_id ?? 'gatehouse-test.apps.googleusercontent.invalid',
      GOOGLE_CLIENT_SECRET: google.client_secret ?? 'GOCSPX-test-secret-of-no-value', ...env,
    };
  }

  get pid() {
    return this.#child?.pid;
  }

  get running() {
    return this.#child?.running ?? false;
  }

  signal = (name) => this.#child?.process.kill(name);

  async start() {
    const [command, ...args] = [...this.under, this.binary ?? gatewayBinary(), 'serve'];
    this.#child = new Child(command, args, { env: this.settings });
    await until('the gateway answers /healthz', async () => {
      if (!this.#child.running) throw new Error(`the gateway ended:\n${this.#child.output}${this.#child.errors}`);
      return fetch(`${this.url}/healthz`).then((response) => response.ok, () => false);
    });
    return this;
  }

  async stop(signal = 'SIGTERM') {
    if (!this.#child) return undefined;
    const how = await this.#child.end(signal);
    this.logs += this.#child.output + this.#child.errors;
    this.#child = undefined;
    return how;
  }

  async restart({ signal = 'SIGKILL', env = {} } = {}) {
    await this.stop(signal);
    Object.assign(this.settings, env);
    return this.start();
  }

  get log() {
    return this.logs + (this.#child ? this.#child.output + this.#child.errors : '');
  }
}
