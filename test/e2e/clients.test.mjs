// SPDX-License-Identifier: Apache-2.0
//
// Real clients in every era and over every transport they have: sign in, list, call, and go on after kill -9.
// Rows that other files have are not repeated: sign_in_and_mail and persistence (SDK 1.32; client 2.4 legacy and auto; mcp-remote over
// HTTP), legacy_sse (SDK 1.32 and mcp-remote over /sse).
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { idsOf, seenBy } from './lib/answers.mjs';
import { until } from './lib/child.mjs';
import { ClaudeCode } from './lib/claude_code.mjs';
import { McpRemoteClient, SdkV2Client, SdkV2SseClient } from './lib/clients.mjs';
import { InspectorClient } from './lib/inspector.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

let world;
let rows = 0;

before(async () => {
  world = await World.start();
  await world.google.set({ auto_login: 'alice@acme.example' });
}, { timeout: 60_000 });
after(() => world?.end());

const signInsOf = (client) => client.provider?.signIns ?? client.signIns;
const directory = () => join(world.directory, `client-${(rows += 1)}`);
const remote = (more, url) => () => new McpRemoteClient({ gateway: world.gateway, directory: directory(), more, ...(url ? { url: url() } : {}) });
const inspector = (more) => () => new InspectorClient({ gateway: world.gateway, directory: directory(), ...more });
const sseUrl = () => world.gateway.sseUrl;
const registrations = async () => (await world.records()).filter(({ sessionId }) => sessionId.startsWith('CLIENT#')).length;

async function works(client) {
  const names = (await client.tools()).map(({ name }) => name);
  for (const name of ['whoami', 'gmail_search']) assert.ok(names.includes(name), `${name} is offered, among ${names}`);
  assert.ok(seenBy(await client.call('whoami')).includes('alice@acme.example'));
  assert.deepEqual(idsOf(await client.call('gmail_search', { query: 'quicksilver', limit: 3 })), ['19a1ce0000000020']);
}

const stillCalls = async (client) => assert.deepEqual(idsOf(await client.call('gmail_search', { query: 'quicksilver' })), ['19a1ce0000000020']);

// The streams of HTTP+SSE end with the gateway; clients of it come back by themselves, but a call in between may fail.
const worksSoon = (client) => until('it works again', () => works(client).then(() => true, () => false), 30);

// name, how to make it, how it goes on after kill -9
const table = [
  ['@modelcontextprotocol/client 2.4, HTTP, modern', () => new SdkV2Client({ gateway: world.gateway, name: 'modern', mode: { pin: '2026-07-28' } }), works],
  ['@modelcontextprotocol/client 2.4, SSE', () => new SdkV2SseClient({ gateway: world.gateway, name: 'sse' }), worksSoon],
  ['mcp-remote 0.15, http-first, --protocol auto', remote(['--transport', 'http-first', '--protocol', 'auto']), works],
  ['mcp-remote 0.15, http-only', remote(['--transport', 'http-only']), works],
  ['mcp-remote 0.15, sse-only', remote(['--transport', 'sse-only'], sseUrl), worksSoon],
  ['mcp-remote 0.15, sse-first', remote(['--transport', 'sse-first'], sseUrl), worksSoon],
  ['Inspector 2.12, HTTP, legacy', inspector({ era: 'legacy' }), stillCalls],
  ['Inspector 2.12, HTTP, auto', inspector({ era: 'auto' }), stillCalls],
  ['Inspector 2.12, HTTP, modern', inspector({ era: 'modern' }), stillCalls],
  ['Inspector 2.12, SSE', inspector({ transport: 'sse' }), stillCalls],
];

describe('signs in by itself, lists, calls, and goes on after kill -9', () => {
  for (const [name, make, goesOn] of table) {
    test(name, { timeout: 120_000 }, async () => {
      const client = make();
      try {
        await client.connect();
        await works(client);
        assert.equal(signInsOf(client), 1);
        await world.gateway.restart();
        await goesOn(client);
        assert.equal(signInsOf(client), 1, 'nobody signed in again');
      } finally {
        await client.close();
      }
    });
  }
});

test('Inspector 2.12 with a header instead of a sign-in', { timeout: 60_000 }, async () => {
  const { tokens } = await new RawClient({ gateway: world.gateway, name: 'for the header' }).signIn();
  for (const era of ['legacy', 'auto', 'modern']) {
    const client = await new InspectorClient({ gateway: world.gateway, directory: directory(), era, token: tokens.access_token }).connect();
    await works(client);
    assert.equal(client.signIns, 0, era);
  }
});

describe('Claude Code 2.1', () => {
  for (const [transport, path] of [['http', '/mcp'], ['sse', '/sse']]) {
    test(`${transport}: added, signed in, called, after kill -9, signed out, removed`, { timeout: 120_000 }, async () => {
      const claude = new ClaudeCode({ directory: directory() });
      const url = world.gateway.url + path;
      assert.match(await claude.add('gate', url, transport), /Added/);
      assert.match(await claude.list(), /gate: .*Needs authentication/);

      const before = await registrations();
      assert.match(await claude.login('gate'), /Authenticated with "gate"/);
      assert.equal(await registrations(), before, 'it names the document that its maker publishes');
      assert.match(await claude.list(), /gate: .*Connected/);
      assert.match(await claude.get('gate'), new RegExp(`Connected[\\s\\S]*URL: ${url}`));
      const asked = await claude.call('gate', 'whoami', {});
      assert.ok(asked.offered.includes('mcp__gate__gmail_search'), `among ${asked.offered}`);
      assert.ok(asked.shown.includes('alice@acme.example'), asked.shown);

      await world.gateway.restart();
      assert.match(await claude.list(), /gate: .*Connected/);
      const searched = await claude.call('gate', 'gmail_search', { query: 'quicksilver', limit: 3 });
      assert.ok(searched.shown.includes('19a1ce0000000020'), searched.shown);
      assert.equal(claude.signIns, 1, 'nobody signed in again');

      await claude.logout('gate');
      assert.match(await claude.list(), /gate: .*Needs authentication/);
      assert.match(await claude.remove('gate'), /Removed/);
      assert.doesNotMatch(await claude.list(), /gate/);
    });
  }

  // It shows the model the structured content and not the text, so that what marks foreign words must be there too.
  test('shows the model where foreign words begin and end', { timeout: 60_000 }, async () => {
    const claude = new ClaudeCode({ directory: directory() });
    await claude.add('gate', world.gateway.mcpUrl, 'http');
    await claude.login('gate');
    const { shown } = await claude.call('gate', 'gmail_read', { ids: ['19a1ce0000000023'] });
    const fence = /<(untrusted-[\w-]{4,})/.exec(shown)?.[1];
    assert.ok(fence, shown);
    assert.match(shown, new RegExp(`<${fence}[^>]*>[\\s\\S]*Ignore all previous instructions[\\s\\S]*</${fence}>`));
  });
});
