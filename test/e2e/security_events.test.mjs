// SPDX-License-Identifier: Apache-2.0
//
// Google's signed security events end the sessions they concern, and only those, whoever sends what else.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Audit } from './lib/audit.mjs';
import { FormBrowser } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { follow as openStream, request } from './lib/exchange.mjs';
import { openSse, postMessage } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { ask, bearer, inSession, legacyRevisions, modernRevision, openSession } from './lib/revisions.mjs';
import { World } from './lib/world.mjs';

const whoami = { method: 'tools/call', params: { name: 'whoami', arguments: {} } };
const path = '/oauth/google/events';
const seconds = () => Math.floor(Date.now() / 1000);
const audit = new Audit();

let world;
let gateway;
let receiver;

// A person with a client on each transport, a stream open on each, and a browser of their own.
class Someone {
  constructor(name) {
    this.email = `${name}@acme.example`;
  }

  async signIn() {
    await world.google.set({ auto_login: this.email });
    this.client = await new RawClient({ gateway, name: `${this.email}'s client` }).signIn();
    for (const kind of ['access_token', 'refresh_token']) audit.note(kind, this.client.tokens[kind]);
    this.browser = new FormBrowser();
    await this.browser.visit(`${gateway.url}/login`);
    const revision = legacyRevisions.at(-1);
    const session = await openSession(gateway, this.token, revision);
    this.stream = await openStream(gateway, { path: '/mcp', headers: { ...bearer(this.token), ...inSession(session, revision) } });
    assert.equal(this.stream.status, 200);
    this.sse = await openSse(gateway, this.token);
    assert.equal(this.sse.status, 200);
    this.sse.over = false;
    this.sse.ended.then(() => { this.sse.over = true; });
    await this.assertIsServed();
    return this;
  }

  get token() {
    return this.client.tokens.access_token;
  }

  get streamsOpen() {
    return [this.stream.open, !this.sse.over];
  }

  call = () => ask(gateway, this.token, modernRevision, whoami);
  account = async () => (await this.browser.visit(`${gateway.url}/account`)).text;

  async assertIsServed() {
    const answer = await this.call();
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.text.includes(this.email), answer.text.slice(0, 300));
    assert.equal((await postMessage(gateway, this.token, this.sse.target, { jsonrpc: '2.0', id: 1, method: 'ping' })).status, 202);
    assert.deepEqual(this.streamsOpen, [true, true]);
    assert.ok((await this.account()).includes(this.email));
  }

  async assertIsOut() {
    await until('both streams end', () => this.streamsOpen.every((open) => !open), 5);
    assert.equal((await this.call()).status, 401);
    assert.equal((await openSse(gateway, this.token)).status, 401);
    assert.equal((await postMessage(gateway, this.token, this.sse.target, { jsonrpc: '2.0', id: 1, method: 'ping' })).status, 401);
    assert.equal((await this.client.refresh()).json?.error, 'invalid_grant');
    assert.match(await this.account(), /not signed in/);
  }
}

async function push(event) {
  const pushed = await world.google.push({ url: receiver, ...event });
  audit.note('an event', pushed.token.split('.')[2]);
  return pushed;
}

async function takes(event) {
  const pushed = await push(event);
  assert.equal(pushed.status, 202, `${pushed.status} ${pushed.body}`);
  assert.equal(pushed.body, '');
  return pushed;
}

// Events have whole seconds: what is signed in after this lies after those of before.
const nextSecond = () => sleep(1000 - (Date.now() % 1000) + 20);

before(async () => {
  world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
  gateway = world.gateway;
  receiver = gateway.url + path;
}, { timeout: 60_000 });
after(() => world?.end());

