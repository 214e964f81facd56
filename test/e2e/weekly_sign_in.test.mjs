// SPDX-License-Identifier: Apache-2.0
//
// Seven days after a sign-in: every transport says so in its own way, open streams end, and each client comes back by its old registration
// and one trip of the browser, on which Google is told which account it is. Once by a clock that is moved, once by a short session.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { seenBy } from './lib/answers.mjs';
import { FormBrowser } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { SdkV1Client, SdkV1SseClient, SdkV2Client, SdkV2SseClient } from './lib/clients.mjs';
import { follow as openStream, request } from './lib/exchange.mjs';
import { openSse } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { ask, bearer, jsonHeaders, legacyRevisions, modernRevision, openSession } from './lib/revisions.mjs';
import { World } from './lib/world.mjs';

const [minute, day] = [60, 86_400];
const streamsEndWithin = minute;
const alice = 'alice@acme.example';
const aliceAtGoogle = '100000000000000000011'; // test/emulator/README.md
const limit = { timeout: 120_000 };

const kinds = [
  ['SDK 1.32 over HTTP', (more) => new SdkV1Client(more)], ['SDK 1.32 over HTTP+SSE', (more) => new SdkV1SseClient(more)],
  ['client 2.4 of its own choice', (more) => new SdkV2Client(more)], ['client 2.4 over HTTP with sessions', (more) => new SdkV2Client({ ...more, mode: 'legacy' })],
  ['client 2.4 over HTTP+SSE', (more) => new SdkV2SseClient(more)],
];

// A client whose person has a browser of their own, and counts how often it is sent there.
async function connected(world, name, make) {
  const client = make({ gateway: world.gateway, name, signIn: (url) => { client.trips += 1; return client.browser.consent(url); } });
  Object.assign(client, { trips: 0, browser: new FormBrowser() });
  world.atEnd(() => client.close());
  await client.connect();
  assert.ok(seenBy(await client.call('whoami')).includes(alice));
  return client;
}

// By plain HTTP: a sign-in, a session of every revision that has them, and streams of every kind.
async function opened(world) {
  const client = await new RawClient({ gateway: world.gateway }).signIn();
  const token = client.tokens.access_token;
  const sessions = new Map();
  for (const revision of legacyRevisions) sessions.set(revision, await openSession(world.gateway, token, revision));
  const sse = await openSse(world.gateway, token);
  return { client, token, sessions, sse };
}

const _meta = { 'io.modelcontextprotocol/protocolVersion': modernRevision, 'io.modelcontextprotocol/clientCapabilities': {} };
const listen = (token) => ({
  method: 'POST', path: '/mcp', headers: { ...jsonHeaders, ...bearer(token), 'mcp-protocol-version': modernRevision, 'mcp-method': 'subscriptions/listen' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 'l', method: 'subscriptions/listen', params: { notifications: {}, _meta } }),
});
const follow = (token, session) => ({ path: '/mcp', headers: { ...bearer(token), 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' } });

// The same requests that worked before; {what: answer}.
async function everywhere(world, { token, sessions, sse }) {
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const send = (path, more = {}) => request(world.gateway, { path, ...more, headers: { ...jsonHeaders, ...bearer(token), ...more.headers } });
  const session = sessions.get('2025-11-25');
  const answers = { [`tools/list of ${modernRevision}`]: await ask(world.gateway, token, modernRevision, { method: 'tools/list' }) };
  for (const [revision, id] of sessions) answers[`tools/list of ${revision}`] = await ask(world.gateway, token, revision, { method: 'tools/list', session: id });
  answers['a new session'] = await send('/mcp', { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'late', version: '1' } } }) });
  answers['GET /mcp'] = await send('/mcp', { headers: { accept: 'text/event-stream', 'mcp-session-id': session } });
  answers['DELETE /mcp'] = await send('/mcp', { method: 'DELETE', headers: { 'mcp-session-id': session } });
  answers['subscriptions/listen'] = await request(world.gateway, listen(token));
  answers['GET /sse'] = await send('/sse', { headers: { accept: 'text/event-stream' } });
  answers['POST /messages'] = await send(sse.target, { method: 'POST', body: message });
  return answers;
}

