// SPDX-License-Identifier: Apache-2.0
//
// A new version takes the place of the old one, replica by replica, behind HAProxy in the place of an ALB, while clients call and hold streams.
//
// The replicas share a table (dynalite, for its speed) and a key in the test AWS. Not SQLite: that is one file of one machine, which two
// processes cannot serve at once, so there is nothing to roll there; docs/upgrade.md says how that is upgraded.
//
// What counts as failed: any request that is not answered with what was asked for, whoever answered it, and any answer that ends without its last
// chunk or END_STREAM. Neither the clients here nor HAProxy send anything a second time, not even where HTTP would allow it (a kept connection
// closed before the first byte of an answer): every request is counted once, with its first outcome. The one exception, and why it is one, stands
// in lib/traffic.mjs.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FormBrowser } from './lib/browser.mjs';
import { freePort, until } from './lib/child.mjs';
import { SdkV1Client, SdkV2Client } from './lib/clients.mjs';
import { Haproxy } from './lib/haproxy.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';
import { Http1Road, Http2Road } from './lib/road.mjs';
import { Caller, RealCaller, Traffic } from './lib/traffic.mjs';
import { trust } from './lib/trust.mjs';

const isFull = process.env.GATEHOUSE_E2E_FULL === '1';
const callers = isFull ? 40 : 6;
const getStreamsEach = isFull ? 15 : 10;
const pauseMs = isFull ? 300 : 20; // of each client between two requests; users have a limit
const quietMs = isFull ? 20_000 : 1500; // of traffic before, between and after the steps
const old = ['a', 'b', 'c'];
const fresh = ['d', 'e', 'f'];
const misconfigured = ['x', 'y'];
const everybody = [...old, ...fresh, ...misconfigured];
const delaySeconds = 3; // HAProxy's checks notice in one; docs/upgrade.md has the rule
const stopSeconds = 60; // ECS kills then
const revisions = ['2025-11-25', '2025-06-18', '2025-03-26'];

let world;
let haproxy;
let traffic;
let directory;
const real = [];

const say = (t, text) => t.diagnostic(text);
const examples = (failures) => JSON.stringify(failures.slice(0, 5), null, 1);
const isUp = (name) => async () => (await haproxy.status(name)) === 'UP';
const isOut = (name) => async () => (await haproxy.status(name)) === 'DOWN';

// Everything from here on, to be looked at by itself.
async function mark() {
  const before = await haproxy.troubles();
  const [outcomes, ends, crossed] = [traffic.outcomes.length, traffic.ends.length, traffic.crossed];
  return {
    // By replica, as the balancer counts.
    async troubles() { return Object.fromEntries(Object.entries(await haproxy.troubles()).map(([name, count]) => [name, count - before[name]]).filter(([, count]) => count > 0)); },
    get outcomes() { return traffic.outcomes.slice(outcomes); },
    get failures() { return traffic.outcomes.slice(outcomes).filter(({ good }) => !good); },
    get ends() { return traffic.ends.slice(ends); },
    get crossed() { return traffic.crossed - crossed; },
  };
}

async function signIn(name, person) {
  await world.google.set({ auto_login: `${person}@acme.example` });
  return new RawClient({ gateway: world.gateway, name }).signIn();
}

