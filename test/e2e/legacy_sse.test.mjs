// SPDX-License-Identifier: Apache-2.0
//
// Clients of the transport of 2024-11-05, `/sse` with `/messages`: sign-in, mail, cut streams, restarts, and two replicas without stickiness.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { idsOf, seenBy } from './lib/answers.mjs';
import { freePort, until } from './lib/child.mjs';
import { McpRemoteClient, SdkV1SseClient } from './lib/clients.mjs';
import { Gateway } from './lib/gateway.mjs';
import { openSse, postMessage } from './lib/raw_mcp.mjs';
import { World } from './lib/world.mjs';

const ping = (id) => ({ jsonrpc: '2.0', id, method: 'ping' });
const search = (id, query) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'gmail_search', arguments: { query, limit: 2 } } });
const tokenOf = (client) => client.provider.tokens().access_token;

async function signedIn(world, name, more = {}) {
  await world.google.set({ auto_login: `${name}@acme.example` });
  const client = await new SdkV1SseClient({ gateway: world.gateway, name: `old client of ${name}`, ...more }).connect();
  world.atEnd(() => client.close());
  return client;
}

async function findsMail(client, name = 'alice') {
  assert.ok((await client.tools()).some((tool) => tool.name === 'gmail_search'));
  assert.ok(seenBy(await client.call('whoami')).includes(`${name}@acme.example`));
  assert.ok(idsOf(await client.call('gmail_search', { query: 'in:inbox', limit: 3 })).length > 0);
}

