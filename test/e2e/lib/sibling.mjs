// SPDX-License-Identifier: Apache-2.0
//
// A gateway beside another one, with a copy of its records and another Google: who signed in there is signed in here, under the same public
// address. Made while the other one is not running.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './child.mjs';
import { exchange } from './exchange.mjs';
import { Gateway } from './gateway.mjs';
import { alone, messageIn } from './raw_mcp.mjs';

export class Sibling {
  // env: settings in which it differs.
  static async of(world, name, env) {
    const sibling = new Sibling();
    const directory = join(world.directory, name);
    cpSync(world.gateway.directory, directory, { recursive: true, preserveTimestamps: true });
    sibling.port = await freePort();
    sibling.url = world.gateway.mcpUrl;
    const { GATEHOUSE_PUBLIC_URL, GATEHOUSE_TRUSTED_PROXIES } = world.gateway.settings;
    sibling.gateway = new Gateway({ directory, port: sibling.port, google: world.google, env: { GATEHOUSE_PUBLIC_URL, ...(GATEHOUSE_TRUSTED_PROXIES ? { GATEHOUSE_TRUSTED_PROXIES } : {}), ...env } });
    world.atEnd(() => sibling.gateway.stop());
    return sibling;
  }

  start = () => this.gateway.start();

  // What a tool answers, however long it takes.
  async call(client, name, args, { patience = 150_000 } = {}) {
    const { message, headers } = alone('tools/call', { name, arguments: args });
    const own = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: `Bearer ${client.tokens.access_token}`, ...client.headers };
    const answer = await exchange(this.url, { method: 'POST', headers: { ...own, ...headers }, body: JSON.stringify(message), port: this.port, patience });
    const { result } = messageIn(answer.headers['content-type'], answer.text) ?? {};
    if (!result) throw new Error(`no result: ${answer.status} ${answer.text.slice(0, 400)}`);
    return result;
  }
}
