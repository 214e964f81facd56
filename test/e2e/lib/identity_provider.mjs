// SPDX-License-Identifier: Apache-2.0
//
// A company's identity provider on this machine: publishes metadata and keys, signs identity assertions (ID-JAG) with whatever claims a test
// wants, and exchanges an ID token for one as clients ask it to.
import { createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import http from 'node:http';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
export class IdentityProvider {
  asked = []; // paths, in order
  key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  kid = 'idp-1';
  ahead = 0; // seconds that its clock is ahead of this machine's
  #server = http.createServer((request, response) => this.#answer(request, response));

  // `gateway`: {url, mcpUrl} of whom its assertions are for; may be set later.
  async start(gateway) {
    this.gateway = gateway;
    await new Promise((resolve) => this.#server.listen(this.port ?? 0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  claims(more = {}) {
    const now = Math.floor(Date.now() / 1000) + this.ahead;
    return {
      iss: this.url, sub: 'U019488227', aud: this.gateway.url, client_id: 'acme-assistant', email: 'alice@acme.example', email_verified: true,
      resource: this.gateway.mcpUrl, scope: 'workspace.read', jti: randomUUID(), iat: now, exp: now + 300, ...more,
    };
  }

  assertion(more = {}, { header = {}, key = this.key } = {}) {
    const text = `${encode({ typ: 'oauth-id-jag+jwt', alg: 'RS256', kid: this.kid, ...header })}.${encode(this.claims(more))}`;
    return `${text}.${sign('sha256', text, key).toString('base64url')}`;
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.url);
    this.asked.push(pathname);
    const body = [];
    for await (const part of request) body.push(part);
    const json = (value, status = 200) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (pathname === '/.well-known/openid-configuration') {
      return json({ issuer: this.url, authorization_endpoint: `${this.url}/authorize`, token_endpoint: `${this.url}/token`, jwks_uri: `${this.url}/keys`, response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'] });
    }
    if (pathname === '/keys') return json({ keys: [{ ...createPublicKey(this.key).export({ format: 'jwk' }), kid: this.kid, use: 'sig', alg: 'RS256' }] });
    if (pathname === '/token') return json(this.#exchanged(new URLSearchParams(Buffer.concat(body).toString())));
    return json({ error: 'not_found' }, 404);
  }

  // RFC 8693; who is signed in at the provider is not looked at.
  #exchanged(form) {
    this.exchange = Object.fromEntries(form);
    const claims = { aud: form.get('audience'), resource: form.get('resource') ?? undefined, scope: form.get('scope') ?? undefined };
    return { issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag', access_token: this.assertion(claims), token_type: 'N_A', scope: claims.scope, expires_in: 300 };
  }
}
