// SPDX-License-Identifier: Apache-2.0
//
// Enterprise-managed authorization: a company's identity provider lets a client begin for a person, and the person signs in at Google once
// (docs/decisions/0009). Which claims are good is judged beside the code (identity_assertion_test.cc).
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, CrossAppAccessProvider, StreamableHTTPClientTransport, discoverAndRequestJwtAuthGrant } from '@modelcontextprotocol/client';
import { errorOf, rowsOf, textOf } from './lib/answers.mjs';
import { FormBrowser, readForm, withChromium } from './lib/browser.mjs';
import { Child } from './lib/child.mjs';
import { bytesOf } from './lib/database.mjs';
import { exchange } from './lib/exchange.mjs';
import { gatewayBinary } from './lib/gateway.mjs';
import { IdentityProvider } from './lib/identity_provider.mjs';
import { callTool, initialize } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { review } from './lib/review.mjs';
import { World } from './lib/world.mjs';

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const profile = 'urn:ietf:params:oauth:grant-profile:id-jag';
const secret = 'correct horse battery staple';
const alice = 'alice@acme.example';
const limit = { timeout: 30_000 };
let folder;
let world;
let provider;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'identity-assertions-'));
  const file = join(folder, 'clients.json');
  const known = (id, more) => ({ client_id: id, client_name: 'Acme assistant', redirect_uris: ['http://127.0.0.1/callback'], ...more });
  const digest = { token_endpoint_auth_method: 'client_secret_basic', client_secret_sha256: createHash('sha256').update(secret).digest('hex') };
  writeFileSync(file, JSON.stringify([known('acme-assistant', digest), known('acme-other', digest)]));
  provider = await new IdentityProvider().start();
  world = await World.start({ env: { GATEHOUSE_CLIENTS: file, GATEHOUSE_ENTERPRISE_ISSUERS: provider.url } });
  provider.gateway = world.gateway;
  await world.google.set({ auto_login: alice, untick: [] });
}, { timeout: 60_000 });
after(async () => {
  await world?.end();
  await provider?.stop();
  rmSync(folder, { recursive: true, force: true });
});

// The token endpoint, as the client of the operator's file.
async function present(assertion, { form = {}, client = 'acme-assistant', password = secret } = {}) {
  const response = await fetch(`${world.gateway.url}/token`, {
    method: 'POST', headers: password ? { authorization: `Basic ${Buffer.from(`${client}:${encodeURIComponent(password)}`).toString('base64')}` } : {},
    body: new URLSearchParams({ grant_type: grantType, ...(assertion ? { assertion } : {}), ...(password ? {} : { client_id: client }), ...form }),
  });
  const text = await response.text();
  return { status: response.status, json: JSON.parse(text), text };
}

