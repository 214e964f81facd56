// SPDX-License-Identifier: Apache-2.0
//
// A normal client beside an attack: asks again and again, on a kept and on a fresh connection by turns, and notes every answer.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from './exchange.mjs';
import { bearer, jsonHeaders, modernRevision } from './revisions.mjs';

const listTools = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: { 'io.modelcontextprotocol/protocolVersion': modernRevision, 'io.modelcontextprotocol/clientCapabilities': {} } } });

export class Bystander {
  answers = {}; // how many by status, or by the words of an error
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  #stopped = false;
  #done;

  // Without a token it asks for the metadata.
  constructor(gateway, token, { everyMs = 100 } = {}) {
    this.gateway = gateway;
    this.token = token;
    this.#done = this.#ask(everyMs);
  }

  async #ask(everyMs) {
    for (let turn = 0; !this.#stopped; turn += 1) {
      const how = { agent: turn % 2 ? this.#agent : false, patience: 60_000 };
      const asked = this.token
        ? request(this.gateway, { method: 'POST', path: '/mcp', headers: { ...jsonHeaders, ...bearer(this.token), 'mcp-protocol-version': modernRevision, 'mcp-method': 'tools/list' }, body: listTools, ...how })
        : request(this.gateway, { path: '/.well-known/oauth-authorization-server', ...how });
      const answer = await asked.then(({ status }) => status, (error) => error.message);
      this.answers[answer] = (this.answers[answer] ?? 0) + 1;
      await sleep(everyMs);
    }
  }

  // How many answers came, by status.
  async stop() {
    this.#stopped = true;
    await this.#done;
    this.#agent.destroy();
    return this.answers;
  }
}
