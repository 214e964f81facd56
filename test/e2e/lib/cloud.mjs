// SPDX-License-Identifier: Apache-2.0
//
// The AWS of this machine as a child process, and its levers; and dynalite, which is only a table.
import { fileURLToPath } from 'node:url';
import { Child, until } from './child.mjs';
import { python, pythonProgram, runPython } from './python.mjs';

export async function readyLine(child, what) {
  const line = await until(`${what} says that it answers`, () => {
    if (!child.running) throw new Error(`${what} ended:\n${child.errors}`);
    return /^\{.*\}$/m.exec(child.output)?.[0];
  }, 60);
  return JSON.parse(line);
}

export class Cloud {
  #child;

  async start({ env } = {}) {
    this.#child = new Child(python(), [pythonProgram('cloud.py'), '--end-with-parent'], { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env } });
    return Object.assign(this, await readyLine(this.#child, 'the test AWS'));
  }

  stop = (signal) => this.#child?.end(signal);

  get errors() {
    return this.#child?.errors ?? '';
  }

  async #lever(method, name, value) {
    const response = await fetch(`${this.url}/_cloud/${name}`, { method, ...(value === undefined ? {} : { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } }) });
    if (!response.ok) throw new Error(`/_cloud/${name}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  set = (settings) => this.#lever('POST', 'set', settings);
  deny = (role, ...actions) => this.#lever('POST', 'deny', { role, actions });
  setKey = (state, key = this.key) => this.#lever('POST', 'key', { key, state });
  newKey = async () => (await this.#lever('POST', 'new_key', {})).key;
  lend = (role, seconds) => this.#lever('POST', 'lend', { role, ...(seconds === undefined ? {} : { seconds }) });
  revoke = (role) => this.#lever('POST', 'revoke', { role });
  clear = () => this.#lever('POST', 'clear', {});
  log = async () => (await this.#lever('GET', 'log')).log;

  // What signs as this role, in the environment of an AWS SDK.
  environment(role, url = this.url) {
    const { access_key_id: id, secret_access_key: secret } = this.identities[role];
    return { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_REGION: this.region, AWS_DEFAULT_REGION: this.region, AWS_ENDPOINT_URL: url };
  }
}

export class Dynalite {
  #child;

  async start() {
    this.#child = new Child(process.execPath, [fileURLToPath(new URL('../../fakes/aws/dynalite.mjs', import.meta.url)), '--end-with-parent'], { env: process.env });
    return Object.assign(this, await readyLine(this.#child, 'dynalite'));
  }

  stop = (signal) => this.#child?.end(signal);
}

// A table as an operator with every permission sees it. `environment`: of an administrator.
export class Table {
  constructor(name, environment) {
    this.name = name;
    this.environment = environment;
  }

  #run = async (...args) => (await runPython('table.py', [this.name, ...args], { env: this.environment }))[0];

  create = () => this.#run('create');
  rows = () => this.#run('list');
  get = (key) => this.#run('get', key);
  put = (row) => this.#run('put', JSON.stringify(row));
  remove = (key) => this.#run('delete', key);
  describe = () => this.#run('describe');
}
