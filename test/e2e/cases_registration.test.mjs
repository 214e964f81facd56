// SPDX-License-Identifier: Apache-2.0
//
// Chapter DC of the abuse cases: dynamic client registration.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Audit } from './lib/audit.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { bytesOf } from './lib/database.mjs';
import { assertAbsent } from './lib/disguises.mjs';
import { exchange, postJson } from './lib/exchange.mjs';
import { Profile } from './lib/profile.mjs';
import { assertOauthError } from './lib/refusals.mjs';
import { World } from './lib/world.mjs';

const audit = new Audit();
const redirect = 'https://app.example/cb';
let world;

before(async () => {
  world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
  await world.google.set({ auto_login: 'alice@acme.example' });
}, { timeout: 60_000 });
after(() => world?.end());

// Each from an address of its own: limits by address are for their own tests.
let visitors = 0;
const visitor = () => ({ 'X-Forwarded-For': `203.0.113.${visitors++ % 250}` });
const register = (metadata) => postJson(`${world.gateway.url}/register`, metadata, { headers: visitor() });
const records = async () => (await world.records()).map(({ sessionId }) => sessionId);

async function refuses(metadata, error, status = 400) {
  const answer = await register(metadata);
  assertOauthError(answer, status, error);
  audit.expect('registration refused', { reason: error });
  return answer;
}

async function accepts(metadata) {
  const answer = await register(metadata);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers['cache-control'], 'no-store');
  audit.note('a client secret', answer.json.client_secret);
  return answer.json;
}

// A client that was registered by hand, to see what is stored of it.
function clientOf({ client_id: id, redirect_uris: redirects, client_secret: secret }) {
  return Object.assign(new CaseClient({ gateway: world.gateway, audit, redirects }), { id, secret, redirect: redirects[0] });
}

describe('what is registered', () => {
  test('DC-01 minimal client: 201, an identifier that is no address, and the echo is what is stored', async () => {
    const answer = await accepts({ redirect_uris: [redirect, 'http://127.0.0.1/cb'] });
    assert.match(answer.client_id, /^gth_app_[A-Za-z0-9_-]{22}$/);
    assert.ok(Math.abs(answer.client_id_issued_at - Date.now() / 1000) < 60);
    assert.deepEqual(answer.redirect_uris, [redirect, 'http://127.0.0.1/cb']);
    assert.deepEqual([answer.grant_types, answer.response_types, answer.token_endpoint_auth_method], [['authorization_code', 'refresh_token'], ['code'], 'none']);
    assert.equal('client_secret' in answer, false);
    assert.equal('client_name' in answer, false);
    const client = clientOf(answer);
    for (const uri of answer.redirect_uris) assert.equal((await client.ask({ redirect_uri: uri })).status, 200, uri);
    await client.signIn();
  });

  test('DC-01 minimal client: every registration is a client of its own', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await accepts({ redirect_uris: [redirect] })).client_id));
    assert.equal(new Set(ids).size, 20);
  });

  test('DC-01 minimal client: what it calls itself comes back as it was stored, and what is not ours is left out', async () => {
    const answer = await accepts({ redirect_uris: [redirect], client_name: 'Zürich "東京" <b>', scope: 'everything', software_id: 'x', contacts: ['x@y.example'], application_type: 'native', client_id: 'gth_app_AAAAAAAAAAAAAAAAAAAAAA', client_secret: 'chosen-by-the-client' });
    assert.equal(answer.client_name, 'Zürich "東京" <b>');
    assert.notEqual(answer.client_id, 'gth_app_AAAAAAAAAAAAAAAAAAAAAA');
    assert.equal('client_secret' in answer, false);
    assert.equal('scope' in answer, false);
    const client = clientOf(answer);
    const page = await client.ask();
    assert.ok(page.text.includes('Zürich &quot;東京&quot; &lt;b&gt;'), 'and is what the consent page shows');
  });

  const names = ['Claude', 'Cursor', 'Google', 'Gatehouse', 'ChatGPT\u202e', '  Claude  ', 'Claude\u200b Code'];
  for (const name of names) {
    test(`DC-09 borrowed name: ${JSON.stringify(name)}: consent marks it unverified and shows the host`, async () => {
      const client = clientOf(await accepts({ redirect_uris: ['https://attacker.example/cb'], client_name: name }));
      const page = await new Profile().step(client.authorizeUrl());
      assert.match(page.text, /<dd>[^<]+<span class="tag">unverified<\/span>/);
      assert.match(page.text, /It chose this name itself/);
      assert.match(page.text, /Where the access goes<\/dt>\s*<dd><span class="place">attacker\.example<\/span>/);
      assert.doesNotMatch(page.text, /[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/, 'no mark that turns or hides text');
    });
  }

  test('DC-12 secrets: shown once, not stored in clear, needed from then on', async () => {
    for (const method of ['client_secret_basic', 'client_secret_post']) {
      const answer = await accepts({ redirect_uris: [redirect], token_endpoint_auth_method: method });
      assert.ok(answer.client_secret.length >= 43, 'at least 256 bits');
      assert.equal(answer.client_secret_expires_at, 0);
      assert.equal(answer.token_endpoint_auth_method, method);
      assertAbsent(bytesOf(world.gateway.database), 'the client secret in the database', answer.client_secret);
      for (const path of ['/register', `/register/${answer.client_id}`]) assert.doesNotMatch((await exchange(world.gateway.url + path)).text, new RegExp(answer.client_secret));
      const client = clientOf(answer);
      const code = await client.code();
      for (const secret of [undefined, 'x', answer.client_secret.slice(0, -1), `${answer.client_secret}x`, answer.client_secret.toLowerCase()]) {
        assertOauthError(await client.redeem(code, { client_secret: secret }), 401, 'invalid_client');
        audit.expect('token request refused', { reason: 'invalid_client', client: client.id });
      }
      assert.equal((await client.redeem(code, { client_secret: answer.client_secret })).status, 200);
    }
  });
});

