// SPDX-License-Identifier: Apache-2.0
//
// account_connect and account_disconnect: more access by one link, and an end that is one, through real clients.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorOf, rowsOf, seenBy, textOf } from './lib/answers.mjs';
import { FormBrowser } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { askingFor, SdkV1Client, SdkV1SseClient, SdkV2Client } from './lib/clients.mjs';
import { World } from './lib/world.mjs';

const alice = 'alice@acme.example';
const both = askingFor('workspace.read', 'workspace.write');
let world;

before(async () => {
  world = await World.start();
  await world.google.set({ auto_login: alice });
}, { timeout: 60_000 });
after(() => world?.end());

async function connected(client) {
  await client.connect();
  world.atEnd(() => client.close());
  return client;
}

const reads = async (client) => assert.ok(rowsOf(await client.call('gmail_search', { query: 'quicksilver' })).length > 0);
const isOut = (client) => assert.rejects(client.call('gmail_search', {}), (error) => client.isUnauthorized(error));
const statusOf = (result) => (assert.ok(!result.isError, seenBy(result)), result.structuredContent.status);

async function ends(client, more = {}) {
  const { confirm, message } = errorOf(await client.call('account_disconnect', more));
  assert.match(message, /has to agree/);
  const result = await client.call('account_disconnect', { ...more, confirm });
  assert.equal(statusOf(result), 'ended');
  assert.match(textOf(result), /come_back: To come back, the user connects Gatehouse again/);
  return result.structuredContent;
}

test('both are offered in every mode, and need no permission', { timeout: 60_000 }, async () => {
  const reading = await World.start({ env: { GATEHOUSE_MODE: 'readonly' } });
  try {
    await reading.google.set({ auto_login: alice });
    const client = await new SdkV2Client({ gateway: reading.gateway, name: 'reads' }).connect();
    reading.atEnd(() => client.close());
    const tools = new Map((await client.tools()).map((tool) => [tool.name, tool.annotations]));
    assert.equal(tools.get('account_connect').readOnlyHint, false);
    assert.equal(tools.get('account_disconnect').destructiveHint, true);
    assert.equal(statusOf(await client.call('account_connect')), 'connected');
    assert.equal(errorOf(await client.call('account_connect', { access: 'write' })).code, 'blocked_by_policy');
  } finally {
    await reading.end();
  }
});

test('a link allows more, and is followed by the call that needed it', { timeout: 60_000 }, async () => {
  const client = await connected(new SdkV1Client({ gateway: world.gateway, name: 'wants more', signIn: askingFor('workspace.read') }));
  assert.equal(statusOf(await client.call('account_connect', { services: ['gmail'] })), 'connected');
  const asked = await client.call('account_connect', { services: ['gmail'], access: 'write' });
  assert.equal(statusOf(asked), 'link');
  const { consent_url: link } = asked.structuredContent;
  assert.ok(link.startsWith(`${world.gateway.url}/consent?more=`) && textOf(asked).includes(link), link);
  const browser = new FormBrowser();
  assert.equal((await browser.submit(await browser.visit(link), ['decision', 'approve'])).status, 200);
  assert.equal(statusOf(await client.call('account_connect', { access: 'write' })), 'allowed');
  const word = 'elderflower';
  assert.equal(statusOf(await client.call('gmail_send', { to: ['bob@acme.example'], subject: word, body: 'x' })), 'sent');
  assert.equal(statusOf(await client.call('account_connect', { access: 'write' })), 'connected');
});

test('a session that ends itself leaves the others', { timeout: 60_000 }, async () => {
  const [leaves, stays] = [await connected(new SdkV2Client({ gateway: world.gateway, name: 'leaves', signIn: both })), await connected(new SdkV2Client({ gateway: world.gateway, name: 'stays', signIn: both }))];
  await reads(leaves);
  const told = await ends(leaves);
  assert.deepEqual([told.ended, told.revoked_at_google], ['this session', false]);
  await isOut(leaves);
  await reads(stays);
  await until('the log has it', () => world.gateway.log.includes('"account disconnect","reason":"ended here"'), 5);
  leaves.provider.granted = undefined;
  await leaves.connect();
  await reads(leaves);
});

test('everywhere: every session ends, the answer arrives, and Google takes its permission back', { timeout: 60_000 }, async () => {
  const user = { action: 'accept', content: { disconnect: true } };
  const questions = [];
  const elicit = async (params) => (questions.push(params), user);
  const kinds = [
    new SdkV1Client({ gateway: world.gateway, name: 'by form', signIn: both, elicit }), new SdkV2Client({ gateway: world.gateway, name: 'by form, too', signIn: both, elicit, mode: { pin: '2026-07-28' } }),
    new SdkV1SseClient({ gateway: world.gateway, name: 'older', signIn: both }),
  ];
  for (const client of kinds) {
    const other = await connected(new SdkV2Client({ gateway: world.gateway, name: 'other', signIn: both }));
    await connected(client);
    await reads(other);
    const before = (await world.google.asked(/\/revoke$/)).length;
    if (client.elicit) {
      const result = await client.call('account_disconnect', { everywhere: true });
      assert.equal(statusOf(result), 'ended');
      assert.match(questions.at(-1).message, /every assistant and every browser/);
      assert.equal(result.structuredContent.revoked_at_google, true);
    } else {
      assert.equal((await ends(client, { everywhere: true })).revoked_at_google, true);
    }
    assert.equal((await world.google.asked(/\/revoke$/)).length, before + 1);
    await isOut(other);
    if (!(client instanceof SdkV1SseClient)) await isOut(client);
    await until('the log has it', () => world.gateway.log.includes('"ended everywhere"'), 5);
  }
});

test('a user who says no keeps the session', { timeout: 60_000 }, async () => {
  const client = await connected(new SdkV1Client({ gateway: world.gateway, name: 'keeps', signIn: both, elicit: async () => ({ action: 'decline' }) }));
  assert.match(errorOf(await client.call('account_disconnect')).message, /did not agree/);
  await reads(client);
});