describe('an event ends the sessions of the one it concerns', () => {
  let bob;
  before(async () => { bob = await new Someone('bob').signIn(); }, { timeout: 30_000 });

  const kinds = [['sessions-revoked'], ['tokens-revoked'], ['account-disabled', { reason: 'hijacking' }], ['account-purged'], ['account-credential-change-required']];
  for (const [type, more = {}] of kinds) {
    test(type, { timeout: 30_000 }, async () => {
      const alice = await new Someone('alice').signIn();
      await takes({ type, email: alice.email, more });
      audit.expect('sessions ended by a security event', { reason: type, user: /^.{12}$/, ...(more.reason ? { detail: more.reason } : {}) });
      await alice.assertIsOut();
      await bob.assertIsServed();
      await nextSecond();
    });
  }

  test('and so it stays when the gateway is killed', { timeout: 30_000 }, async () => {
    const alice = await new Someone('alice').signIn();
    await takes({ email: alice.email });
    await alice.assertIsOut();
    await gateway.restart({ signal: 'SIGKILL' });
    assert.equal((await alice.call()).status, 401);
    assert.equal((await bob.call()).status, 200);
    bob = await bob.signIn();
  });

  test('what only is news changes nothing', { timeout: 30_000 }, async () => {
    await nextSecond();
    const alice = await new Someone('alice').signIn();
    for (const type of ['account-enabled', 'token-revoked']) await takes({ type, email: alice.email });
    const hashed = { subject: { subject_type: 'oauth_token', token_type: 'refresh_token', token_identifier_alg: 'hash_base64_sha512_sha512', token: 'aGFzaA==' } };
    await takes({ type: 'token-revoked', more: hashed });
    await takes({ type: 'verification', more: { state: 'asked for by the test' } });
    audit.expect('security event noted', { reason: 'verification', detail: 'asked for by the test' });
    audit.expect('security event noted', { reason: 'token-revoked' });
    await alice.assertIsServed();
    await bob.assertIsServed();
  });
});

describe('no later session ends', () => {
  test('by an event that is replayed, or comes late', { timeout: 60_000 }, async () => {
    const earlier = await new Someone('alice').signIn();
    const late = (await world.google.push({ email: earlier.email, type: 'account-disabled' })).token; // made, not sent
    const { token } = await takes({ email: earlier.email });
    await earlier.assertIsOut();
    await nextSecond();
    const later = await new Someone('alice').signIn();
    for (const event of [{ token }, { token: late }, { token }, { email: later.email, claims: { iat: seconds() - 90 } }, { email: later.email, claims: { toe: seconds() - 90 } }, { email: later.email, claims: { iat: seconds() - 90_000_000 } }]) await takes(event);
    audit.expect('security event known already', { reason: 'sessions-revoked' });
    await later.assertIsServed();
    assert.equal((await earlier.call()).status, 401, 'nor does the earlier one come back');
    await takes({ email: later.email, claims: { toe: seconds() } });
    await later.assertIsOut();
  });

  test('by an event of the future', { timeout: 30_000 }, async () => {
    await nextSecond();
    const alice = await new Someone('alice').signIn();
    const pushed = await push({ email: alice.email, claims: { iat: seconds() + 3600 } });
    assert.deepEqual([pushed.status, JSON.parse(pushed.body).err], [400, 'invalid_request']);
    await alice.assertIsServed();
  });
});