// 401 that says what is wrong and where to begin anew, at a place that is there.
async function assertChallenge(world, what, answer) {
  assert.equal(answer.status, 401, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
  const challenge = answer.headers['www-authenticate'];
  assert.match(challenge, /^Bearer error="invalid_token", /, what);
  assert.match(challenge, /scope="[a-z. ]+"/, what);
  const place = /resource_metadata="([^"]+)"/.exec(challenge)?.[1];
  const metadata = await (await fetch(place)).json();
  assert.equal(metadata.resource, world.gateway.url + (/\/sse|\/messages/.test(what) ? '/sse' : '/mcp'), what);
  assert.deepEqual(metadata.authorization_servers, [world.gateway.url], what);
}

async function assertNoRenewal({ client }) {
  for (let tries = 0; tries < 2; tries += 1) {
    const answer = await client.refresh();
    assert.deepEqual([answer.status, answer.json?.error], [400, 'invalid_grant'], answer.text);
  }
}

const registrations = (world) => world.gateway.log.split('\n').filter((line) => line.includes('client registered')).length;
const atGoogle = async (world) => (await world.google.asked(/\/auth(orize)?$/)).filter(({ method }) => method === 'GET').map(({ query }) => query);

// Its next call sends it to the browser, once; then it works, by the registration it had.
async function comesBack(world, client) {
  const { client_id: before } = client.provider.registered;
  const registered = registrations(world);
  await assert.rejects(client.call('whoami'), (error) => client.isUnauthorized(error) || assert.fail(`${error.stack}`), `${client.name} is told to sign in`);
  assert.equal(client.provider.granted, undefined, 'its tokens are forgotten');
  assert.equal(client.provider.registered.client_id, before, 'its registration is not');
  await client.connect();
  assert.ok(seenBy(await client.call('whoami')).includes(alice));
  assert.equal(client.trips, 2, 'one trip of the browser for each week');
  assert.equal(client.provider.registered.client_id, before);
  assert.equal(registrations(world), registered, 'and nobody has registered anew');
}

describe('seven days later, by the clock', () => {
  let world;
  let raw;
  const clients = new Map();
  before(async () => {
    world = await World.start({ wallClock: true });
    await world.google.set({ auto_login: alice });
    raw = await opened(world);
    for (const [name, make] of kinds) clients.set(name, await connected(world, name, make));
    assert.equal((await ask(world.gateway, raw.token, modernRevision, { method: 'tools/list' })).status, 200);
    for (const [revision, session] of raw.sessions) assert.equal((await ask(world.gateway, raw.token, revision, { method: 'tools/list', session })).status, 200, revision);
  }, limit);
  after(() => world?.end());

  test('two minutes before the end everything renews and works', limit, async () => {
    world.time.shift(7 * day - 2 * minute);
    const answer = await raw.client.refresh();
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.json.expires_in <= 2 * minute, `for no longer than the session: ${answer.json.expires_in} s`);
    raw.client.tokens = answer.json;
    raw.token = answer.json.access_token;
    for (const client of clients.values()) assert.ok(seenBy(await client.call('whoami')).includes(alice), client.name);
    // In one of the browsers the person has looked at their account meanwhile; the others have nothing but what the sign-in left.
    await clients.get(kinds[0][0]).browser.visit(`${world.gateway.url}/login`);
  });

  test('access is 401 with the challenge on every transport, renewal is invalid_grant', limit, async () => {
    world.time.shift(7 * day + 5);
    for (const [what, answer] of Object.entries(await everywhere(world, raw))) await assertChallenge(world, what, answer);
    await assertNoRenewal(raw);
  });

  for (const [name] of kinds) {
    test(`${name} comes back by its old registration and one trip of the browser, and Google is told the account`, limit, async () => {
      world.time.shift(7 * day + 5);
      // This Google knows nobody but by the hint.
      await world.google.set({ auto_login: 'login_hint' });
      const asked = (await atGoogle(world)).length;
      try {
        await comesBack(world, clients.get(name));
      } finally {
        await world.google.set({ auto_login: alice });
      }
      const trips = (await atGoogle(world)).slice(asked);
      assert.ok(trips.length > 0);
      for (const query of trips) assert.equal(query.login_hint, aliceAtGoogle, 'whenever Google is asked');
    });
  }

  test('in a browser that nobody used yet the account is known on the second trip to Google at least', limit, async () => {
    const asked = (await atGoogle(world)).length;
    await new RawClient({ gateway: world.gateway }).signIn();
    const trips = (await atGoogle(world)).slice(asked);
    assert.deepEqual(trips.map(({ prompt, login_hint: hint }) => [prompt, hint]), [[undefined, undefined], ['consent', aliceAtGoogle]], 'the second is for a refresh token');
  });

  test('whoever wants another account gets to choose, and becomes the one that is known', limit, async () => {
    const raw = new RawClient({ gateway: world.gateway });
    await raw.register();
    const browser = new FormBrowser();
    await browser.consent(raw.begin());
    const hints = async (decision) => {
      const asked = (await atGoogle(world)).length;
      await browser.consent(raw.begin(), decision);
      return (await atGoogle(world)).slice(asked).map(({ prompt, login_hint: hint }) => [prompt, hint]);
    };
    await world.google.set({ auto_login: 'bob@acme.example' });
    try {
      assert.deepEqual((await hints('another'))[0], ['select_account', undefined]);
      const [[prompt, hint]] = await hints('approve');
      assert.equal(prompt, undefined);
      assert.match(hint, /^\d+$/);
      assert.notEqual(hint, aliceAtGoogle, 'who came last');
    } finally {
      await world.google.set({ auto_login: alice });
    }
  });

  test('a cookie that is none of ours is passed over without a word', limit, async () => {
    const raw = new RawClient({ gateway: world.gateway });
    await raw.register();
    const browser = new FormBrowser();
    await browser.consent(raw.begin());
    const [name] = [...browser.cookies.keys()];
    assert.equal(name, 'gth_account');
    browser.cookies.set(name, { ...browser.cookies.get(name), value: aliceAtGoogle });
    const asked = (await atGoogle(world)).length;
    const page = await browser.consent(raw.begin());
    assert.equal(page.status, 200, page.text);
    assert.equal((await atGoogle(world)).slice(asked)[0].login_hint, undefined);
  });

  test('/account explains what ended and why; when its own session has ended, how to begin another', limit, async () => {
    const browser = clients.get(kinds[0][0]).browser;
    const explained = (await browser.visit(`${world.gateway.url}/account`)).text;
    assert.match(explained, /alice@acme\.example/, 'signed in later than the clients were');
    for (const [name] of kinds) assert.ok(explained.includes(name), `${name} is listed`);
    assert.match(explained, /Ended after (7|seven) days/, 'and what became of its first session');
    assert.match(explained, /Why you sign in again/);
    world.time.shift(14 * day + minute);
    const page = await browser.visit(`${world.gateway.url}/account`);
    assert.equal(page.status, 200);
    assert.doesNotMatch(page.text, /alice@acme\.example/);
    assert.match(page.text, /href="\/login"/);
    await browser.visit(`${world.gateway.url}/login`);
    assert.match((await browser.visit(`${world.gateway.url}/account`)).text, /alice@acme\.example/, 'one click later');
  });
});

