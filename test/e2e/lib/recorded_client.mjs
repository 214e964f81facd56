// SPDX-License-Identifier: Apache-2.0
//
// A client that cannot run here, played from a recording (recordings.mjs): its requests as it sends them, its demands as it makes them.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { FormBrowser } from './browser.mjs';
import { exchange, openStream } from './exchange.mjs';

const jsonType = ['Content-Type', 'application/json'];
const formType = ['Content-Type', 'application/x-www-form-urlencoded'];
let people = 0;

// The parameters of a Bearer challenge, read as simply as clients do.
function readChallenge({ status, headers }) {
  assert.equal(status, 401, 'without a token it must be 401, whatever else is wrong with the request');
  const challenge = headers['www-authenticate'] ?? '';
  assert.match(challenge, /^Bearer /);
  return { metadata: /resource_metadata="([^"]+)"/.exec(challenge)?.[1], scope: /scope="([^"]+)"/.exec(challenge)?.[1], error: /error="([^"]+)"/.exec(challenge)?.[1] };
}

export class RecordedClient {
  // `url`: what the person typed.
  constructor(recording, { url, origin }) {
    Object.assign(this, { recording, url, origin });
    // Limits by address are for their own tests; GATEHOUSE_TRUSTED_PROXIES=1 believes this one.
    this.address = ['X-Forwarded-For', `198.51.100.${(people += 1)}`];
  }

  send(url, { headers = [], ...rest } = {}) {
    return exchange(url, { ...rest, headers: [this.address, ...(this.recording.agent ? [['User-Agent', this.recording.agent]] : []), ...headers] });
  }

  post = (url, value, headers = []) => this.send(url, { method: 'POST', headers: [jsonType, ...headers], body: JSON.stringify(value) });
  postForm = (url, pairs, headers = []) => this.send(url, { method: 'POST', headers: [formType, ...headers], body: String(new URLSearchParams(pairs)) });

  // From the first contact to the metadata of both servers, in the order in which this client looks for them.
  async discover() {
    this.challenge = readChallenge(await this.recording.firstContact(this));
    assert.equal(this.challenge.error, undefined, 'no error is named where no token was sent');
    if (this.recording.resourceDocuments) {
      this.resource = await this.#firstDocument(this.recording.resourceDocuments(this));
      this.recording.checkResource?.(this);
    }
    this.server = await this.#firstDocument(this.recording.serverDocuments(this));
    assert.equal(this.server.issuer, this.resource?.authorization_servers[0] ?? this.origin);
    assert.ok(this.server.code_challenge_methods_supported.includes('S256'));
    assert.ok(this.server.token_endpoint_auth_methods_supported.includes('none'));
    assert.equal(this.server.authorization_response_iss_parameter_supported, true);
    return this;
  }

  // What is not there must say so by 4xx, or clients give up.
  async #firstDocument(candidates) {
    for (const [url, ...headers] of candidates) {
      const answer = await this.send(url, { headers });
      if (answer.status === 200 && answer.json) return answer.json;
      assert.ok(answer.status >= 400 && answer.status < 500, `${url}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
    throw new Error(`none of ${candidates.map(([url]) => url)} is there`);
  }

  async register() {
    const answer = await this.post(this.server.registration_endpoint, this.recording.registration(this), this.recording.registrationHeaders ?? []);
    assert.equal(answer.status, 201, answer.text);
    assert.match(answer.headers['cache-control'], /no-store/);
    this.identity = answer.json;
    assert.deepEqual(this.identity.redirect_uris, this.recording.registration(this).redirect_uris, 'none of them is lost');
    return this;
  }

  // The address that its person is sent to.
  authorizeUrl(redirect) {
    this.redirect = redirect;
    this.verifier = randomBytes(48).toString('base64url');
    this.state = this.recording.state?.() ?? randomBytes(16).toString('base64url');
    const challenge = createHash('sha256').update(this.verifier).digest('base64url');
    return `${this.server.authorization_endpoint}?${new URLSearchParams(this.recording.authorize(this, challenge))}`;
  }

  // Through consent and Google to the redirect address; what arrived there. `consent` is how the person does it.
  async authorize(redirect, consent = (url) => this.#byForms(url)) {
    const arrived = new URL(await consent(this.authorizeUrl(redirect)));
    assert.equal(arrived.href.split('?')[0], new URL(redirect).href);
    assert.equal(arrived.searchParams.get('error'), null, arrived.href);
    assert.equal(arrived.searchParams.get('state'), this.state);
    assert.equal(arrived.searchParams.get('iss'), this.server.issuer);
    return arrived.searchParams.get('code');
  }

  async #byForms(url) {
    const browser = new FormBrowser({ stopsAt: (target) => target.href.startsWith(this.redirect.split('?')[0]) });
    return (await browser.consent(url)).url;
  }

  async redeem(code) {
    return this.#keepTokens(await this.postForm(this.server.token_endpoint, this.recording.redeem(this, code), this.recording.tokenHeaders ?? []));
  }

  async refresh() {
    return this.#keepTokens(await this.postForm(this.server.token_endpoint, this.recording.refresh(this), this.recording.tokenHeaders ?? []));
  }

  #keepTokens(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['content-type'], /^application\/json/);
    assert.equal(answer.json.token_type, 'Bearer');
    assert.equal(typeof answer.json.expires_in, 'number');
    assert.ok(answer.json.refresh_token, 'without one the connection dies within the hour');
    this.tokens = answer.json;
    return this;
  }

  async signIn(redirect = this.recording.redirect(this)) {
    await this.discover();
    await this.register();
    return this.redeem(await this.authorize(redirect));
  }

  get bearer() {
    return ['Authorization', `Bearer ${this.tokens.access_token}`];
  }

  // One message of the session, or the first one; the recording says which headers it carries.
  async message(value, headers = this.recording.messageHeaders(this)) {
    const answer = await this.post(this.url, { jsonrpc: '2.0', ...value }, [...headers, this.bearer]);
    this.session ??= answer.headers['mcp-session-id'];
    answer.result = answer.json?.result;
    return answer;
  }

  // initialize and what belongs to it.
  async open() {
    this.session = undefined;
    const answer = await this.message({ id: 0, method: 'initialize', params: this.recording.initialize });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.result.protocolVersion, this.recording.initialize.protocolVersion);
    assert.ok(this.session, 'the answer opens a session');
    this.version = answer.result.protocolVersion;
    const accepted = await this.message({ method: 'notifications/initialized' });
    assert.deepEqual([accepted.status, accepted.text], [202, '']);
    return answer;
  }

  stream(headers = this.recording.streamHeaders(this)) {
    return openStream(this.url, { headers: [this.address, ...headers, this.bearer] });
  }

  async tools() {
    const answer = await this.message({ id: 2, method: 'tools/list' });
    assert.equal(answer.status, 200, answer.text);
    return answer.result.tools.map(({ name }) => name);
  }

  async call(name, args = {}) {
    const answer = await this.message({ id: 3, method: 'tools/call', params: { name, arguments: args } });
    assert.equal(answer.status, 200, answer.text);
    return answer.result;
  }
}