describe('only Google is believed', () => {
  let alice;
  before(async () => {
    await nextSecond();
    alice = await new Someone('alice').signIn();
  }, { timeout: 30_000 });

  test('a new key of Google is believed at once, and another one soon after a little later', { timeout: 30_000 }, async () => {
    await takes({ type: 'verification' });
    await world.google.rotateKeys();
    await takes({ type: 'verification' });
    await world.google.rotateKeys();
    const early = await push({ type: 'verification' });
    assert.equal(early.status, 503, 'keys are fetched once a minute at most, and no event is lost over it');
    assert.match(early.headers['retry-after'], /^[1-9]\d*$/);
    audit.expect('security event refused', { reason: "the issuer's keys cannot be had" });
    await alice.assertIsServed();
    await gateway.restart({ signal: 'SIGTERM' });
  });

  const forged = [
    ['under a key nobody published', { sign: 'unknown_kid' }, 'invalid_key', 'signed with an unknown key'],
    ['signed by somebody else', { sign: 'wrong_key' }, 'authentication_failed', 'not signed by the issuer'],
    ['without a signature', { sign: 'none' }, 'authentication_failed', 'not signed by the issuer'],
    ['with the public key as a shared secret', { sign: 'hs256' }, 'authentication_failed', 'not signed by the issuer'],
    ['with one bit turned', { sign: 'garbled' }, 'authentication_failed', 'not signed by the issuer'],
    ['for another application', { claims: { aud: 'another.apps.googleusercontent.invalid' } }, 'invalid_audience', 'another audience'],
    ['for nobody', { without: ['aud'] }, 'invalid_audience', 'another audience'],
    ['of another issuer', { claims: { iss: 'https://accounts.evil.example/' } }, 'invalid_issuer', 'another issuer'],
    ['without a time', { without: ['iat'] }, 'invalid_request', 'without a time, or of the future'],
    ['without an id', { without: ['jti'] }, 'invalid_request', 'no security event token'],
    ['without an event, as ID tokens are', { without: ['events'] }, 'invalid_request', 'no security event token'],
    ['that is no token', { token: 'account-disabled' }, 'invalid_request', 'no security event token'],
  ];
  for (const [what, spoiled, error, reason] of forged) {
    test(`an event ${what}: ${error}`, { timeout: 30_000 }, async () => {
      const pushed = await push({ email: alice.email, ...spoiled });
      assert.equal(pushed.status, 400, pushed.body);
      const told = JSON.parse(pushed.body);
      assert.deepEqual(Object.keys(told).sort(), ['description', 'err']);
      assert.equal(told.err, error);
      assert.match(pushed.headers['content-type'], /^application\/json/);
      assert.equal(pushed.headers['content-language'], 'en');
      audit.expect('security event refused', { reason, peer: '127.0.0.1' });
      assert.equal((await alice.call()).status, 200);
    });
  }

  test('an event for a subject of another issuer concerns nobody', { timeout: 30_000 }, async () => {
    await takes({ more: { subject: { subject_type: 'iss-sub', iss: 'https://accounts.evil.example/', sub: '100000000000000000011' } } });
    await takes({ more: { subject: { subject_type: 'email', email: alice.email } } });
    assert.equal((await alice.call()).status, 200);
  });

  test('what is too large, of another method or from a browser is refused', { timeout: 30_000 }, async () => {
    assert.equal((await request(gateway, { method: 'POST', path, body: 'x'.repeat(64 * 1024 + 1) })).status, 413);
    const got = await request(gateway, { path });
    assert.deepEqual([got.status, got.headers.allow], [405, 'POST']);
    assert.equal((await request(gateway, { method: 'POST', path, headers: { origin: 'https://evil.example' }, body: 'x' })).status, 403);
  });
});

describe('what is kept', () => {
  const records = async (kind) => (await world.records()).filter(({ sessionId }) => sessionId.startsWith(`${kind}#`));

  test('one small record for a person, for seven days after the event; none for what is older', { timeout: 30_000 }, async () => {
    const at = seconds() - 5 * 24 * 3600;
    const others = new Set((await records('USER')).map(({ sessionId }) => sessionId));
    await takes({ email: 'dave@other.example', claims: { iat: seconds() - 7 * 24 * 3600 - 1 } });
    assert.equal((await records('USER')).length, others.size);
    for (let i = 0; i < 3; i += 1) await takes({ email: 'dave@other.example', claims: { iat: at } });
    const made = (await records('USER')).filter(({ sessionId }) => !others.has(sessionId));
    assert.deepEqual(made.map(({ ttl }) => Number(ttl)), [at + 7 * 24 * 3600]);
  });

  test('I14: every event and every refusal has left a line', () => audit.assertTold(() => gateway.log));
  test('I8: no token and no signature can be read in the log', () => audit.assertSilent(() => gateway.log));
});