async function connectReal(name, make) {
  const client = await make(name).connect();
  real.push(client);
  world.atEnd(() => client.close());
  new RealCaller({ traffic, client, name }).run();
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-rolling-'));
  const port = await freePort();
  world = await Replicas.start({ names: everybody, serving: old, fast: true, publicUrl: `https://localhost:${port}`, env: { GATEHOUSE_SHUTDOWN_DELAY: `${delaySeconds}s`, GATEHOUSE_LOG: 'info' } });
  world.get(fresh.at(-1)).settings.GATEHOUSE_SHUTDOWN_DELAY = '0s';
  haproxy = await new Haproxy({ directory, port, targets: new Map(everybody.map((name) => [name, world.get(name).port])) }).start();
  await trust(haproxy.ca);
  traffic = new Traffic();
  for (let n = 0; n < callers; n += 1) {
    const road = n % 2 ? new Http2Road(haproxy) : new Http1Road(haproxy);
    const caller = new Caller({ traffic, road, pauseMs, name: `${n % 2 ? 'h2' : 'h1'}-${n}`, signedIn: await signIn(`caller ${n}`, n % 4 < 2 ? 'alice' : 'bob') });
    for (let stream = 0; stream < getStreamsEach; stream += 1) await caller.holdGet(revisions[stream % revisions.length]);
    caller.holdSse();
    caller.holdSse();
    caller.holdListen();
  }
  await until('every stream is open', () => traffic.openStreams === callers * (getStreamsEach + 3));
  for (const caller of traffic.clients) caller.run();
  await connectReal('sdk 1.32', (name) => new SdkV1Client({ gateway: world.gateway, name }));
  await connectReal('client 2.4', (name) => new SdkV2Client({ gateway: world.gateway, name }));
  await connectReal('client 2.4, older era', (name) => new SdkV2Client({ gateway: world.gateway, name, mode: 'legacy' }));
  await sleep(quietMs);
}, { timeout: 120_000 });

after(async () => {
  await traffic?.stop();
  await haproxy?.stop();
  await world?.end();
  if (directory && !process.env.GATEHOUSE_E2E_KEEP) rmSync(directory, { recursive: true, force: true });
});

const sessionsOf = () => real.map(({ sessionId }) => sessionId);
const signInsOf = () => real.map(({ provider }) => provider.signIns);

async function assertNothingFailed(t, since, what) {
  say(t, `${what}: ${since.outcomes.length} requests ${JSON.stringify(traffic.counts(since.outcomes))}, ${since.failures.length} failed; ${since.ends.length} streams ended, ${since.ends.filter(({ how }) => how !== 'cleanly').length} torn; ${since.crossed} messages crossed the end of their stream`);
  assert.equal(since.failures.length, 0, examples(since.failures));
  assert.deepEqual(await since.troubles(), {}, 'the balancer says the same');
  assert.deepEqual(since.ends.filter(({ how }) => how !== 'cleanly'), []);
}

const allStreamsOpen = (seconds) => until('every stream is open again', () => traffic.openStreams === traffic.streams.length, seconds);

// Somebody in a browser, as far as Google's page; `finish` goes on from there.
async function beginSignIn() {
  await world.google.set({ auto_login: 'alice@acme.example' });
  const client = new RawClient({ gateway: world.gateway, name: 'in the middle of it' });
  assert.equal((await client.register()).status, 201);
  const browser = new FormBrowser({ headers: client.headers, stopsAt: ({ origin }) => origin === new URL(world.google.url).origin });
  const consent = await browser.visit(client.begin());
  const atGoogle = await browser.submit(consent, ['decision', 'approve']);
  return { client, browser, atGoogle, servedBy: [consent, atGoogle].map(({ headers }) => headers.get('x-served-by')) };
}

async function finishSignIn({ client, browser, atGoogle }) {
  browser.stopsAt = () => false;
  const arrived = await browser.visit(atGoogle.url);
  assert.ok(arrived.url.startsWith(client.redirect), `back at the client, not ${arrived.status} ${arrived.url}: ${arrived.text.slice(0, 300)}`);
  const answer = await client.redeem(new URL(arrived.url).searchParams.get('code'));
  assert.equal(answer.status, 200, answer.text);
}

