// SPDX-License-Identifier: Apache-2.0
//
// What each step asks of DynamoDB and KMS, counted, and the same as docs/storage.md says.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FormBrowser } from './lib/browser.mjs';
import { columns, documentedCosts, rowOf, tableOf } from './lib/costs.mjs';
import { assertWorks, search, whoami } from './lib/outcomes.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';

const counted = {};
let world;
let client;

before(async () => {
  world = await Replicas.start({ names: ['a'] });
  // A sign-in of somebody else first, so that what is made once per replica and day is not counted to the next one.
  await new RawClient({ gateway: world.gateway }).signIn();
  client = new RawClient({ gateway: world.gateway, name: 'counted' });
}, { timeout: 120_000 });
after(() => world?.end());

async function count(what, work) {
  const from = world.proxy.calls.length;
  const result = await work();
  const counts = {};
  for (const { service, operation } of world.proxy.calls.slice(from)) counts[`${service} ${operation}`] = (counts[`${service} ${operation}`] ?? 0) + 1;
  const unknown = Object.keys(counts).filter((name) => !columns.includes(name.split(' ')[1]));
  assert.deepEqual(unknown, [], `${what} asks for nothing else`);
  counted[what] = rowOf(counts);
  return { result, calls: world.proxy.calls.slice(from), row: counted[what] };
}
const reads = ({ GetItem, BatchGetItem }) => GetItem + BatchGetItem;
const keyCalls = ({ GenerateDataKey, Decrypt }) => GenerateDataKey + Decrypt;

describe('what it costs', () => {
  test('a sign-in, step by step', { timeout: 60_000 }, async () => {
    await count('registering a client', () => client.register());
    const browser = new FormBrowser({ headers: client.headers });
    let page;
    await count('showing the consent page', async () => { page = await browser.visit(client.begin()); });
    assert.equal(page.status, 200);
    let arrived;
    await count('approving, to Google and back', async () => { arrived = await browser.submit(page, ['decision', 'approve']); });
    const code = new URL(arrived.url).searchParams.get('code');
    const { result: redeemed } = await count('redeeming the code', () => client.redeem(code));
    assert.equal(redeemed.status, 200, redeemed.text);
    client.tokens = redeemed.json;
    for (const what of ['registering a client', 'showing the consent page', 'approving, to Google and back', 'redeeming the code']) assert.equal(keyCalls(counted[what]), 0, `${what}: the keys are at hand`);
  });

  test('a warm tool call: one consistent read and no KMS call', { timeout: 60_000 }, async () => {
    assertWorks(await search(world, client));
    for (const [what, call] of [['a tool call', search], ['a tool call', whoami]]) {
      const { result, calls, row } = await count(what, () => call(world, client));
      assertWorks(result);
      assert.equal(calls.length, 1, JSON.stringify(calls));
      assert.equal(reads(row), 1);
      assert.equal(calls[0].consistent, true);
    }
  });

  test('a hundred of them at once: a hundred reads', { timeout: 60_000 }, async () => {
    const from = world.proxy.calls.length;
    const answers = await Promise.all(Array.from({ length: 100 }, () => whoami(world, client)));
    answers.forEach((answer) => assertWorks(answer));
    const calls = world.proxy.calls.slice(from);
    assert.equal(calls.length, 100);
    assert.ok(calls.every(({ service, consistent }) => service === 'dynamodb' && consistent === true));
  });

  test('renewing Google\'s token within a call, renewing ours', { timeout: 60_000 }, async () => {
    await world.google.expire();
    const { result } = await count('a tool call that renews Google\'s token', () => search(world, client));
    assertWorks(result);
    const { result: renewed, row } = await count('a renewal', () => client.refresh());
    assert.equal(renewed.status, 200);
    client.tokens = renewed.json;
    assert.equal(keyCalls(row), 0);
    await count('the first call after it', () => whoami(world, client));
  });

  test('a cold tool call: one Decrypt more, however many come at once', { timeout: 60_000 }, async () => {
    await world.cool('a');
    const { result, row } = await count('a tool call on a replica just started', () => whoami(world, client));
    assertWorks(result);
    assert.ok(reads(row) <= 2, JSON.stringify(row));
    assert.deepEqual([row.Decrypt, row.GenerateDataKey, row.PutItem, row.DeleteItem], [1, 0, 0, 0]);

    await world.cool('a');
    const from = world.proxy.calls.length;
    (await Promise.all(Array.from({ length: 32 }, () => whoami(world, client)))).forEach((answer) => assertWorks(answer));
    const decrypts = world.proxy.calls.slice(from).filter(({ operation }) => operation === 'Decrypt');
    assert.equal(decrypts.length, 1, 'one for all of them');
  });

  test('a refused token costs nothing, a visitor neither', { timeout: 60_000 }, async () => {
    const garbage = { ...client, tokens: { access_token: `gth_a_${'A'.repeat(92)}` } };
    const { result, calls } = await count('a forged token', () => whoami(world, garbage));
    assert.equal(result.status, 401);
    assert.equal(calls.length, 0);
    const { calls: none } = await count('a visitor', () => fetch(`${world.gateway.url}/.well-known/oauth-authorization-server`));
    assert.equal(none.length, 0);
  });

  test('signing out', { timeout: 60_000 }, async () => {
    const { result } = await count('signing out', () => client.revoke());
    assert.equal(result.status, 200);
  });

  test('docs/storage.md has the table that was counted', () => {
    const documented = documentedCosts();
    assert.deepEqual(documented, counted, `the section "What it costs" should hold:\n\n${tableOf(counted)}\n`);
  });
});
