// SPDX-License-Identifier: Apache-2.0
//
// Clients that sign a fresh assertion for every request instead of showing a secret (private_key_jwt), against the program itself. Which claims
// are good is judged beside the code (client_assertion_test.cc), key sets that are fetched too (client_keys_test.cc).
import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { FormBrowser } from './lib/browser.mjs';
import { exchange } from './lib/exchange.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

let world;
before(async () => {
  world = await World.start();
  await world.google.set({ auto_login: 'alice@acme.example' });
}, { timeout: 60_000 });
after(() => world?.end());

const limit = { timeout: 30_000 };
const keysOf = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
};
const publicJwk = (key, kid) => ({ ...createPublicKey(key).export({ format: 'jwk' }), ...(kid ? { kid } : {}) });
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

function jwt(header, claims, key) {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

// Sends an assertion along with every form, unless told otherwise.
class SigningClient extends RawClient {
  // `metadata`: to be registered beside or instead of the usual.
  constructor({ algorithm = 'ES256', kid = 'k1', metadata = {} } = {}) {
    super({ gateway: world.gateway, name: 'signing' });
    Object.assign(this, { algorithm, kid, metadata, key: keysOf[algorithm](), signs: true });
  }

  claims(more = {}) {
    return { iss: this.id, sub: this.id, aud: world.gateway.url, exp: seconds() + 120, iat: seconds(), jti: randomUUID(), ...more };
  }
  header = (more = {}) => ({ alg: this.algorithm, typ: 'JWT', ...(this.kid ? { kid: this.kid } : {}), ...more });
  assertion = (claims = this.claims(), header = this.header(), key = this.key) => jwt(header, claims, key);

  send(path, form, replica) {
    if (path === '/register') return super.send(path, { ...form, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicJwk(this.key, this.kid)] }, ...this.metadata });
    if (this.signs) {
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      form.set('client_assertion', this.next ?? this.assertion());
    }
    return super.send(path, form, replica);
  }
}

test('MD-04: the metadata offers it, with its algorithms', limit, async () => {
  const { json } = await exchange(`${world.gateway.url}/.well-known/oauth-authorization-server`);
  for (const endpoint of ['token', 'revocation']) {
    assert.ok(json[`${endpoint}_endpoint_auth_methods_supported`].includes('private_key_jwt'));
    assert.deepEqual(json[`${endpoint}_endpoint_auth_signing_alg_values_supported`], ['RS256', 'ES256']);
  }
});

for (const { algorithm, kid } of [{ algorithm: 'RS256', kid: 'k1' }, { algorithm: 'ES256', kid: 'k1' }, { algorithm: 'ES256', kid: '' }]) {
  test(`signs in, renews after kill -9 and signs out with ${algorithm}${kid ? '' : ' and a key without a name'}`, limit, async () => {
    const client = new SigningClient({ algorithm, kid });
    const registered = await client.register();
    assert.equal(registered.status, 201, registered.text);
    assert.deepEqual(registered.json.jwks, { keys: [publicJwk(client.key, kid)] });
    await client.signIn();
    await world.gateway.restart();
    const renewed = await client.refresh();
    assert.equal(renewed.status, 200, renewed.text);
    assert.equal((await client.revoke(renewed.json.refresh_token)).status, 200);
    assert.equal((await client.refresh(renewed.json.refresh_token)).json.error, 'invalid_grant');
  });
}

