// SPDX-License-Identifier: Apache-2.0
//
// A client whose every parameter can be left out, repeated or wrong; what is secret of it is noted in the audit.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { exchange, pairs, post, postJson } from './exchange.mjs';
import { Profile } from './profile.mjs';
import { RawClient } from './raw_oauth.mjs';

export const challengeOf = (verifier) => createHash('sha256').update(verifier).digest('base64url');

export class CaseClient extends RawClient {
  // redirects: what it registers, the first of which it uses. port: of the gateway, when no name server knows its host.
  constructor({ gateway, audit, name = 'case', redirects, port }) {
    super({ gateway, name });
    this.audit = audit;
    this.redirects = redirects;
    this.port = port;
  }

  at = (replica) => (replica ? { ...this.headers, 'x-replica': replica } : this.headers);

  async register(metadata = {}) {
    if (!this.redirects) {
      const answer = await super.register();
      assert.equal(answer.status, 201, answer.text);
      return answer;
    }
    [this.redirect] = this.redirects;
    const answer = await postJson(`${this.gateway.url}/register`, { client_name: this.name, redirect_uris: this.redirects, token_endpoint_auth_method: 'none', ...metadata }, { headers: this.headers, port: this.port });
    assert.equal(answer.status, 201, answer.text);
    this.id = answer.json.client_id;
    this.secret = this.audit.note('a client secret', answer.json.client_secret);
    return answer;
  }

  // Of a request to authorize, in order but for `changes`.
  parameters(changes = {}) {
    this.verifier = this.audit.note('a verifier', randomBytes(32).toString('base64url'));
    this.state = randomBytes(12).toString('base64url');
    return {
      response_type: 'code', client_id: this.id, redirect_uri: this.redirect, state: this.state, resource: this.gateway.mcpUrl, code_challenge: challengeOf(this.verifier), code_challenge_method: 'S256', ...changes,
    };
  }

  authorizeUrl = (changes) => `${this.gateway.url}/authorize?${new URLSearchParams(pairs(this.parameters(changes)))}`;

  step = (url, { headers = {} } = {}) => exchange(url, { headers: { Accept: 'text/html', ...this.headers, ...headers }, port: this.port });
  ask = (changes, options) => this.step(this.authorizeUrl(changes), options);

  // Through our consent page and Google to where the client is told; the address it is told at.
  async consentTo(changes = {}, { decision = 'approve', profile = new Profile({ headers: this.headers, ports: { [new URL(this.gateway.url).host]: this.port } }) } = {}) {
    const page = await profile.step(this.authorizeUrl(changes));
    assert.equal(page.status, 200, `not the consent page but ${page.status} ${page.location ?? page.text.slice(0, 400)}`);
    const last = await profile.onFrom(await profile.submit(page, decision), (next) => next.href.startsWith(this.redirect));
    assert.ok(last.location?.startsWith(this.redirect), `the client was not told but ${last.status} ${last.url}:\n${last.text.slice(0, 600)}`);
    const told = new URL(last.location);
    this.audit.note('a code', told.searchParams.get('code'));
    return told;
  }

  code = async (changes, options) => {
    const code = (await this.consentTo(changes, options)).searchParams.get('code');
    assert.ok(code, 'a code');
    return code;
  };

  #noteTokens(answer) {
    for (const kind of ['access_token', 'refresh_token']) this.audit.note(`an ${kind}`, answer.json?.[kind]);
    return answer;
  }

  async form(path, fields, { headers = {}, replica } = {}) {
    return this.#noteTokens(await post(this.gateway.url + path, fields, { headers: { ...this.at(replica), ...headers }, port: this.port }));
  }

  redeem = (code, changes = {}, options) =>
    this.form('/token', { grant_type: 'authorization_code', code, redirect_uri: this.redirect, client_id: this.id, code_verifier: this.verifier, resource: this.gateway.mcpUrl, ...changes }, options);

  refresh = (token = this.tokens.refresh_token, changes = {}, options) => this.form('/token', { grant_type: 'refresh_token', refresh_token: token, client_id: this.id, ...changes }, options);

  revoke = (token = this.tokens.refresh_token, changes = {}, options) => this.form('/revoke', { token, client_id: this.id, ...changes }, options);

  async signIn(changes) {
    if (!this.id) await this.register();
    const answer = await this.redeem(await this.code(changes));
    assert.equal(answer.status, 200, `the code was not redeemed: ${answer.status} ${answer.text}`);
    this.tokens = answer.json;
    return this;
  }
}
