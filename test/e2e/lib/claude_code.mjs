// SPDX-License-Identifier: Apache-2.0
//
// Claude Code: its servers added, signed in to, looked at and removed by `claude mcp`, and their tools called for a pretended model.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { claudeProgram } from './agents.mjs';
import { byForms } from './clients.mjs';
import { Child, until } from './child.mjs';
import { OpenedUrls } from './opened_urls.mjs';
import { PretendModel } from './pretend_model.mjs';

const terminal = fileURLToPath(new URL('terminal.py', import.meta.url));

// Colours, links and cursor movements.
const plain = (text) => text.replace(/\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b\[[0-9;?]*[A-Za-z]/g, '');

export class ClaudeCode {
  #opened;

  constructor({ directory, signIn = byForms() }) {
    Object.assign(this, { directory, signIn });
    this.project = join(directory, 'project');
    mkdirSync(this.project, { recursive: true });
    this.#opened = new OpenedUrls(directory);
  }

  add = (name, url, transport) => this.#run('add', '--transport', transport, name, url);
  list = () => this.#run('list');
  get = (name) => this.#run('get', name);
  logout = (name) => this.#run('logout', name);
  remove = (name) => this.#run('remove', name);

  get signIns() {
    return this.#opened.all.length;
  }

  login = (name) => this.#signedIn([claudeProgram(), 'mcp', 'login', name]);

  // Words for a shell as a document has them, with a sign-in among them.
  follow = (words) => this.#signedIn(['sh', '-ec', words], { PATH: `${dirname(claudeProgram())}:${process.env.PATH}` });

  async #signedIn(command, env) {
    const before = this.signIns;
    const child = this.#start('python3', [terminal, ...command], env);
    await until('claude opens a browser', () => {
      if (!child.running) throw new Error(`${command.join(' ')} ended:\n${plain(child.output)}${child.errors}`);
      return this.signIns > before;
    }, 30);
    await this.signIn(this.#opened.all.at(-1));
    return this.#end(child, command.join(' '));
  }

  // Has it call a tool, and gives the model that wanted it.
  async call(name, tool, args) {
    const model = await new PretendModel().start(`mcp__${name}__${tool}`, args);
    try {
      const words = ['-p', 'Call the tool.', '--model', 'claude-sonnet-4-5', '--allowedTools', model.tool];
      const env = { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'of-no-value', ENABLE_TOOL_SEARCH: 'false', MCP_CONNECTION_NONBLOCKING: 'false' };
      await this.#end(this.#start(claudeProgram(), words, env), `calling ${tool}`);
      return model;
    } finally {
      model.stop();
    }
  }

  #run(...words) {
    return this.#end(this.#start(claudeProgram(), ['mcp', ...words]), `mcp ${words.join(' ')}`);
  }

  #start(program, words, more = {}) {
    const nobody = 'http://127.0.0.1:9'; // whatever is not on this machine
    const env = {
      PATH: process.env.PATH, HOME: this.directory, TERM: 'xterm', BROWSER: this.#opened.browser, HTTPS_PROXY: nobody, HTTP_PROXY: nobody, NO_PROXY: 'localhost,127.0.0.1',
      DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', ...more,
    };
    return new Child(program, words, { env, cwd: this.project });
  }

  async #end(child, what) {
    await until(`claude ${what} ends`, () => !child.running, 60).finally(() => child.end('SIGKILL'));
    const said = plain(child.output + child.errors);
    if (child.process.exitCode !== 0) throw new Error(`claude ${what} ended with ${child.process.exitCode}:\n${said}`);
    return said;
  }
}
