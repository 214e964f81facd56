// SPDX-License-Identifier: Apache-2.0
//
// SIGTERM with work under way: calls finish, streams end cleanly, nothing starts anew, the process leaves with 0 (MR-03).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { World } from './lib/world.mjs';
import { SdkV1Client } from './lib/clients.mjs';
import { callTool, initialize, openStream } from './lib/raw_mcp.mjs';

describe('SIGTERM', () => {
  let world;
  let client;

  before(async () => {
    world = await World.start();
    await world.google.set({ auto_login: 'alice@acme.example' });
    client = await new SdkV1Client({ gateway: world.gateway, name: 'drained' }).connect();
    world.atEnd(() => client.close());
  }, { timeout: 60_000 });
  after(() => world?.end());

  test('lets a call finish, ends streams, and leaves with exit code 0', { timeout: 60_000 }, async () => {
    const { gateway, google } = world;
    const token = client.provider.granted.access_token;
    const { sessionId } = await initialize(gateway, token);
    const stream = await openStream(gateway, token, sessionId);
    const rest = stream.rest();
    await google.fault({ path: '/messages$', status: 0, delay_ms: 3000, times: 1 });
    const call = callTool(gateway, token, sessionId, 'gmail_search', { query: 'from:bob', limit: 2 });
    await sleep(700); // until the search waits for Google

    const gone = gateway.stop('SIGTERM');

    const { message } = await call;
    assert.ok(JSON.stringify(message).includes('Bob Baxter'), `the call under way was answered: ${JSON.stringify(message).slice(0, 300)}`);
    await rest;
    assert.deepEqual(await gone, { code: 0, signal: null });
  });

  test('after the restart the same session goes on', { timeout: 60_000 }, async () => {
    await world.gateway.start();
    const result = await client.call('whoami');
    assert.ok(!result.isError, JSON.stringify(result));
  });
});
