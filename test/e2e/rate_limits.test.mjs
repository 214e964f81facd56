// SPDX-License-Identifier: Apache-2.0
//
// What costs something is limited: by address, by user, with 429 and Retry-After, and whoever is not meant does not notice. What is refused
// leaves an event, and never so many that the disk fills.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './lib/child.mjs';
import { follow as openStream, request } from './lib/exchange.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { ask, bearer, inSession, jsonHeaders, modernRevision, openSession } from './lib/revisions.mjs';
import { World } from './lib/world.mjs';

const whoami = { method: 'tools/call', params: { name: 'whoami', arguments: {} } };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const agent = new http.Agent({ keepAlive: true, maxSockets: 24 });

let world;
let gateway;
let alice;
let addresses = 0;

const freshAddress = () => `203.0.113.${(addresses += 1)}`;
const from = (address) => ({ 'x-forwarded-for': address });
const send = (what, address, headers = {}) => request(gateway, { agent, patience: 30_000, ...what, headers: { ...what.headers, ...from(address), ...headers } });

// The first 429 of at most `most` requests, and how many were let through before it.
async function flood(what, address, most) {
  let [sent, passed, refused] = [0, 0, undefined];
  await Promise.all(Array.from({ length: 24 }, async () => {
    while (!refused && sent < most) {
      sent += 1;
      const answer = await send(what, address);
      if (answer.status === 429) refused ??= answer;
      else passed += 1;
    }
  }));
  return { refused, passed };
}

const retryAfter = (answer) => {
  assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/, `${answer.status} ${answer.text.slice(0, 200)}`);
  return Number(answer.headers['retry-after']);
};

const lines = (event) => gateway.log.split('\n').filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));

before(async () => {
  world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1', GATEHOUSE_LOG: 'info' } });
  gateway = world.gateway;
  await world.google.set({ auto_login: 'alice@acme.example' });
  alice = (await new RawClient({ gateway }).signIn()).tokens.access_token;
}, { timeout: 60_000 });
after(() => {
  agent.destroy();
  return world?.end();
});

const page = (answer) => {
  assert.match(answer.headers['content-type'], /^text\/html/);
  assert.match(answer.text, /Too many requests from your network/);
  assert.match(answer.headers['content-security-policy'], /default-src 'none'/);
};
const oauthError = (answer) => {
  assert.equal(answer.json?.error, 'temporarily_unavailable', answer.text);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers['access-control-allow-origin'], '*');
};
const empty = (answer) => assert.equal(answer.text, '');

const kinds = [
  ['pages', 6000, page, [
    { path: '/authorize?client_id=unknown', headers: { accept: 'text/html' } }, { path: '/login', headers: { accept: 'text/html' } }, { path: '/account', headers: { accept: 'text/html' } },
    { path: '/oauth/google/callback?state=x', headers: { accept: 'text/html' } }, { method: 'POST', path: '/consent', headers: form, body: 'decision=approve' }, { method: 'POST', path: '/logout', headers: form, body: '' },
  ]],
  ['what clients ask', 6000, oauthError, [
    { method: 'POST', path: '/token', headers: form, body: 'grant_type=refresh_token&refresh_token=x&client_id=x' }, { method: 'POST', path: '/revoke', headers: form, body: 'token=x&client_id=x' },
    { method: 'POST', path: '/register', headers: jsonHeaders, body: '{}' },
  ]],
  ['security events', 600, empty, [{ method: 'POST', path: '/oauth/google/events', headers: { 'content-type': 'application/secevent+jwt' }, body: 'x' }]],
];

