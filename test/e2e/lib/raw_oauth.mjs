// SPDX-License-Identifier: Apache-2.0
//
// A client's OAuth by plain HTTP, one step at a time, so that a test can fail, repeat and race each step.
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { FormBrowser } from './browser.mjs';

let arrivals;

// Where browsers end up. It only has to answer; the code is read from the address.
async function arrivalUrl() {
  arrivals ??= await new Promise((resolve) => {
    const server = http.createServer((_, response) => response.end('arrived')).listen(0, '127.0.0.1', () => resolve(server));
    server.unref();
  });
  return `http://127.0.0.1:${arrivals.address().port}/callback`;
}

const addressOf = (n) => `198.51.${(n >> 8) & 255}.${n & 255}`;
let people = 0;

export class RawClient {
  constructor({ gateway, name = 'raw' }) {
    this.gateway = gateway;
    this.name = name;
    // Every client has an address of its own; limits by address are for their own tests (GATEHOUSE_TRUSTED_PROXIES=2 believes it).
    this.headers = { 'x-forwarded-for': addressOf(people++) };
  }

  async send(path, form, replica) {
    const json = form && !(form instanceof URLSearchParams);
    const response = await fetch(this.gateway.url + path, { method: 'POST', headers: { ...this.headers, ...(replica ? { 'x-replica': replica } : {}), ...(json ? { 'content-type': 'application/json' } : {}) }, body: json ? JSON.stringify(form) : form });
    const text = await response.text();
    let value;
    try {
      value = JSON.parse(text);
    } catch { /* a balancer's page */ }
    return { status: response.status, retryAfter: response.headers.get('retry-after'), json: value, text };
  }

  async register() {
    this.redirect = await arrivalUrl();
    const answer = await this.send('/register', { client_name: this.name, redirect_uris: [this.redirect], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' });
    if (answer.status === 201) this.id = answer.json.client_id;
    return answer;
  }

  begin() {
    this.verifier = randomBytes(32).toString('base64url');
    const query = {
      response_type: 'code', client_id: this.id, redirect_uri: this.redirect, state: 'state', resource: this.gateway.mcpUrl,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'), code_challenge_method: 'S256',
    };
    return `${this.gateway.url}/authorize?${new URLSearchParams(query)}`;
  }

  // Through the consent page and Google; the authorization code, or undefined with the last page in `this.page`.
  async consent(browser = new FormBrowser({ headers: this.headers })) {
    this.page = await browser.consent(this.begin());
    return this.page.url.startsWith(this.redirect) ? new URL(this.page.url).searchParams.get('code') ?? undefined : undefined;
  }

  redeem = (code, verifier = this.verifier) => this.send('/token', new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: this.redirect, client_id: this.id, code_verifier: verifier, resource: this.gateway.mcpUrl }));
  refresh = (token = this.tokens.refresh_token, replica = undefined) => this.send('/token', new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: this.id }), replica);
  revoke = (token = this.tokens.refresh_token) => this.send('/revoke', new URLSearchParams({ token, client_id: this.id }));

  async signIn() {
    if (!this.id) await this.register();
    const code = await this.consent();
    if (!code) throw new Error(`no code came back but ${this.page.status} ${this.page.url}:\n${this.page.text.slice(0, 600)}`);
    const answer = await this.redeem(code);
    if (answer.status !== 200) throw new Error(`the code was not redeemed: ${answer.status} ${answer.text}`);
    this.tokens = answer.json;
    return this;
  }
}
