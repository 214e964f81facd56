// SPDX-License-Identifier: Apache-2.0
//
// The command line of the MCP Inspector: every request is a process of its own, which signs in when it must, and what it remembers
// lies in its directory.
import { byForms } from './clients.mjs';
import { Child, freePort, until } from './child.mjs';
import { inspectorProgram, node22 } from './agents.mjs';
import { OpenedUrls } from './opened_urls.mjs';

export class InspectorClient {
  #opened;

  // era: legacy, auto or modern; transport: http or sse; `token`: sent as a header instead of signing in.
  constructor({ gateway, directory, era = 'legacy', transport = 'http', token, signIn = byForms() }) {
    Object.assign(this, { directory, era, transport, token, signIn });
    this.url = transport === 'sse' ? gateway.sseUrl : gateway.mcpUrl;
    this.signIns = 0;
  }

  async connect() {
    this.#opened = new OpenedUrls(this.directory);
    this.callback = `http://127.0.0.1:${await freePort()}/oauth/callback`;
    return this;
  }

  tools = async () => (await this.#run('--method', 'tools/list')).tools;
  call = (name, args = {}) => this.#run('--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args));

  async #run(...words) {
    const child = new Child(node22(), this.#arguments(words), { env: this.#environment() });
    const answered = async () => {
      if (!child.running) return true;
      if (this.#opened.all.length === this.signIns) return false;
      this.signIns += 1;
      await this.signIn(this.#opened.all.at(-1));
      return false;
    };
    await until(`the Inspector answers ${words[1]}`, answered, 40).finally(() => child.end('SIGKILL'));
    if (child.process.exitCode !== 0) throw new Error(`the Inspector ended with ${child.process.exitCode}:\n${child.errors}`);
    return JSON.parse(child.output).result;
  }

  #arguments(words) {
    const identity = this.token ? ['--header', `Authorization: Bearer ${this.token}`] : ['--callback-url', this.callback];
    return [inspectorProgram(), '--cli', this.url, '--transport', this.transport, '--protocol-era', this.era, '--format', 'json', ...identity, ...words];
  }

  #environment() {
    return { PATH: process.env.PATH, HOME: this.directory, BROWSER: this.#opened.browser, MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' };
  }

  close() {}
}