describe('one address', () => {
  for (const [kind, least, isOfItsForm, requests] of kinds) {
    test(`${kind}: 429 with Retry-After, and others do not notice`, { timeout: 60_000 }, async () => {
      const address = freshAddress();
      const { refused, passed } = await flood(requests[0], address, 3 * least);
      assert.ok(refused, `${passed} requests, and no end`);
      assert.ok(passed >= least, `refused after ${passed}`);
      await flood(requests[0], address, 40); // whatever came back while we looked
      for (const what of requests) {
        const answer = (await flood(what, address, 400)).refused;
        retryAfter(answer);
        isOfItsForm(answer);
        assert.notEqual((await send(what, freshAddress())).status, 429, `${what.path} from elsewhere`);
      }
      assert.ok((await flood(requests[0], `6.6.6.6, ${address}`, 400)).refused, 'what the caller puts before it does not help');
      for (const free of ['/', '/healthz', '/style.css', '/.well-known/oauth-authorization-server']) assert.equal((await send({ path: free }, address)).status, 200, free);
      await sleep(1000 * retryAfter((await flood(requests[0], address, 400)).refused) + 50);
      assert.notEqual((await send(requests[0], address)).status, 429, 'who waited is let in');
      await until('the log tells of it (I14)', () => lines('request refused').some(({ status, reason }) => status === 429 && reason === 'too many requests'), 5);
    });
  }

  test('a network of IPv6 is one address', { timeout: 60_000 }, async () => {
    const what = kinds[2][3][0];
    let n = 0;
    let refused;
    while (!refused && n < 2400) {
      const answers = await Promise.all(Array.from({ length: 24 }, () => send(what, `2001:db8:7:7::${(n += 1).toString(16)}`)));
      refused = answers.find(({ status }) => status === 429);
    }
    assert.ok(refused, 'a /64 is limited as a whole');
    assert.notEqual((await send(what, '2001:db8:7:8::1')).status, 429);
  });

  test('programs that probe the consent page are told in JSON', { timeout: 60_000 }, async () => {
    const probe = { path: '/authorize?client_id=unknown', headers: { accept: 'application/json' } };
    oauthErrorWithoutCors((await flood(probe, freshAddress(), 24_000)).refused);
  });

  test('refused tokens: 429, while good ones and none at all are answered as ever', { timeout: 60_000 }, async () => {
    const address = freshAddress();
    for (const path of ['/mcp', '/sse', '/messages']) {
      const bad = { method: 'POST', path, headers: { ...jsonHeaders, ...bearer('gth_a_no-such-token') }, body: '{}' };
      const { refused, passed } = await flood(bad, address, 2400);
      assert.ok(refused, `${passed} refused tokens at ${path}, and no end`);
      retryAfter(refused);
      assert.match(refused.json.error.message, /^Too many refused tokens from this address\. Nothing was done\. Try again in \d+ s\.$/);
      assert.equal((await send({ ...bad, headers: jsonHeaders }, address)).status, 401, 'how every client begins');
      const elsewhere = await send(bad, freshAddress());
      assert.equal(elsewhere.status, 401);
      assert.match(elsewhere.headers['www-authenticate'], /error="invalid_token"/);
      const good = await ask(gateway, alice, modernRevision, { ...whoami, headers: from(address) });
      assert.equal(good.status, 200, 'whoever shares the address goes on');
    }
    await until('the log tells of it (I14)', () => lines('request refused').some(({ status, reason }) => status === 429 && reason === 'too many refused tokens'), 5);
  });
});

const oauthErrorWithoutCors = (answer) => {
  retryAfter(answer);
  assert.equal(answer.json?.error, 'temporarily_unavailable', answer.text);
};

test('too many streams of one client: each kind says when to try again', { timeout: 60_000 }, async () => {
  const _meta = { 'io.modelcontextprotocol/protocolVersion': modernRevision, 'io.modelcontextprotocol/clientCapabilities': {} };
  const listen = { method: 'POST', path: '/mcp', headers: { ...jsonHeaders, 'mcp-protocol-version': modernRevision, 'mcp-method': 'subscriptions/listen' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params: { notifications: {}, _meta } }) };
  const session = await openSession(gateway, alice, '2025-11-25');
  const ways = [{ path: '/sse', headers: {} }, { path: '/mcp', headers: inSession(session, '2025-11-25') }, listen];
  const open = (way) => openStream(gateway, { ...way, headers: { ...way.headers, ...bearer(alice) } });
  const streams = [];
  for (let i = 0; i < 32; i += 1) streams.push(await open(ways[0]));
  assert.ok(streams.every(({ status }) => status === 200));
  for (const way of ways) {
    const refused = await open(way);
    assert.equal(refused.status, 429, way.path);
    assert.match(refused.headers['retry-after'] ?? '', /^[1-9]\d*$/, way.path);
  }
  for (const stream of streams) stream.cut();
});

describe('what is turned away at the door', () => {
  test('leaves an event: foreign Host, foreign Origin, no such path, wrong method', { timeout: 30_000 }, async () => {
    const address = freshAddress();
    const told = (status, reason) => lines('request refused').filter((line) => line.status === status && line.reason === reason).length;
    for (const [status, reason, what] of [
      [421, 'another host', { path: '/', headers: { host: 'evil.example' } }], [403, 'another origin', { path: '/mcp', method: 'POST', headers: { origin: 'https://evil.example' } }],
      [404, 'no such path', { path: '/wp-login.php?password=geheim' }], [405, 'method', { path: '/token' }]]) {
      const earlier = told(status, reason);
      assert.equal((await send(what, address)).status, status);
      await until(`the log tells of ${status}`, () => told(status, reason) === earlier + 1, 5);
    }
    assert.doesNotMatch(gateway.log, /wp-login|geheim|evil\.example/);
  });

  test('is no way to fill the disk', { timeout: 60_000 }, async () => {
    const address = freshAddress();
    const earlier = lines('request refused').length;
    const from = Date.now();
    await flood({ path: '/wp-login.php' }, address, 5000);
    const took = (Date.now() - from) / 1000;
    await sleep(300);
    const more = lines('request refused').length - earlier;
    assert.ok(more >= 30 && more <= 32 + Math.ceil(took), `${more} lines of 5,000 refusals in ${took} s`);
    await send({ path: '/wp-login.php' }, freshAddress());
    await until('the next line says how many were left out', () => lines('request refused').some(({ count }) => count > 1000), 5);
  });
});