describe('a short session', () => {
  const seconds = 10;
  let world;
  before(async () => {
    world = await World.start({ env: { GATEHOUSE_SESSION_TTL: `${seconds}s` } });
    await world.google.set({ auto_login: alice });
  }, limit);
  after(() => world?.end());

  test('every open stream ends within a minute of it, and opens no more', limit, async () => {
    const raw = await opened(world);
    const end = Date.now() + seconds * 1000;
    const streams = new Map([['subscriptions/listen', await openStream(world.gateway, listen(raw.token))]]);
    for (const revision of legacyRevisions.slice(1)) streams.set(`GET /mcp of ${revision}`, await openStream(world.gateway, follow(raw.token, raw.sessions.get(revision))));
    streams.set('GET /sse', await openStream(world.gateway, { path: '/sse', headers: bearer(raw.token) }));
    for (const [what, { status }] of streams) assert.equal(status, 200, what);
    for (const [what, stream] of streams) await until(`${what} ends`, () => !stream.open, seconds + streamsEndWithin);
    await sleep(Math.max(0, end - Date.now()));
    for (const [what, answer] of Object.entries(await everywhere(world, raw))) await assertChallenge(world, what, answer);
    await assertNoRenewal(raw);
  });

  test('every client comes back although its streams were open', limit, async () => {
    const clients = await Promise.all(kinds.map(([name, make]) => connected(world, name, make)));
    await sleep((seconds + 1) * 1000);
    const registered = registrations(world);
    await Promise.all(clients.map((client) => comesBack(world, client)));
    assert.equal(registrations(world), registered);
  });

  test('what became of it stands in the log, without a token', () => {
    assert.match(world.gateway.log, /token refused/);
    assert.doesNotMatch(world.gateway.log, /gth_[arc]_[A-Za-z0-9_-]{20}/);
  });
});