describe('a client that registered a key', () => {
  let client;
  before(async () => {
    client = new SigningClient();
    await client.register();
    await client.signIn();
  });
  const refused = ({ status, json }, words) => {
    assert.deepEqual([status, json.error], [401, 'invalid_client']);
    assert.match(json.error_description, words);
  };

  test('is refused without its signature, and loses nothing by it', limit, async () => {
    client.signs = false;
    refused(await client.refresh(), /private_key_jwt: client_assertion is missing/);
    refused(await client.revoke(), /private_key_jwt: client_assertion is missing/);
    client.signs = true;
    client.tokens = (await client.refresh()).json;
    assert.ok(client.tokens.access_token);
  });

  test('uses each assertion once, also across a kill -9', limit, async () => {
    client.next = client.assertion();
    client.tokens = (await client.refresh()).json;
    refused(await client.refresh(), /used before/);
    await world.gateway.restart();
    refused(await client.refresh(), /used before/);
    refused(await client.revoke(), /used before/);
    client.next = undefined;
    client.tokens = (await client.refresh()).json;
    assert.ok(client.tokens.refresh_token, 'what was refused ended nothing');
    const [record] = (await world.records()).filter(({ sessionId }) => sessionId.startsWith('TXN#jti-'));
    assert.ok(record.ttl <= seconds() + 120 + 60, 'it is forgotten when it would be refused anyway');
  });

  test('is told apart from everybody else', limit, async () => {
    const stranger = keysOf.ES256();
    const secret = Buffer.from(JSON.stringify(publicJwk(client.key, client.kid)));
    const hs256 = `${encode(client.header({ alg: 'HS256' }))}.${encode(client.claims())}`;
    const table = [
      ['another key', client.assertion(undefined, undefined, stranger), /not signed by a key/],
      ['a key in the header', client.assertion(undefined, { alg: 'ES256', jwk: publicJwk(stranger) }, stranger), /not signed by a key/],
      ['alg none', `${encode({ alg: 'none' })}.${encode(client.claims())}.`, /not signed by a key/],
      ['the public key as a secret', `${hs256}.${createHmac('sha256', secret).update(hs256).digest('base64url')}`, /not signed by a key/],
      ['another issuer', client.assertion(client.claims({ iss: 'https://idp.example' })), /iss and sub/],
      ['another subject', client.assertion(client.claims({ sub: 'gth_app_AAAAAAAAAAAAAAAAAAAAAA' })), /differs from the sub/],
      ['another audience', client.assertion(client.claims({ aud: 'https://other.example' })), /aud must be/],
      ['an audience besides', client.assertion(client.claims({ aud: [world.gateway.url, 'https://other.example'] })), /aud must be/],
      ['expired', client.assertion(client.claims({ exp: seconds() - 120 })), /expired/],
      ['good for a day', client.assertion(client.claims({ exp: seconds() + 86_400 })), /ten minutes/],
      ['no end', client.assertion(client.claims({ exp: undefined })), /exp is missing/],
      ['no id', client.assertion(client.claims({ jti: undefined })), /jti/],
      ['from the future', client.assertion(client.claims({ iat: seconds() + 600 })), /iat/],
    ];
    for (const [name, assertion, words] of table) {
      client.next = assertion;
      const answer = await client.refresh();
      assert.equal(answer.status, 401, `${name}: ${answer.text}`);
      refused(answer, words);
    }
    client.next = undefined;
    client.tokens = (await client.refresh()).json;
    assert.ok(client.tokens.access_token);
  });

  test('leaves no assertion in the log', limit, () => {
    assert.match(world.gateway.log, /was used before/);
    assert.doesNotMatch(world.gateway.log, /eyJ/);
  });
});

describe('registration', () => {
  const key = keysOf.ES256();
  const table = [
    ['no keys', { jwks: undefined }, /one of jwks and jwks_uri/],
    ['keys to be fetched', { jwks: undefined, jwks_uri: 'https://client.example/jwks.json' }, /jwks_uri is fetched only for/],
    ['a private key', { jwks: { keys: [key.export({ format: 'jwk' })] } }, /private or symmetric key/],
    ['a symmetric key', { jwks: { keys: [{ kty: 'oct', k: 'AA' }] } }, /private or symmetric key/],
    ['a curve that is not used here', { jwks: { keys: [publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)] } }, /no key for RS256/],
    ['an algorithm that is not used here', { token_endpoint_auth_signing_alg: 'PS256' }, /RS256 or ES256/],
  ];
  for (const [name, metadata, words] of table) {
    test(`is refused with ${name}`, limit, async () => {
      const { status, json } = await new SigningClient({ metadata }).register();
      assert.deepEqual([status, json.error], [400, 'invalid_client_metadata']);
      assert.match(json.error_description, words);
    });
  }
});

test('ChatGPT, which may sign or not: comes in as a public client, and a signature that is not its own is no help', limit, async () => {
  const client = new SigningClient({ algorithm: 'RS256' });
  Object.assign(client, { id: 'https://chatgpt.com/oauth/client.json', redirect: 'https://chatgpt.com/connector_platform_oauth_redirect' });
  const code = await client.consent(new FormBrowser({ stopsAt: ({ hostname }) => hostname === 'chatgpt.com' }));
  assert.ok(code, client.page.text);
  const forged = await client.redeem(code);
  // Its keys cannot be fetched from everywhere.
  assert.ok(forged.status === 401 || forged.status === 503, forged.text);
  client.signs = false;
  assert.equal((await client.redeem(code)).status, 200);
});
