// SPDX-License-Identifier: Apache-2.0
//
// Streams on which nothing happens, behind a balancer that cuts what is silent for longer than the gateway's own comments.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { initialize } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

const idleSeconds = 18; // the gateway writes a comment every 15 s
const watchSeconds = 50;

let world;
let balancer;
let client;
const cut = [];

// Passes bytes on, and cuts a connection that was silent in both directions for too long, as an ALB does.
function cuttingBalancer(port) {
  return net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    let timer;
    const end = () => { clearTimeout(timer); near.destroy(); far.destroy(); };
    const touch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => { cut.push(near.remotePort); end(); }, idleSeconds * 1000);
    };
    for (const [from, to] of [[near, far], [far, near]]) from.on('data', (bytes) => { touch(); to.write(bytes); }).on('error', end).on('close', end);
    touch();
  });
}

before(async () => {
  world = await World.start();
  await world.google.set({ auto_login: 'alice@acme.example' });
  client = await new RawClient({ gateway: world.gateway }).signIn();
  balancer = cuttingBalancer(Number(new URL(world.gateway.url).port));
  await new Promise((resolve) => balancer.listen(0, '127.0.0.1', resolve));
}, { timeout: 60_000 });
after(async () => {
  balancer?.close();
  await world?.end();
});

const headers = () => ({ authorization: `Bearer ${client.tokens.access_token}`, host: new URL(world.gateway.url).host });

const session = async () => (await initialize(world.gateway, client.tokens.access_token)).sessionId;

// An open stream: what it said so far, and whether it has ended.
function openStream(path, more = {}, port = balancer.address().port) {
  const stream = { text: '', ended: false };
  stream.opened = new Promise((resolve, reject) => {
    stream.request = http.get({ host: '127.0.0.1', port, path, agent: false, headers: { ...headers(), accept: 'text/event-stream', ...more } }, (response) => {
      stream.status = response.statusCode;
      response.setEncoding('utf8').on('data', (text) => { stream.text += text; }).on('close', () => { stream.ended = true; }).on('error', () => {});
      resolve(stream);
    }).on('error', reject);
  });
  return stream;
}

test('MR-15: quiet streams outlive the balancer’s patience, and a call after the silence answers at once', { timeout: 120_000 }, async () => {
  const sessions = await Promise.all([session(), session(), session()]);
  const streams = [...sessions.map((id) => openStream('/mcp', { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' })), openStream('/sse')];
  await Promise.all(streams.map(({ opened }) => opened));
  assert.deepEqual(streams.map(({ status }) => status), [200, 200, 200, 200]);
  const silent = net.connect(balancer.address().port, '127.0.0.1').on('error', () => {});

  await new Promise((resolve) => setTimeout(resolve, watchSeconds * 1000));

  assert.equal(cut.length, 1, 'the balancer cut the connection that said nothing at all, so it does cut');
  assert.deepEqual(streams.map(({ ended }) => ended), [false, false, false, false]);
  for (const { text } of streams) assert.ok(text.match(/^:/gm).length >= 3, `comments came: ${JSON.stringify(text)}`);
  assert.equal((await client.refresh()).status, 200);
  for (const { request } of streams) request.destroy();
  silent.destroy();
});

test('MR-15: peers that are gone free their place', { timeout: 60_000 }, async () => {
  const direct = Number(new URL(world.gateway.url).port);
  const open = async () => {
    const id = await session();
    return openStream('/mcp', { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' }, direct).opened;
  };
  client.tokens = (await new RawClient({ gateway: world.gateway }).signIn()).tokens;
  const first = await Promise.all(Array.from({ length: 32 }, open));
  assert.ok(first.every(({ status }) => status === 200));
  assert.equal((await open()).status, 429, 'one person has no more places than that');
  for (const { request } of first) request.socket.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const second = await Promise.all(Array.from({ length: 32 }, open));
  assert.ok(second.every(({ status }) => status === 200));
  for (const { request } of second) request.destroy();
});
