// SPDX-License-Identifier: Apache-2.0
//
// Runs `emulate` 0.11.2 as a child on loopback and speaks to it as any of our people.
import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { tokensOf } from './seed.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const startSeconds = 20;

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export class NpmEmulator {
  #child;
  #port;
  #calls = 0;
  #agent = new http.Agent({ keepAlive: true });

  static async start({ seedFile, logFile, base }) {
    const program = here('node_modules/emulate/dist/index.js');
    if (!existsSync(program)) throw new Error(`emulate is not installed: run npm ci in ${here('.')}`);
    const emulator = new NpmEmulator();
    emulator.#port = await freePort();
    const log = openSync(logFile, 'w', 0o600);
    emulator.#child = spawn(process.execPath, ['--import', here('loopback.mjs'), program, 'start', '--service', 'google', '--port', String(emulator.#port), '--seed', seedFile, '--base-url', base],
      { stdio: ['ignore', log, log, 'ipc'], env: { ...process.env, NODE_OPTIONS: '' } });
    closeSync(log);
    await emulator.#answering();
    return emulator;
  }

  get pid() {
    return this.#child.pid;
  }

  onExit(action) {
    this.#child.once('exit', action);
  }

  stop() {
    this.#agent.destroy();
    this.#child.removeAllListeners('exit');
    this.#child.kill('SIGKILL');
  }

  async #answering() {
    const end = Date.now() + startSeconds * 1000;
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(`emulate ended with code ${this.#child.exitCode}`);
      try {
        return await this.#send('GET', '/.well-known/openid-configuration', {}, Buffer.alloc(0));
      } catch (error) {
        if (Date.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  }

  #send(method, path, headers, body) {
    return new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: this.#port, method, path, headers: { ...headers, 'content-length': body.length }, agent: this.#agent }, async (response) => {
        try {
          const chunks = [];
          for await (const chunk of response) chunks.push(chunk);
          const answer = { status: response.statusCode, headers: {}, body: Buffer.concat(chunks) };
          for (const name of ['content-type', 'location', 'etag']) if (response.headers[name]) answer.headers[name] = response.headers[name];
          resolve(answer);
        } catch (error) {
          reject(error);
        }
      });
      // A kept connection that was just being closed: the request did not arrive.
      const wasClosed = (error) => request.reusedSocket && error.code === 'ECONNRESET';
      request.on('error', (error) => (wasClosed(error) ? this.#send(method, path, headers, body).then(resolve, reject) : reject(error)));
      request.end(body);
    });
  }

  // The emulator counts 5,000 calls per token and hour, so the calls take turns over several tokens.
  call(email, method, path, { contentType, body = Buffer.alloc(0) } = {}) {
    const tokens = tokensOf(email);
    const token = tokens[(this.#calls += 1) % tokens.length];
    return this.#send(method, path, { authorization: `Bearer ${token}`, ...(contentType ? { 'content-type': contentType } : {}) }, body);
  }

  async json(email, method, path, value) {
    const answer = await this.call(email, method, path, value === undefined ? {} : { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) });
    return { status: answer.status, json: answer.body.length ? JSON.parse(answer.body) : undefined };
  }
}
