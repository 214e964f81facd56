// SPDX-License-Identifier: Apache-2.0
//
// The test Google as a child process, and its levers.
import { fileURLToPath } from 'node:url';
import { Child, until } from './child.mjs';

const program = fileURLToPath(new URL('../../emulator/google.mjs', import.meta.url));

export class Emulator {
  #child;
  #arguments;

  #env;

  // {directory, redirectUri, port, env}
  constructor({ directory, redirectUri, port, env = {} }) {
    this.port = port;
    this.#env = env;
    this.url = `http://127.0.0.1:${port}`;
    this.#arguments = ['--port', String(port), '--state-dir', directory, '--redirect-uri', redirectUri, '--end-with-parent'];
  }

  async start() {
    this.#child = new Child(process.execPath, [program, ...this.#arguments], { env: { ...process.env, ...this.#env } });
    const line = await until('the test Google says that it answers', () => {
      if (!this.#child.running) throw new Error(`the test Google ended:\n${this.#child.errors}`);
      return /^\{.*\}$/m.exec(this.#child.output)?.[0];
    });
    Object.assign(this, JSON.parse(line));
    return this;
  }

  stop = (signal) => this.#child?.end(signal);

  async #post(name, value) {
    const response = await fetch(`${this.url}/__test/${name}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
    if (!response.ok) throw new Error(`/__test/${name}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  set = (settings) => this.#post('set', settings);
  fault = (fault) => this.#post('fault', fault);
  expire = () => this.#post('expire', {});
  revoke = (email) => this.#post('revoke', { email });
  push = (event) => this.#post('push', event);
  rotateKeys = () => this.#post('rotate_keys', {});
  clear = () => this.#post('clear', {});
  // A letter for somebody's mailbox.
  deliver = (owner, raw, labels) => this.#post('mail', { owner, raw: Buffer.from(raw).toString('base64'), labels });
  // The same for one too large for the npm emulator, which then knows nothing of it: under an id of the test's own.
  place = (email, id, raw) => this.#post('place', { email, id, raw: Buffer.from(raw).toString('base64') });
  // All mail under a label, whosever: {owner, id, threadId, labelIds, subject}.
  mailUnder = async (label) => (await fetch(`${this.url}/__test/mail?label=${label}`)).json();
  // {settings, faults}: the faults that still wait.
  state = async () => (await fetch(`${this.url}/__test/state`)).json();
  log = async () => (await fetch(`${this.url}/__test/log`)).json();

  // A mail as it lies in somebody's mailbox.
  async mail(email, id) {
    const response = await fetch(`${this.url}/__test/letter?${new URLSearchParams({ email, id })}`);
    if (!response.ok) throw new Error(`/__test/letter: ${response.status} ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }

  // Requests logged so far whose path matches.
  async asked(pattern) {
    return (await this.log()).requests.filter(({ path }) => pattern.test(path));
  }
}