describe('one replica', () => {
  let world;
  let alice;
  let bob;

  before(async () => {
    world = await World.start();
    alice = await signedIn(world, 'alice');
    bob = await signedIn(world, 'bob');
  }, { timeout: 90_000 });
  after(() => world?.end());

  test('@modelcontextprotocol/sdk 1.32 finds the mail', { timeout: 60_000 }, async () => {
    assert.equal(alice.provider.signIns, 1);
    await findsMail(alice, 'alice');
    await findsMail(bob, 'bob');
    const questions = Array.from({ length: 10 }, (_, index) => (index % 2 ? alice.call('gmail_search', { query: 'subject:"Nightly job"', limit: 3 }) : bob.call('gmail_search', { query: 'rota', limit: 3 })));
    for (const [index, answer] of (await Promise.all(questions)).entries()) assert.ok(seenBy(answer).includes(index % 2 ? 'Nightly job' : 'Bob rota'), seenBy(answer).slice(0, 300));
    assert.deepEqual([alice.errors, bob.errors].map(String), ['', ''], 'no strays');
  });

  for (const [name, more] of [['sse-only', ['--transport', 'sse-only']], ['http-first, which falls back', ['--transport', 'http-first']]]) {
    test(`mcp-remote, ${name}`, { timeout: 90_000 }, async () => {
      await world.google.set({ auto_login: 'alice@acme.example' });
      const client = new McpRemoteClient({ gateway: world.gateway, url: world.gateway.sseUrl, directory: join(world.directory, `remote-${more[1]}`), more });
      world.atEnd(() => client.close());
      await client.connect();
      assert.equal(client.signIns, 1);
      await findsMail(client);
    });
  }

  test('nothing without a token, and the token’s own stream only (RS-03, T21)', { timeout: 30_000 }, async () => {
    const { gateway } = world;
    const stream = await openSse(gateway, tokenOf(alice));
    for (const request of [() => openSse(gateway), () => postMessage(gateway, undefined, stream.target, ping(1)), () => fetch(gateway.sseUrl, { method: 'POST' }), () => fetch(gateway.sseUrl, { method: 'HEAD' })]) {
      const response = await request();
      assert.equal(response.status, 401);
      assert.match(response.headers.get('www-authenticate'), /oauth-protected-resource\/sse"/);
    }
    const metadata = await (await fetch(`${gateway.url}/.well-known/oauth-protected-resource/sse`)).json();
    assert.equal(metadata.resource, gateway.sseUrl);
    assert.equal((await postMessage(gateway, tokenOf(bob), stream.target, ping(1))).status, 404);
    assert.equal((await postMessage(gateway, tokenOf(alice), '/messages', ping(1))).status, 400);
    assert.equal((await postMessage(gateway, tokenOf(alice), stream.target, ping(1), { origin: 'https://evil.example' })).status, 403);
    assert.equal((await openSse(gateway, tokenOf(alice), { origin: 'https://evil.example' })).status, 403);
    assert.equal((await postMessage(gateway, tokenOf(alice), stream.target, ping(1), { 'content-type': 'text/plain' })).status, 415);
    assert.deepEqual(stream.events.slice(1), [], 'nothing of that was answered');
    const accepted = await postMessage(gateway, tokenOf(alice), stream.target, ping(2));
    assert.deepEqual([accepted.status, await accepted.text()], [202, 'Accepted']);
    await until('the answer', () => stream.events.length > 1);
    assert.deepEqual(stream.events[1], { name: 'message', data: '{"jsonrpc":"2.0","id":2,"result":{}}' });
    stream.cut();
    await until('the address is forgotten', async () => (await postMessage(gateway, tokenOf(alice), stream.target, ping(3))).status === 404);
  });

  test('the stream is fit for proxies (SE-15)', { timeout: 30_000 }, async () => {
    const stream = await openSse(world.gateway, tokenOf(alice));
    assert.match(stream.headers.get('content-type'), /^text\/event-stream/);
    assert.match(stream.headers.get('cache-control'), /no-cache|no-store/);
    assert.equal(stream.headers.get('x-accel-buffering'), 'no');
    stream.cut();
  });

  test('a browser’s client is let in from our own origin (SE-19)', { timeout: 30_000 }, async () => {
    const { gateway } = world;
    const asked = await fetch(gateway.sseUrl, { method: 'OPTIONS', headers: { origin: gateway.url, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } });
    assert.equal(asked.status, 204);
    assert.match(asked.headers.get('access-control-allow-headers'), /Authorization/);
    const stream = await openSse(gateway, tokenOf(alice), { origin: gateway.url });
    assert.equal(stream.headers.get('access-control-allow-origin'), gateway.url);
    stream.cut();
  });

  test('kill -9 costs a new stream, which the client opens by itself', { timeout: 90_000 }, async () => {
    const before = alice.endpoint;
    await world.gateway.restart();
    await until('the client has a new stream', () => alice.endpoint !== before, 40);
    await findsMail(alice);
    assert.equal(alice.provider.signIns, 1);
  });

  test('SIGTERM lets a call finish and ends streams (MR-03)', { timeout: 60_000 }, async () => {
    const { gateway, google } = world;
    const idle = await openSse(gateway, tokenOf(bob));
    const busy = await openSse(gateway, tokenOf(bob));
    await google.fault({ path: '/messages$', status: 0, delay_ms: 3000, times: 1 });
    assert.equal((await postMessage(gateway, tokenOf(bob), busy.target, search(7, 'rota'))).status, 202);
    await sleep(700); // until the search waits for Google

    const gone = gateway.stop('SIGTERM');

    await idle.ended;
    await busy.ended;
    assert.ok(busy.events.at(-1).data.includes('Bob rota'), busy.events.at(-1).data.slice(0, 300));
    assert.deepEqual(await gone, { code: 0, signal: null });
  });
});

describe('two replicas, the POSTs at another than the stream', () => {
  let world;
  let other;
  let alice;

  before(async () => {
    const env = { GATEHOUSE_PEER_LISTEN: '127.0.0.1:0' };
    world = await World.start({ env });
    const { directory, url } = world.gateway;
    other = new Gateway({ directory, port: await freePort(), google: world.google, env: { ...env, GATEHOUSE_PUBLIC_URL: url } });
    await other.start();
    world.atEnd(() => other.stop());
    alice = await signedIn(world, 'alice', { posts: other.url });
  }, { timeout: 90_000 });
  after(() => world?.end());

  test('every answer arrives (MR-02)', { timeout: 60_000 }, async () => {
    await findsMail(alice);
    const answers = await Promise.all(Array.from({ length: 12 }, () => alice.call('gmail_search', { query: 'subject:"Nightly job"', limit: 3 })));
    for (const answer of answers) assert.ok(seenBy(answer).includes('Nightly job'));
    await until('the other replica says that it did the work', () => /tool call/.test(other.log), 10);
    assert.deepEqual(alice.errors.map(String), []);
  });

  test('the replica that works finishes before it leaves (MR-03)', { timeout: 60_000 }, async () => {
    const stream = await openSse(world.gateway, tokenOf(alice));
    await world.google.fault({ path: '/messages$', status: 0, delay_ms: 3000, times: 1 });
    assert.equal((await postMessage(other, tokenOf(alice), stream.target, search(9, 'quicksilver'))).status, 202);
    await sleep(700); // until the search waits for Google
    assert.deepEqual(await other.stop('SIGTERM'), { code: 0, signal: null });
    await until('the answer', () => stream.events.length > 1, 5);
    assert.ok(JSON.parse(stream.events[1].data).id === 9 && stream.events[1].data.includes('quicksilver'));
    stream.cut();
    await other.start();
  });

  test('when the stream’s replica is gone, the client is told at once', { timeout: 60_000 }, async () => {
    const stream = await openSse(world.gateway, tokenOf(alice));
    await world.gateway.stop('SIGKILL');
    const response = await postMessage(other, tokenOf(alice), stream.target, ping(1));
    assert.equal(response.status, 503);
    assert.ok(response.headers.get('retry-after'));
    await world.gateway.start();
  });
});
