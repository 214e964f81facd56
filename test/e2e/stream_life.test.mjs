// SPDX-License-Identifier: Apache-2.0
//
// No stream lives for an hour, which is when balancers cut them: the gateway ends each before, in good order, and clients come back to the
// session they had. By a wall clock that is moved.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertWorks, whoami } from './lib/outcomes.mjs';
import { initialize, openSse, openStream } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { bearer, jsonHeaders, modernRevision } from './lib/revisions.mjs';
import { World } from './lib/world.mjs';

const minute = 60;
const limit = { timeout: 120_000 };

describe('the life of a stream', () => {
  let world;
  let client;
  before(async () => {
    world = await World.start({ wallClock: true });
    await world.google.set({ auto_login: 'alice@acme.example' });
    client = await new RawClient({ gateway: world.gateway }).signIn();
  }, limit);
  after(() => world?.end());

  const listen = (token) => fetch(world.gateway.mcpUrl, {
    method: 'POST', headers: { ...jsonHeaders, ...bearer(token), 'mcp-protocol-version': modernRevision, 'mcp-method': 'subscriptions/listen' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'l', method: 'subscriptions/listen', params: { notifications: {}, _meta: { 'io.modelcontextprotocol/protocolVersion': modernRevision, 'io.modelcontextprotocol/clientCapabilities': {} } } }),
  });
  // The whole text: a stream that is cut instead of ended makes this fail.
  const whole = async (opening) => {
    const stream = { text: undefined };
    const { rest } = await opening;
    stream.ended = rest().then((text) => { stream.text = text; });
    return stream;
  };
  const stays = (streams) => Promise.race([Promise.all(streams.map(({ ended }) => ended)).then(() => false), sleep(7000, true)]); // beyond a look of five seconds

  test('every kind ends cleanly between 50 and 55 minutes, and the session goes on with a new one', limit, async () => {
    const token = client.tokens.access_token;
    const { sessionId } = await initialize(world.gateway, token);
    const get = () => whole(openStream(world.gateway, token, sessionId));
    const sse = async () => {
      const response = await fetch(world.gateway.sseUrl, { headers: { accept: 'text/event-stream', ...bearer(token) } });
      return { rest: () => response.text() };
    };
    const streams = [await get(), await whole(listen(token).then((response) => ({ rest: () => response.text() }))), await whole(sse())];

    world.time.shift(49 * minute);
    assert.ok(await stays(streams), 'nothing has ended after 49 minutes');
    assert.deepEqual(streams.map(({ text }) => text), [undefined, undefined, undefined]);

    world.time.shift(55 * minute);
    await Promise.all(streams.map(({ ended }) => ended));
    for (const { text } of streams) assert.match(text, /^:\n\n/);
    assert.match(streams[1].text, /"id":"l","result"/, 'a listener is told that it is over');

    assertWorks(await whoami({ at: () => world.gateway }, client));
    const again = await openStream(world.gateway, token, sessionId);
    assert.equal(again.status, 200);
    again.cut();
    const older = await openSse(world.gateway, token);
    assert.equal(older.status, 200);
    older.cut();
  });
});
