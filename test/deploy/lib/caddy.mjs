// SPDX-License-Identifier: Apache-2.0
//
// Caddy by deploy/compose/Caddyfile, on free ports and with an authority of its own instead of the public one.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, freePort, until } from '../../e2e/lib/child.mjs';

export const caddyfile = fileURLToPath(new URL('../../../deploy/compose/Caddyfile', import.meta.url));
const fetched = fileURLToPath(new URL('../../../build/tools/caddy/usr/bin/caddy', import.meta.url));
export const caddyBinary = existsSync(fetched) ? fetched : 'caddy';

export class Caddy {
  #child;
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-caddy-'));

  // Where people reach it is known before it starts, so that what lies behind can be told.
  static async on(port) {
    const caddy = new Caddy();
    caddy.port = port ?? (await freePort());
    caddy.url = `https://localhost:${caddy.port}`;
    return caddy;
  }

  // `upstream`: HOST:PORT.
  async start(upstream) {
    const here = ['admin off', 'skip_install_trust', 'auto_https disable_redirects', `http_port ${await freePort()}`, `https_port ${this.port}`, `storage file_system ${this.directory}/state`];
    const file = join(this.directory, 'Caddyfile');
    writeFileSync(file, readFileSync(caddyfile, 'utf8').replace('\tadmin off\n', here.map((line) => `\t${line}\n`).join('')));
    const env = { PATH: process.env.PATH, HOME: this.directory, GATEHOUSE_HOST: 'localhost', GATEHOUSE_UPSTREAM: upstream };
    this.#child = new Child(caddyBinary, ['run', '--config', file, '--adapter', 'caddyfile'], { env });
    await until('Caddy has a certificate', () => {
      if (!this.#child.running) throw new Error(`Caddy ended:\n${this.#child.errors}`);
      return existsSync(this.#rootPath) && /serving initial configuration/.test(this.#child.errors);
    });
    return this;
  }

  get #rootPath() {
    return join(this.directory, 'state/pki/authorities/local/root.crt');
  }

  // The certificate of its authority.
  get authority() {
    return readFileSync(this.#rootPath);
  }

  get log() {
    return this.#child.output + this.#child.errors;
  }

  async stop() {
    await this.#child?.end();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
