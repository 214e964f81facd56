// SPDX-License-Identifier: Apache-2.0
//
// W3C trace context: a caller's trace is in the log lines of its request and goes on to Google; without one, the gateway begins its own.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from './lib/child.mjs';
import { callAlone } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const caller = '00f067aa0ba902b7';
const wellFormed = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/;

describe('tracing', () => {
  let world;
  let token;
  before(async () => {
    world = await World.start();
    await world.google.set({ auto_login: 'alice@acme.example' });
    ({ access_token: token } = (await new RawClient({ gateway: world.gateway }).signIn()).tokens);
  }, { timeout: 60_000 });
  after(() => world?.end());

  const reads = () => world.gateway.log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)).filter(({ event, tool }) => event === 'read' && tool === 'gmail_search');

  // One search, by a request with this header: its log line and what Google was sent.
  async function search(traceparent) {
    const before = reads().length;
    await world.google.clear();
    world.gateway.headers = traceparent ? { traceparent } : {};
    const { status } = await callAlone(world.gateway, token, 'gmail_search', { query: 'from:bob', limit: 2 });
    assert.equal(status, 200);
    await until('the log tells of it', () => reads().length > before);
    const asked = await world.google.asked(/\/messages/);
    assert.ok(asked.length >= 1);
    return { line: reads().at(-1), sent: asked.map((request) => wellFormed.exec(request.traceparent) ?? assert.fail(`${request.path}: ${request.traceparent}`)) };
  }

  test('the caller’s trace is in the line and goes on to Google, each call a span of its own', { timeout: 60_000 }, async () => {
    const { line, sent } = await search(`00-${trace}-${caller}-01`);
    assert.equal(line.trace_id, trace);
    assert.match(line.request_id, /^[0-9a-f]{16}$/);
    assert.deepEqual([...new Set(sent.map(([, id]) => id))], [trace]);
    assert.deepEqual([...new Set(sent.map(([, , , flags]) => flags))], ['01']);
    const spans = sent.map(([, , span]) => span);
    assert.equal(new Set([...spans, caller, line.request_id]).size, spans.length + 2);
  });

  test('without one, or with one that is malformed, a request gets a trace of its own', { timeout: 60_000 }, async () => {
    const seen = new Set([trace]);
    for (const header of [undefined, 'nonsense', `00-${trace}-${caller}`, `00-${'0'.repeat(32)}-${caller}-01`, `ff-${trace}-${caller}-01`]) {
      const { line, sent } = await search(header);
      assert.match(line.trace_id, /^[0-9a-f]{32}$/, header);
      assert.ok(!seen.has(line.trace_id), `${header}: another one`);
      seen.add(line.trace_id);
      assert.deepEqual([...new Set(sent.map(([, id]) => id))], [line.trace_id]);
    }
  });

  test('a refused token’s line names the caller’s trace', { timeout: 60_000 }, async () => {
    await fetch(world.gateway.mcpUrl, { method: 'POST', headers: { authorization: 'Bearer garbage', traceparent: `00-${trace}-${caller}-00` } });
    await until('the log tells of it', () => world.gateway.log.split('\n').some((line) => line.includes('"token refused"') && line.includes(`"trace_id":"${trace}"`)));
  });
});