// SIGTERM, then as long as the orchestrator waits: how it ended, after how many milliseconds. `onDeaf`: when it no longer listens.
async function endByTerm(name, onDeaf = () => {}) {
  const gateway = world.get(name);
  const began = Date.now();
  gateway.signal('SIGTERM');
  await until(`${name} is out of the balancer`, isOut(name));
  const noticed = Date.now();
  await until(`${name} no longer listens`, () => fetch(`http://127.0.0.1:${gateway.port}/healthz`).then(() => false, () => true));
  onDeaf();
  await until(`${name} ends before it would be killed`, () => !gateway.running, stopSeconds);
  return { how: await gateway.stop(), noticedMs: noticed - began, ms: Date.now() - began };
}

test('replica by replica: no request fails, every stream ends cleanly and is opened again, a sign-in under way goes on', { timeout: 240_000 }, async (t) => {
  const since = await mark();
  const [sessions, signIns] = [sessionsOf(), signInsOf()];
  const signIn = await beginSignIn();
  for (const [n, name] of old.entries()) {
    await world.revive(fresh[n]);
    await until(`${fresh[n]} is in the balancer`, isUp(fresh[n]));
    const step = await mark();
    const held = traffic.streams.filter(({ servedBy }) => servedBy === name).length;
    // A call that is under way when the replica stops listening.
    const slow = world.googleProxy.add({ door: name, nth: 1, hold: 'before' });
    await until('a call waits for Google', () => slow.holding === 1);
    const { how, noticedMs, ms } = await endByTerm(name, () => slow.release());
    assert.deepEqual(how, { code: 0, signal: null });
    await allStreamsOpen(20);
    const outlasting = step.outcomes.filter(({ servedBy, ms: took }) => [name, undefined].includes(servedBy) && took > delaySeconds * 1000).length;
    assert.ok(outlasting > 0, 'the call was answered');
    say(t, `${name}: out of the balancer after ${noticedMs} ms, ended with 0 after ${ms} ms; it held ${held} streams`);
    assert.ok(step.ends.filter(({ servedBy }) => servedBy === name).length >= held, 'its streams have ended');
    await sleep(quietMs);
  }
  assert.ok(signIn.servedBy.every((name) => old.includes(name)), `begun on an old replica: ${signIn.servedBy}`);
  await finishSignIn(signIn);
  assert.ok(haproxy.requests.filter(({ path }) => path === '/oauth/google/callback').every(({ replica }, n, all) => n < all.length - 1 || fresh.includes(replica)), 'finished on a new one');
  await assertNothingFailed(t, since, 'the upgrade');
  assert.equal(traffic.ids, 0, 'no event bore an id, so none was there to be asked for again');
  assert.deepEqual([sessionsOf(), signInsOf()], [sessions, signIns], 'the real clients have their sessions, and nobody signed in again');
});

test('taken out of the balancer first, as ECS does: the same, and no delay is needed', { timeout: 60_000 }, async (t) => {
  const since = await mark();
  const [to, from] = [old[0], fresh.at(-1)];
  assert.equal(world.get(from).settings.GATEHOUSE_SHUTDOWN_DELAY, '0s');
  await world.revive(to);
  await until(`${to} is in the balancer`, isUp(to));
  await haproxy.deregister(from);
  await sleep(300); // for what is on its way
  world.get(from).signal('SIGTERM');
  await until(`${from} ends before it would be killed`, () => !world.get(from).running, stopSeconds);
  assert.deepEqual(await world.get(from).stop(), { code: 0, signal: null });
  await allStreamsOpen(20);
  await sleep(quietMs);
  assert.ok(since.ends.length > 0, 'it had streams');
  await assertNothingFailed(t, since, 'taken out first');
});

// The last that a client asked, streams aside.
const lastOf = (client) => traffic.outcomes.findLast((outcome) => outcome.client === client && !outcome.what.startsWith('open '));