async function tokens(claims = {}, options = {}) {
  const answer = await present(provider.assertion(claims), options);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

async function refresh(token) {
  return present(undefined, { form: { grant_type: 'refresh_token', refresh_token: token } });
}

// A session of the protocol under these tokens.
class Session {
  static async open(granted) {
    const session = new Session();
    session.granted = granted;
    session.id = (await initialize(world.gateway, granted.access_token)).sessionId;
    assert.ok(session.id);
    return session;
  }
  ask = (name, args = {}) => callTool(world.gateway, this.granted.access_token, this.id, name, args);
  async call(name, args) {
    const answer = await this.ask(name, args);
    assert.equal(answer.status, 200, answer.text);
    return answer.message.result;
  }
  search = () => this.call('gmail_search', { query: 'quicksilver' });
}

async function linkOf(session) {
  const result = await session.search();
  const { code, message, consent_url: link } = errorOf(result);
  assert.equal(code, 'scope_missing');
  assert.match(message, /sign in at Google once/);
  assert.ok(link.startsWith(`${world.gateway.url}/consent?more=`), link);
  assert.ok(textOf(result).includes(link), 'a person who only sees text sees it');
  return link;
}

async function follow(link, { decision = 'approve', browser = new FormBrowser() } = {}) {
  const page = await browser.visit(link);
  assert.equal(page.status, 200, page.text);
  assert.equal(readForm(page.text).action, '/consent/more');
  return { page, end: await browser.submit(page, ['decision', decision]) };
}

async function connected(claims) {
  const session = await Session.open(await tokens(claims));
  const { end } = await follow(await linkOf(session));
  assert.equal(end.status, 200, end.text);
  assert.ok(rowsOf(await session.search()).length > 0);
  return session;
}

async function doctor() {
  const child = new Child(gatewayBinary(), ['doctor'], { env: world.gateway.settings });
  const { code } = await child.gone;
  return { code, output: child.output };
}

const grantCount = async () => (await world.records()).filter(({ sessionId }) => sessionId.startsWith('GRANT#')).length;
const metadata = async () => (await exchange(`${world.gateway.url}/.well-known/oauth-authorization-server`)).json;

describe('what is offered', () => {
  test('MD-04: nothing, unless issuers are configured', { timeout: 60_000 }, async () => {
    const plain = await World.start();
    try {
      const { json } = await exchange(`${plain.gateway.url}/.well-known/oauth-authorization-server`);
      assert.ok(!('authorization_grant_profiles_supported' in json));
      assert.deepEqual(json.grant_types_supported, ['authorization_code', 'refresh_token']);
      const client = new RawClient({ gateway: plain.gateway });
      await client.register();
      const form = new URLSearchParams({ grant_type: grantType, assertion: provider.assertion(), client_id: client.id });
      assert.deepEqual([(await client.send('/token', form)).json.error], ['unsupported_grant_type']);
    } finally {
      await plain.end();
    }
  });

  test('MD-04: the grant and its profile, once they are', limit, async () => {
    const json = await metadata();
    assert.deepEqual(json.authorization_grant_profiles_supported, [profile]);
    assert.ok(json.grant_types_supported.includes(grantType));
  });
});

describe('from an assertion to mail', () => {
  let session;

  test('the assertion gives tokens that open nothing of Google so far', limit, async () => {
    const asked = (await world.google.asked(/./)).length;
    session = await Session.open(await tokens());
    assert.equal(session.granted.token_type, 'Bearer');
    assert.equal(session.granted.scope, 'workspace.read');
    assert.ok(session.granted.refresh_token);
    const who = await session.call('whoami');
    const { code, consent_url: link } = errorOf(who);
    assert.equal(code, 'scope_missing');
    assert.ok(link, 'whoami says what to do next');
    await linkOf(session);
    assert.equal((await world.google.asked(/./)).length, asked, 'Google was asked nothing');
  });

  test('it is nobody’s: not on the account page of the person whose address it names', limit, async () => {
    const browser = new FormBrowser();
    const page = await browser.visit(`${world.gateway.url}/login`);
    assert.match(page.text, /Nothing is connected/);
  });

  test('who declines on our page connects nothing', limit, async () => {
    const { end } = await follow(await linkOf(session), { decision: 'deny' });
    assert.match(end.text, /Nothing was connected/);
    await linkOf(session);
  });

  test('the person signs in at Google once, and the same session reads', limit, async () => {
    const { page, end } = await follow(await linkOf(session));
    assert.match(page.text, /Acme assistant/);
    assert.match(page.text, /alice@acme\.example/);
    assert.match(page.text, /Search and read/);
    assert.doesNotMatch(page.text, /send mail/i);
    const google = new URLSearchParams((await world.google.asked(/\/o\/oauth2\/v2\/auth$/)).at(-1).query);
    assert.equal(google.get('login_hint'), alice);
    assert.equal(end.status, 200, end.text);
    assert.match(end.text, /Go back to it/);
    const who = await session.call('whoami');
    assert.ok(!who.isError, textOf(who));
    assert.equal(who.structuredContent.email, alice);
    assert.ok(rowsOf(await session.search()).length > 0);
  });

  test('the refresh token rotates, and a kill -9 goes unnoticed', limit, async () => {
    const renewed = await refresh(session.granted.refresh_token);
    assert.equal(renewed.status, 200, renewed.text);
    assert.notEqual(renewed.json.refresh_token, session.granted.refresh_token);
    session.granted = renewed.json;
    await world.gateway.restart();
    assert.ok(rowsOf(await session.search()).length > 0);
  });

  test('it is the person’s now: shown on the account page, and signing out everywhere ends it', limit, async () => {
    const browser = new FormBrowser();
    const page = await browser.visit(`${world.gateway.url}/login`);
    assert.match(page.text, /Acme assistant/);
    const out = await browser.submit(page, ['where', 'everywhere']);
    assert.match(out.text, /signed out/i);
    const refused = await session.ask('whoami');
    assert.equal(refused.status, 401);
    assert.equal((await refresh(session.granted.refresh_token)).json.error, 'invalid_grant');
  });

  test('the client ends it too: revoking the refresh token ends it', limit, async () => {
    const one = await connected();
    const response = await fetch(`${world.gateway.url}/revoke`, { method: 'POST', headers: { authorization: `Basic ${Buffer.from(`acme-assistant:${encodeURIComponent(secret)}`).toString('base64')}` }, body: new URLSearchParams({ token: one.granted.refresh_token }) });
    assert.equal(response.status, 200);
    assert.equal((await one.ask('whoami')).status, 401);
  });
});

describe('only the person of the assertion', () => {
  test('another Google account is refused on a clear page, and connects nothing', limit, async () => {
    const session = await Session.open(await tokens());
    const link = await linkOf(session);
    await world.google.set({ auto_login: 'bob@acme.example' });
    const { end } = await follow(link);
    assert.equal(end.status, 403);
    assert.match(end.text, /another Google account/);
    assert.match(end.text, /alice@acme\.example/);
    await linkOf(session);
    await world.google.set({ auto_login: alice });
    assert.equal((await follow(link)).end.status, 200, 'the link is still good for who it is for');
    assert.ok(rowsOf(await session.search()).length > 0);
  });

  test('nor does an account of another domain come in, whatever the assertion says', limit, async () => {
    const session = await Session.open(await tokens({ email: 'dave@other.example', sub: 'dave' }));
    await world.google.set({ auto_login: 'dave@other.example' });
    const { end } = await follow(await linkOf(session));
    assert.equal(end.status, 403, end.text);
    await world.google.set({ auto_login: alice });
    await linkOf(session);
  });

  test('what one session was connected with is not another’s', limit, async () => {
    const [one, other] = [await Session.open(await tokens()), await Session.open(await tokens())];
    assert.equal((await follow(await linkOf(one))).end.status, 200);
    await linkOf(other);
    assert.ok(rowsOf(await one.search()).length > 0);
    await linkOf(other);
  });
});

test('AUTH-04: seven days after the assertion it ends, and the next one has the person sign in again', { timeout: 60_000 }, async () => {
  const usual = world;
  const { GATEHOUSE_CLIENTS, GATEHOUSE_ENTERPRISE_ISSUERS } = usual.gateway.settings;
  world = await World.start({ wallClock: true, env: { GATEHOUSE_CLIENTS, GATEHOUSE_ENTERPRISE_ISSUERS } });
  const [minute, week] = [60, 7 * 86_400];
  const at = (seconds) => {
    world.time.shift(seconds);
    provider.ahead = seconds;
  };
  try {
    provider.gateway = world.gateway;
    await world.google.set({ auto_login: alice });
    const session = await connected();
    at(week - minute);
    const renewed = await refresh(session.granted.refresh_token);
    assert.equal(renewed.status, 200, renewed.text);
    session.granted = renewed.json;
    assert.equal((await session.ask('whoami')).status, 200);
    at(week + minute);
    assert.equal((await session.ask('whoami')).status, 401);
    assert.equal((await refresh(session.granted.refresh_token)).json.error, 'invalid_grant');
    await connected();
  } finally {
    await world.end();
    world = usual;
    Object.assign(provider, { gateway: world.gateway, ahead: 0 });
  }
});

describe('in a real browser', () => {
  test('the pages are in order, and lead there and back', { timeout: 60_000 }, async () => {
    const decide = async (page, link, decision) => {
      await page.goto(link);
      await Promise.all([page.waitForNavigation(), page.click(`button[name=decision][value=${decision}]`)]);
    };
    await withChromium(async (page) => {
      const session = await Session.open(await tokens());
      const link = await linkOf(session);
      await page.goto(link);
      await review(page, 'connect');
      await world.google.set({ auto_login: 'bob@acme.example' });
      await decide(page, link, 'approve');
      assert.equal(await page.textContent('h1'), 'This is another Google account');
      await review(page, 'connect-other-account');
      await world.google.set({ auto_login: alice });
      await decide(page, link, 'deny');
      assert.equal(await page.textContent('h1'), 'Nothing was connected');
      await review(page, 'connect-declined');
      await decide(page, link, 'approve');
      assert.equal(await page.textContent('h1'), 'Connected');
      await review(page, 'connected');
      assert.ok(rowsOf(await session.search()).length > 0);
    });
  });
});

describe('an assertion is refused', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const table = [
    ['for somebody else', () => provider.assertion({ aud: 'https://other.example' })],
    ['for somebody else besides', () => provider.assertion({ aud: [world.gateway.url, 'https://other.example'] })],
    ['of another type', () => provider.assertion({}, { header: { typ: 'JWT' } })],
    ['without a type', () => provider.assertion({}, { header: { typ: undefined } })],
    ['that has expired', () => provider.assertion({ iat: now() - 600, exp: now() - 300 })],
    ['that is good for a day', () => provider.assertion({ exp: now() + 86_400 })],
    ['of an issuer that nobody named', () => provider.assertion({ iss: 'https://idp.example' })],
    ['for another client', () => provider.assertion({ client_id: 'acme-other' })],
    ['without an address', () => provider.assertion({ email: undefined })],
    ['whose address is not verified', () => provider.assertion({ email_verified: false })],
    ['signed by somebody else', () => provider.assertion({}, { key: stranger })],
    ['without a signature', () => `${provider.assertion({}, { header: { alg: 'none' } }).split('.').slice(0, 2).join('.')}.`],
    ['without an id', () => provider.assertion({ jti: undefined })],
    ['without a person', () => provider.assertion({ sub: undefined })],
    ['for another resource', () => provider.assertion({ resource: 'https://other.example/mcp' })],
    ['that is no JWT', () => 'none'],
  ];
  for (const [what, make] of table) {
    test(what, limit, async () => {
      const grants = await grantCount();
      const { status, json } = await present(make());
      assert.deepEqual([status, json.error], [400, 'invalid_grant']);
      assert.match(json.error_description, /operator's log/, 'what is wrong is for the operator');
      assert.equal(await grantCount(), grants);
    });
  }

  test('that was used, also after a kill -9', limit, async () => {
    const assertion = provider.assertion();
    assert.equal((await present(assertion)).status, 200);
    assert.equal((await present(assertion)).json.error, 'invalid_grant');
    await world.gateway.restart();
    assert.equal((await present(assertion)).json.error, 'invalid_grant');
  });

  test('by clients that do not prove themselves', limit, async () => {
    const assertion = provider.assertion();
    assert.deepEqual([(await present(assertion, { password: 'wrong' })).status, (await present(assertion, { password: '' })).status], [401, 401]);
    const anybody = new RawClient({ gateway: world.gateway });
    await anybody.register();
    const form = new URLSearchParams({ grant_type: grantType, client_id: anybody.id, assertion: provider.assertion({ client_id: anybody.id }) });
    assert.equal((await anybody.send('/token', form)).json.error, 'unauthorized_client');
    assert.equal((await present(assertion)).status, 200, 'nobody used it up');
  });

  test('and the log says why, but shows neither the assertion nor the address', limit, () => {
    for (const words of ['aud is not', 'typ of its header', 'it has expired', 'iss is not among', 'client_id is not the client', 'email is missing', 'email_verified', 'not signed by a key of iss', 'was used before']) {
      assert.ok(world.gateway.log.includes(words), words);
    }
    assert.doesNotMatch(world.gateway.log, /eyJ|alice@acme/);
    assert.ok(!bytesOf(world.gateway.database).includes(alice), 'nor does the database');
  });
});

describe('scopes', () => {
  test('are those of the assertion, never more than asked for', limit, async () => {
    const both = await tokens({ scope: 'workspace.read workspace.write' });
    assert.equal(both.scope, 'workspace.read workspace.write');
    assert.equal((await tokens({ scope: 'workspace.read' }, { form: { scope: 'workspace.read workspace.write' } })).scope, 'workspace.read');
    assert.equal((await present(provider.assertion({ scope: 'workspace.read workspace.write' }), { form: { scope: 'workspace.read' } })).json.error, 'invalid_scope');
    assert.equal((await tokens({ scope: undefined })).scope, 'workspace.read');
  });

  test('that the provider left out are its to give: no link helps', limit, async () => {
    const session = await connected();
    const mail = { to: ['bob@acme.example'], subject: 'Withheld', body: 'Not sent.' };
    const challenged = await session.ask('gmail_send', mail);
    assert.equal(challenged.status, 403, challenged.text);
    assert.match(challenged.headers.get('www-authenticate'), /scope="workspace\.write"/);
    session.granted = (await refresh(session.granted.refresh_token)).json;
    const result = await session.call('gmail_send', mail);
    const { code, message, consent_url: link } = errorOf(result);
    assert.equal(code, 'scope_missing');
    assert.match(message, /identity provider did not give/);
    assert.equal(link, undefined);
  });

  // In the mode that has a permission of its own for each at Google.
  test('that Google does not serve can be allowed later, by the person', { timeout: 60_000 }, async () => {
    await world.gateway.restart({ env: { GATEHOUSE_MODE: 'draft' } });
    await world.google.set({ auto_login: alice, untick: ['https://www.googleapis.com/auth/gmail.compose'] });
    await world.google.revoke(alice);
    const session = await connected({ scope: 'workspace.read workspace.write' });
    const mail = { to: ['bob@acme.example'], subject: 'Later', body: 'Written at last.' };
    const { consent_url: link } = errorOf(await session.call('gmail_draft', mail));
    await world.google.set({ untick: [] });
    assert.equal((await follow(link)).end.status, 200);
    const written = await session.call('gmail_draft', mail);
    assert.ok(!written.isError, textOf(written));
  });

  test('never go beyond the mode', { timeout: 60_000 }, async () => {
    await world.gateway.restart({ env: { GATEHOUSE_MODE: 'readonly' } });
    const refused = await present(provider.assertion({ scope: 'workspace.read workspace.write' }));
    assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_scope']);
    assert.equal((await tokens()).scope, 'workspace.read');
    await world.gateway.restart({ env: { GATEHOUSE_MODE: 'full' } });
  });
});

describe('a client of today', () => {
  test('client 2.4 with its cross-app access: exchange, tokens, a link, mail', { timeout: 60_000 }, async () => {
    await world.google.set({ auto_login: alice, untick: [] });
    const auth = new CrossAppAccessProvider({
      assertion: async ({ authorizationServerUrl, resourceUrl, scope, fetchFn }) => (await discoverAndRequestJwtAuthGrant({
        idpUrl: provider.url, audience: authorizationServerUrl.toString().replace(/\/$/, ''), resource: resourceUrl.toString(), idToken: 'of no matter', clientId: 'idp-client', clientSecret: 'idp-secret', scope, fetchFn,
      })).jwtAuthGrant,
      clientId: 'acme-assistant', clientSecret: secret, expectedIssuer: world.gateway.url,
    });
    const client = new Client({ name: 'cross-app', version: '1.0.0' }, { capabilities: {}, versionNegotiation: { mode: 'auto' } });
    await client.connect(new StreamableHTTPClientTransport(new URL(world.gateway.mcpUrl), { authProvider: auth }));
    try {
      assert.equal(provider.exchange.requested_token_type, 'urn:ietf:params:oauth:token-type:id-jag');
      assert.ok((await client.listTools()).tools.some(({ name }) => name === 'gmail_search'));
      const search = () => client.callTool({ name: 'gmail_search', arguments: { query: 'quicksilver' } });
      const { consent_url: link } = errorOf(await search());
      assert.equal((await follow(link)).end.status, 200);
      assert.ok(rowsOf(await search()).length > 0);
    } finally {
      await client.close();
    }
  });
});

describe('the provider', () => {
  test('is asked for its keys once, not for every assertion', limit, async () => {
    await tokens();
    const asked = provider.asked.length;
    for (let i = 0; i < 3; i += 1) await tokens();
    assert.equal(provider.asked.length, asked);
  });

  test('that is away makes nobody’s assertion bad: 503, and the same assertion works when it is back', { timeout: 60_000 }, async () => {
    await provider.stop();
    await world.gateway.restart();
    const assertion = provider.assertion();
    const away = await present(assertion);
    assert.deepEqual([away.status, away.json.error], [503, 'temporarily_unavailable']);
    const failing = await doctor();
    assert.equal(failing.code, 1, failing.output);
    assert.match(failing.output, /FAIL\s+issuer.*cannot vouch for anybody/);
    await provider.start(world.gateway);
    assert.equal((await present(assertion)).status, 200);
    const well = await doctor();
    assert.match(well.output, /ok\s+issuer\s+http:\/\/127\.0\.0\.1:\d+ publishes 1 keys/);
  });
});