describe('what is refused', () => {
  let before;
  test('(what is stored before)', async () => { before = await records(); });

  const lists = [
    ['missing', {}], ['null', { redirect_uris: null }], ['empty', { redirect_uris: [] }], ['not a list', { redirect_uris: redirect }], ['an object', { redirect_uris: { 0: redirect } }], ['50 entries', { redirect_uris: Array.from({ length: 50 }, (_, n) => `${redirect}/${n}`) }],
    ['entries of 8 KB', { redirect_uris: [`${redirect}/${'x'.repeat(8192)}`] }], ['a number within', { redirect_uris: [redirect, 7] }], ['null within', { redirect_uris: [null] }], ['a list within', { redirect_uris: [[redirect]] }], ['an empty text', { redirect_uris: [''] }],
  ];
  for (const [what, metadata] of lists) test(`DC-02 redirect list: ${what}`, () => refuses(metadata, 'invalid_redirect_uri'));

  const uris = [
    'http://app.example/cb', 'http://127.0.0.2/cb', 'http://0.0.0.0/cb', 'http://localhost.evil.example/cb', 'http://2130706433/cb', 'http://[::2]/cb', 'myapp://cb', 'myapp:/cb', 'javascript:alert(1)', 'JavaScript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'vbscript:x', 'blob:https://app.example/x', 'about:blank',
    'ws://app.example/', 'intent://x#Intent;end', 'urn:ietf:wg:oauth:2.0:oob', 'https://', 'https:///cb', '//app.example/cb', '/cb', 'app.example/cb', 'https://app.example/cb#f', 'https://app.example/cb#', 'https://u:p@app.example/cb', 'https://app.example/a/../cb', 'https://app.example/cb\\x', 'https://app.example/c b',
    'https://app.example/cb\r\nx: y', 'https://app.example:99999/cb', 'https://app%2eexample/cb', 'https://b\u00fccher.example/cb', 'https://app.example/\u00e9', '.x://cb', 'x.://cb', 'a..b://cb',
  ];
  for (const uri of uris) {
    test(`DC-03 redirect that is not allowed: ${JSON.stringify(uri)}`, async () => {
      await refuses({ redirect_uris: [uri] }, 'invalid_redirect_uri');
      const answer = await refuses({ redirect_uris: [redirect, uri] }, 'invalid_redirect_uri');
      assert.match(answer.json.error_description, /^redirect_uris\[1\] /, 'and says which');
    });
  }
  test('DC-03 redirect that is allowed: the web, this machine, and private schemes that are somebody\'s', async () => {
    for (const uri of ['https://app.example/cb', 'https://app.example:8443/cb?x=1', 'http://localhost:1234/cb', 'http://127.0.0.1/', 'http://[::1]:9/cb', 'com.example.app:/cb', 'com.example.app://cb', 'cursor://anysphere.cursor-mcp/oauth/callback']) await accepts({ redirect_uris: [uri] });
  });

  for (const member of ['logo_uri', 'client_uri', 'policy_uri', 'tos_uri', 'jwks_uri']) {
    test(`DC-04 URI fields: ${member} with a bad scheme`, async () => {
      for (const value of ['javascript:alert(1)', 'data:image/svg+xml,<svg onload=alert(1)>', 'file:///etc/passwd', 'ftp://app.example/x', '//app.example/x', 'x', 'https://u:p@app.example/x', 'https://', 7, ['https://app.example/x'], {}]) {
        await refuses({ redirect_uris: [redirect], [member]: value }, 'invalid_client_metadata');
      }
      if (member === 'jwks_uri') await refuses({ redirect_uris: [redirect], [member]: 'http://app.example/keys' }, 'invalid_client_metadata');
      await accepts({ redirect_uris: [redirect], [member]: 'https://app.example/x' });
    });
  }

  const capabilities = [
    ['implicit', { grant_types: ['implicit'] }], ['implicit beside code', { grant_types: ['authorization_code', 'implicit'] }], ['password', { grant_types: ['password', 'authorization_code'] }], ['client credentials only', { grant_types: ['client_credentials'] }], ['refresh only', { grant_types: ['refresh_token'] }],
    ['device only', { grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] }], ['no grant type', { grant_types: [] }], ['grant types that are no list', { grant_types: 'authorization_code' }], ['a number for a grant type', { grant_types: [7] }],
    ['the response type token', { response_types: ['token'] }], ['code and token', { response_types: ['code', 'token'] }], ['code id_token', { response_types: ['code id_token'] }],
    ['private_key_jwt', { token_endpoint_auth_method: 'private_key_jwt' }], ['client_secret_jwt', { token_endpoint_auth_method: 'client_secret_jwt' }], ['tls_client_auth', { token_endpoint_auth_method: 'tls_client_auth' }], ['an unknown method', { token_endpoint_auth_method: 'x' }], ['a list of methods', { token_endpoint_auth_method: ['none'] }],
    ['a name that is no text', { client_name: 7 }], ['a name of 201 characters', { client_name: 'x'.repeat(201) }],
  ];
  for (const [what, metadata] of capabilities) test(`DC-07 unsupported capabilities: ${what}`, () => refuses({ redirect_uris: [redirect], ...metadata }, 'invalid_client_metadata'));
  test('DC-07 unsupported capabilities: a grant of other servers beside code is left out, not held against it', async () => {
    const answer = await accepts({ redirect_uris: [redirect], grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'] });
    assert.deepEqual(answer.grant_types, ['authorization_code', 'refresh_token']);
  });

  const bodies = [['nothing', ''], ['no JSON', '{'], ['a list', '[]'], ['a text', '"x"'], ['null', 'null'], ['a member twice', `{"redirect_uris":["${redirect}"],"redirect_uris":["https://evil.example/"]}`], ['depth', '{"redirect_uris":'.padEnd(5000, '[')], ['20 KB', JSON.stringify({ redirect_uris: [redirect], x: 'x'.repeat(20_000) })], ['bytes after it', `{"redirect_uris":["${redirect}"]}x`], ['half a character', `{"redirect_uris":["${redirect}"],"client_name":"\\ud800"}`]];
  for (const [what, body] of bodies) test(`DC-07 malformed metadata: ${what}`, () => refuses(body, 'invalid_client_metadata'));
  test('DC-07 malformed metadata: another media type is 415', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json, text/plain', '']) {
      const answer = await exchange(`${world.gateway.url}/register`, { method: 'POST', headers: { 'Content-Type': type }, body: JSON.stringify({ redirect_uris: [redirect] }) });
      assertOauthError(answer, 415, 'invalid_client_metadata');
      audit.expect('registration refused', { reason: 'invalid_client_metadata' });
    }
  });

  test('DC-10 configuration endpoint: there is none', async () => {
    const { client_id: id } = await accepts({ redirect_uris: [redirect] });
    for (const path of ['/register', `/register/${id}`, `/register?client_id=${id}`, `/clients/${id}`]) {
      for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', ...(path.startsWith('/register') && !path.includes(`/${id}`) ? [] : ['POST'])]) {
        const answer = await exchange(world.gateway.url + path, { method, headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${id}` }, body: method === 'GET' ? undefined : JSON.stringify({ client_id: id, redirect_uris: ['https://evil.example/cb'] }) });
        assert.ok([404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`);
        if (answer.status === 405) assert.equal(answer.headers.allow, 'POST, OPTIONS');
      }
    }
    const client = clientOf({ client_id: id, redirect_uris: [redirect] });
    assert.equal((await client.ask()).status, 200, 'it is what it was');
    assert.equal((await client.ask({ redirect_uri: 'https://evil.example/cb' })).status, 400);
  });

  test('and what was refused has left no record', async () => {
    const fresh = (await records()).filter((id) => !before.includes(id));
    assert.ok(fresh.every((id) => id.startsWith('CLIENT#')));
    assert.equal(fresh.length, 8 + 5 + 1 + 1, 'only those that were accepted');
  });
});

describe('the log', () => {
  test('I14: each refusal has left an event that says why', () => audit.assertTold(() => world.gateway.log));
  test('I8: no secret, code, verifier or token can be read in it', () => audit.assertSilent(() => world.gateway.log));
});
