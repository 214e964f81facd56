// SPDX-License-Identifier: Apache-2.0
//
// Nobody notices a killed gateway: clients, their legacy sessions and browsers go on. And nothing outlives the session's end.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { idsOf } from './lib/answers.mjs';
import { FormBrowser } from './lib/browser.mjs';
import { McpRemoteClient, SdkV1Client, SdkV2Client } from './lib/clients.mjs';
import { callTool, initialize } from './lib/raw_mcp.mjs';
import { World } from './lib/world.mjs';

let world;
afterEach(async () => {
  await world?.end();
  world = undefined;
});
after(() => world?.end());

async function start(env) {
  world = await World.start({ env });
  await world.google.set({ auto_login: 'alice@acme.example' });
  return world.gateway;
}

const works = async (client) => assert.deepEqual(idsOf(await client.call('gmail_search', { query: 'quicksilver' })), ['19a1ce0000000020']);

describe('kill -9 and start again', () => {
  test('connected clients, their sessions and a browser go on', { timeout: 180_000 }, async () => {
    const gateway = await start();
    const one = await new SdkV1Client({ gateway, name: 'one' }).connect();
    const two = await new SdkV2Client({ gateway, name: 'two' }).connect();
    const old = await new SdkV2Client({ gateway, name: 'old', mode: 'legacy' }).connect();
    const remote = new McpRemoteClient({ gateway, directory: join(world.directory, 'mcp-remote') });
    await remote.connect();
    const clients = [one, two, old, remote];
    for (const client of clients) world.atEnd(() => client.close());
    const browser = new FormBrowser();
    assert.equal((await browser.visit(`${gateway.url}/login`)).status, 200);
    assert.match((await browser.visit(`${gateway.url}/account`)).text, /alice@acme\.example/, 'the browser is signed in');
    for (const client of clients) await works(client);
    const sessions = [one.sessionId, old.sessionId];

    for (const signal of ['SIGKILL', 'SIGTERM']) {
      await gateway.restart({ signal });
      for (const client of clients) await works(client);
      assert.match((await browser.visit(`${gateway.url}/account`)).text, /alice@acme\.example/, `the browser is still signed in after ${signal}`);
    }
    assert.deepEqual([one.sessionId, old.sessionId], sessions, 'the legacy sessions are the same');
    assert.deepEqual([one.provider.signIns, two.provider.signIns, old.provider.signIns, remote.signIns], [1, 1, 1, 1], 'nobody signed in again');
  });

  test('a refresh token from before the restart still renews', { timeout: 60_000 }, async () => {
    const gateway = await start();
    const client = await new SdkV2Client({ gateway, name: 'renewing' }).connect();
    world.atEnd(() => client.close());
    const first = client.provider.tokens().refresh_token;
    await gateway.restart();
    client.forgetAccess();
    await works(client);
    assert.notEqual(client.provider.tokens().refresh_token, first, 'refresh tokens rotate');
    assert.equal(client.provider.signIns, 1);
  });

  test('a registration from before the restart can still sign in', { timeout: 60_000 }, async () => {
    const gateway = await start();
    const client = await new SdkV1Client({ gateway, name: 'registered' }).connect();
    world.atEnd(() => client.close());
    const { client_id: registered } = client.provider.registered;
    await gateway.restart();
    client.provider.invalidateCredentials('tokens');
    await client.connect();
    await works(client);
    assert.equal(client.provider.registered.client_id, registered);
  });

  test('Google tokens that ended meanwhile are renewed without anyone noticing', { timeout: 60_000 }, async () => {
    const gateway = await start();
    const client = await new SdkV1Client({ gateway, name: 'patient' }).connect();
    world.atEnd(() => client.close());
    await gateway.restart();
    await world.google.expire();
    await works(client);
    assert.equal(client.provider.signIns, 1);
  });
});

describe('the end of a session', () => {
  test('everyone signs in again; no refresh extends it', { timeout: 120_000 }, async () => {
    const seconds = 15;
    const gateway = await start({ GATEHOUSE_SESSION_TTL: `${seconds}s`, GATEHOUSE_ACCESS_TOKEN_TTL: '2s' });
    // The client's session begins between these two moments, the browser's before the second; how long that takes is the machine's affair.
    const before = Date.now();
    const client = await new SdkV1Client({ gateway, name: 'short' }).connect();
    world.atEnd(() => client.close());
    const browser = new FormBrowser();
    await browser.visit(`${gateway.url}/login`);
    const after = Date.now();
    const raw = await initialize(gateway, client.provider.tokens().access_token);
    await works(client);
    while (Date.now() - before < (seconds - 7) * 1000) {
      await sleep(2500);
      await works(client);
    }
    assert.equal(client.provider.signIns, 1, 'renewing works until the end');
    // The SDK opens its stream again by itself when it ends, and would be at the sign-in with its tokens forgotten, sooner or later.
    const { access_token: access, refresh_token: refresh } = client.provider.tokens();
    await client.close({ forGood: false });

    await sleep(Math.max(0, after + (seconds + 4) * 1000 - Date.now()));
    assert.equal((await callTool(gateway, access, raw.sessionId, 'whoami', {})).status, 401, 'the access token is refused');
    const renewal = await fetch(`${gateway.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh, client_id: client.provider.registered.client_id }) });
    assert.equal(renewal.status, 400);
    assert.equal((await renewal.json()).error, 'invalid_grant');
    await world.google.set({ auto_login: null });
    assert.doesNotMatch((await browser.visit(`${gateway.url}/account`)).text, /alice@acme\.example.*sign out/is, 'the browser is signed out');

    await world.google.set({ auto_login: 'alice@acme.example' });
    await client.connect();
    await works(client);
    assert.equal(client.provider.signIns, 2, 'and one new sign-in is enough');
  });
});