test('kill -9 of one: what it had under way fails, within five seconds every client works again, nobody signs in again', { timeout: 120_000 }, async (t) => {
  const [sessions, signIns] = [sessionsOf(), signInsOf()];
  const victim = fresh[0];
  const since = await mark();
  const held = traffic.streams.filter(({ servedBy, open }) => servedBy === victim && open);
  const at = Date.now();
  await world.kill(victim);
  const clients = traffic.clients.map(({ name }) => name);
  const recovered = new Map();
  await until('every client works again, with every stream of its own', () => {
    for (const name of clients) {
      const last = lastOf(name);
      const streams = traffic.streams.filter(({ client }) => client.name === name);
      if (last?.good && last.at >= at && streams.every(({ open }) => open)) recovered.set(name, recovered.get(name) ?? Date.now() - at);
      else recovered.delete(name);
    }
    return recovered.size === clients.length && held.every(({ servedBy }) => servedBy !== victim);
  }, 5);
  await until('the balancer has noticed', isOut(victim), 5);
  const noticedMs = Date.now() - at;
  await sleep(100); // what was sent before it noticed has come back
  const lastFailure = Math.max(0, ...since.failures.map(({ at: began, ms }) => began + ms - at));
  say(t, `killed with ${held.length} streams: ${since.failures.length} of ${since.outcomes.length} requests failed ${JSON.stringify(traffic.counts(since.failures))}, the last after ${lastFailure} ms; ${since.ends.length} streams ended, the balancer counts ${JSON.stringify(await since.troubles())}; it noticed after ${noticedMs} ms; the slowest client worked again after ${Math.max(...recovered.values())} ms`);
  assert.ok(held.length > 0, 'it had streams');
  assert.deepEqual(Object.keys(await since.troubles()), [victim], 'what is torn shows, at that replica only');
  assert.deepEqual(since.ends.filter(({ servedBy, how }) => servedBy !== victim && how !== 'cleanly'), [], 'streams of others are not touched');
  const refused = since.failures.filter(({ detail }) => /\b(400|401|403|404)\b|invalid_grant/.test(detail));
  assert.deepEqual(refused, [], 'nobody is told to sign in, no session is unknown');

  const settled = await mark();
  await sleep(quietMs);
  await assertNothingFailed(t, settled, 'afterwards');
  assert.deepEqual([sessionsOf(), signInsOf()], [sessions, signIns]);
  await world.revive(victim);
  await until('it is back', isUp(victim));
  const back = await mark();
  await sleep(quietMs);
  await assertNothingFailed(t, back, 'with it again');
});

// What a new version may come up with that is wrong.
const mistakes = [
  ['another public URL than the table knows: it ends by itself', 'x', { GATEHOUSE_PUBLIC_URL: 'https://other.acme.example' }, async (gateway) => {
    await until('it ends by itself', () => !gateway.running, 30);
    const { code } = await gateway.stop();
    assert.equal(code, 1);
    assert.match(gateway.log, /gatehouse: the token key KEY#1 does not open/);
  }],
  ['a table that does not answer: it waits, and is not healthy', 'y', { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' }, async (gateway) => {
    await until('it listens', () => fetch(`http://127.0.0.1:${gateway.port}/healthz`).then(({ status }) => assert.equal(status, 503) ?? true, () => false));
    await sleep(1500); // three checks of the balancer
    assert.ok(gateway.running);
  }],
];
for (const [what, name, env, look] of mistakes) {
  test(`a new version with ${what}; nobody notices, and the old one stays`, { timeout: 60_000 }, async (t) => {
    const since = await mark();
    const signIns = signInsOf();
    const gateway = world.get(name);
    Object.assign(gateway.settings, env);
    const starting = gateway.start().catch((error) => error); // gives up when health does not come
    await look(gateway);
    assert.equal(await haproxy.status(name), 'DOWN');
    assert.equal((await haproxy.server(name)).stot, '0', 'the balancer sent it nobody');
    await gateway.stop('SIGKILL');
    assert.ok((await starting) instanceof Error);
    await sleep(quietMs);
    await assertNothingFailed(t, since, 'meanwhile');
    assert.equal(since.ends.length, 0, 'and no stream ended');
    assert.deepEqual(signInsOf(), signIns);
  });
}
