// SPDX-License-Identifier: Apache-2.0
//
// Mail is filed, starred and binned as the user agrees to it, and put back exactly: with the SDKs of both protocol eras.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertSays, errorOf, idsOf, rowsOf, seenBy, textOf } from './lib/answers.mjs';
import { until } from './lib/child.mjs';
import { AskedUser, askingFor, everySdk, SdkV2Client } from './lib/clients.mjs';
import { World } from './lib/world.mjs';

const signIn = askingFor('workspace.read', 'workspace.write');
const statement = '19a1ce0000000001';
const lease = '19a1ce0000000010';
let world;

const done = (result, status = 'changed') => {
  assert.ok(!result.isError, seenBy(result));
  assert.equal(result.structuredContent.status, status);
  return result.structuredContent;
};
const changes = async () => (await world.google.asked(/\/(modify|batchModify)$/)).length;
const reads = async () => (await world.google.asked(/\/messages\/[0-9a-f]+$/)).length;

// What a search says of one message's labels.
async function stateOf(client, id, query = 'in:anywhere') {
  const rows = rowsOf(await client.call('gmail_search', { query, fields: ['id', 'flags', 'labels'], limit: 50 }));
  return rows.find((row) => row.id === id);
}
// How many match, at the price of reading one.
const countOf = async (client, query) => (await client.call('gmail_search', { query, limit: 1 })).structuredContent.total_estimate;
const inboxOf = async (client, query) => idsOf(await client.call('gmail_search', { query: `in:inbox ${query}`, limit: 50 }));

before(async () => {
  world = await World.start();
  await world.google.set({ auto_login: 'alice@acme.example' });
}, { timeout: 60_000 });
after(() => world?.end());

for (const [kind, make] of everySdk) {
  describe(kind, () => {
    const user = new AskedUser('change');
    let asks; // its user can be asked
    let plain; // its user cannot

    before(async () => {
      await world.google.set({ auto_login: 'alice@acme.example' });
      asks = await make({ gateway: world.gateway, name: 'asks', signIn, elicit: user.elicit }).connect();
      plain = await make({ gateway: world.gateway, name: 'plain', signIn }).connect();
    }, { timeout: 60_000 });
    after(async () => {
      await asks?.close();
      await plain?.close();
    });

    test('one message is filed under a label, leaves the inbox, and comes back', { timeout: 30_000 }, async () => {
      const before = await stateOf(plain, statement, 'subject:statement');
      assert.match(before.flags, /i/);
      const filed = done(await plain.call('gmail_modify', { ids: [statement], action: 'archive', add: ['ops/review'] }));
      assert.deepEqual([filed.count, filed.added, filed.removed], [1, ['Ops/Review'], ['Inbox']]);
      const now = await stateOf(plain, statement, 'subject:statement');
      assert.deepEqual([now.flags.includes('i'), now.labels], [false, 'Ops/Review']);
      const undone = await plain.call('workspace_undo', { undo: filed.undo });
      assert.equal(done(undone, 'undone').restored, 1);
      assertSays(undone, 'restored: 1 message');
      assert.deepEqual(await stateOf(plain, statement, 'subject:statement'), before);
      done(await plain.call('workspace_undo', { undo: filed.undo }), 'undone'); // again: no harm
      assert.deepEqual(await stateOf(plain, statement, 'subject:statement'), before);
    });

    test('a thread, by the address of its page, goes to the bin and comes out as it was', { timeout: 30_000 }, async () => {
      const inbox = await inboxOf(plain, 'lease');
      assert.ok(inbox.length > 0 && inbox.length < 4, 'a part of the thread is in the inbox');
      const binned = done(await plain.call('gmail_modify', { ids: [`https://mail.google.com/mail/u/0/#inbox/${lease}`], action: 'trash' }));
      assert.equal(binned.count, 4);
      assert.deepEqual(await inboxOf(plain, 'lease'), []);
      assert.equal((await stateOf(plain, '19a1ce0000000011', 'in:trash lease')).flags.includes('b'), true);
      done(await plain.call('workspace_undo', { undo: binned.undo }), 'undone');
      assert.deepEqual(await inboxOf(plain, 'lease'), inbox, 'what was not in the inbox is not there now');
    });

    test('by a query the user is shown what it is about, and says yes', { timeout: 30_000 }, async () => {
      user.asked.length = 0;
      user.answer = { action: 'accept', content: { change: true } };
      const before = await reads();
      const starred = done(await asks.call('gmail_modify', { query: 'from:build@ci.example', action: 'star' }));
      assert.equal(starred.count, 30);
      assert.equal(user.asked.length, 1);
      for (const words of ['Star: 30 messages?', 'They match: from:build@ci.example', 'Nightly job', 'and 25 more', 'undone for 24 hours']) assert.ok(user.asked[0].message.includes(words), user.asked[0].message);
      assert.ok((await reads()) - before <= 10, 'labels are known from lists, not from opening every message');
      assert.equal(await countOf(plain, 'is:starred from:build@ci.example'), 30);
      assert.equal(done(await asks.call('workspace_undo', { undo: starred.undo }), 'undone').restored, 30);
      assert.equal(await countOf(plain, 'is:starred from:build@ci.example'), 0);
    });

    test('or no', { timeout: 30_000 }, async () => {
      const before = await changes();
      for (const answer of [{ action: 'decline' }, { action: 'cancel' }, { action: 'accept', content: { change: false } }]) {
        user.answer = answer;
        const error = errorOf(await asks.call('gmail_modify', { query: 'from:build@ci.example', action: 'trash' }));
        assert.equal(error.code, 'blocked_by_policy');
        assert.match(error.message, /did not agree/);
      }
      assert.equal(await changes(), before);
    });

    test('who cannot be asked confirms with a code that is good for this change only', { timeout: 30_000 }, async () => {
      const change = { query: 'from:stats.example', action: 'archive', add: ['Ops/Review'] };
      const before = await changes();
      const error = errorOf(await plain.call('gmail_modify', change));
      assert.equal(error.code, 'blocked_by_policy');
      assert.match(error.message, /Archive, Add Ops\/Review: 30 messages\?/);
      assert.match(error.message, /untrusted/, 'PI-01: what strangers wrote is fenced');
      for (const other of [{ ...change, action: 'trash' }, { ...change, query: 'from:ci.example' }, { ...change, add: [] }, { ...change, request_id: 'x' }]) {
        assert.equal(errorOf(await plain.call('gmail_modify', { ...other, confirm: error.confirm })).code, 'blocked_by_policy');
      }
      assert.equal(errorOf(await asks.call('gmail_modify', { ...change, confirm: error.confirm })).code, 'blocked_by_policy', 'nor through another client');
      assert.equal(await changes(), before);
      const filed = done(await plain.call('gmail_modify', { ...change, confirm: error.confirm }));
      assert.equal(filed.count, 30);
      assert.ok(textOf(await plain.call('gmail_labels', { counts: true })).includes('Ops/Review\t'));
      assert.equal(done(await plain.call('workspace_undo', { undo: filed.undo }), 'undone').restored, 30);
      assert.equal(await countOf(plain, 'in:inbox from:stats.example'), 30);
    });
  });
}

describe('with one client', () => {
  let client;
  const forget = async () => {
    await world.google.clear();
    await world.google.set({ auto_login: 'alice@acme.example' });
  };
  before(forget);
  afterEach(forget);
  before(async () => { client = await new SdkV2Client({ gateway: world.gateway, name: 'tidies', signIn }).connect(); }, { timeout: 60_000 });
  after(() => client?.close());

  test('labels are listed as a tree, with counts on request', { timeout: 30_000 }, async () => {
    const labels = rowsOf(await client.call('gmail_labels')).map(({ label }) => label);
    assert.deepEqual(labels.slice(0, 2), ['Inbox', 'Unread']);
    assert.ok(labels.includes('Trash') && labels.includes('Category/Social') && labels.at(-1) === 'Ops/Review');
    const counted = rowsOf(await client.call('gmail_labels', { counts: true }));
    const inbox = counted.find(({ label }) => label === 'Inbox');
    assert.ok(Number(inbox.messages) > 100 && Number(inbox.unread) <= Number(inbox.messages), JSON.stringify(inbox));
    assert.equal(counted.find(({ label }) => label === 'Ops/Review').messages, '1');
  });

  test('TO-01: an id that names another place goes nowhere', { timeout: 30_000 }, async () => {
    for (const id of ['../drafts', '19a1ce0000000001%2ftrash', '19a1ce0000000001?alt=media', '#', 'https://evil.example/#inbox/19a1ce0000000001', '19a1\u0000ce']) {
      assert.equal(errorOf(await client.call('gmail_modify', { ids: [id], action: 'star' })).code, 'invalid_argument', id);
    }
    assert.equal((await world.google.asked(/gmail/)).length, 0);
  });

  test('an id of another user is nobody’s, and nothing is changed', { timeout: 30_000 }, async () => {
    const error = errorOf(await client.call('gmail_modify', { ids: [statement, '19b0b00000000001'], action: 'archive' }));
    assert.equal(error.code, 'not_found_or_no_access');
    assert.match(error.message, /19b0b00000000001/);
    assert.equal(await changes(), 0);
  });

  test('an unknown label names those that are near, a fixed one is refused', { timeout: 30_000 }, async () => {
    assert.match(errorOf(await client.call('gmail_modify', { ids: [statement], add: ['Review'] })).message, /Ops\/Review/);
    assert.match(errorOf(await client.call('gmail_modify', { ids: [statement], add: ['Sent'] })).message, /cannot be changed/);
    assert.equal(await changes(), 0);
  });

  test('a dry run tells and does nothing', { timeout: 30_000 }, async () => {
    const { count, preview } = done(await client.call('gmail_modify', { query: 'from:deploy@ci.example', action: 'archive', dry_run: true }), 'would_change');
    assert.deepEqual([count, preview.rows.length], [30, 5]);
    assert.equal(await changes(), 0);
  });

  test('new mail that comes between question and answer is left alone', { timeout: 30_000 }, async () => {
    const word = `gooseberry${Date.now()}`;
    const write = (n) => client.call('gmail_send', { to: ['alice@acme.example'], subject: `${word} ${n}`, body: 'To file.' });
    for (const n of [1, 2]) done(await write(n), 'sent');
    const change = { query: `subject:${word} in:inbox`, action: 'archive' };
    const { confirm, message } = errorOf(await client.call('gmail_modify', change));
    assert.match(message, /2 messages/);
    // Mails of one second have no order in which the new one would stand first; then the tool asks anew.
    await sleep(1_100);
    done(await write(3), 'sent');
    assert.equal(done(await client.call('gmail_modify', { ...change, confirm })).count, 2);
    const [left] = rowsOf(await client.call('gmail_search', { query: `subject:${word} in:inbox` }));
    assert.equal(left.subject, `${word} 3`);
    assert.match(errorOf(await client.call('gmail_modify', { ...change, confirm })).message, /changed meanwhile/, 'a code whose messages are done asks anew');
  });

  test('spam and bin have their ways out', { timeout: 30_000 }, async () => {
    const out = done(await client.call('gmail_modify', { ids: ['19a1ce0000000028'], action: 'not_spam' }));
    assert.ok((await inboxOf(client, 'yacht')).length > 0);
    done(await client.call('workspace_undo', { undo: out.undo }), 'undone');
    assert.deepEqual(await inboxOf(client, 'yacht'), []);
    const { confirm } = errorOf(await client.call('gmail_modify', { query: 'Discarded', action: 'untrash' }));
    const back = done(await client.call('gmail_modify', { query: 'Discarded', action: 'untrash', confirm }));
    assert.equal(back.count, 1);
    done(await client.call('workspace_undo', { undo: back.undo }), 'undone');
    assert.equal((await stateOf(client, '19a1ce0000000029', 'in:trash')).flags.includes('b'), true);
  });

  test('a repeated request_id does nothing, on the same process', { timeout: 30_000 }, async () => {
    const change = { ids: [statement], action: 'star', request_id: 'star-1' };
    const first = done(await client.call('gmail_modify', change));
    const again = done(await client.call('gmail_modify', change), 'already_done');
    assert.equal(again.undo, first.undo);
    assert.equal(await changes(), 1);
    assert.equal(errorOf(await client.call('gmail_modify', { ...change, action: 'archive' })).code, 'conflict');
    done(await client.call('workspace_undo', { undo: first.undo }), 'undone');
  });

  test('an undo is good after a restart, for its user only, and only whole', { timeout: 60_000 }, async () => {
    const { undo } = done(await client.call('gmail_modify', { ids: [statement], action: 'archive' }));
    await world.gateway.stop('SIGKILL');
    await world.gateway.start();
    await world.google.set({ auto_login: 'bob@acme.example' });
    const bob = await new SdkV2Client({ gateway: world.gateway, name: 'Bob’s', signIn }).connect();
    world.atEnd(() => bob.close());
    assert.equal(errorOf(await bob.call('workspace_undo', { undo })).code, 'invalid_argument');
    const altered = undo.slice(0, 40) + (undo[40] === 'A' ? 'B' : 'A') + undo.slice(41);
    assert.equal(errorOf(await client.call('workspace_undo', { undo: altered })).code, 'invalid_argument');
    assert.equal(errorOf(await client.call('workspace_undo', { undo: undo.slice(0, -1) })).code, 'invalid_argument');
    done(await client.call('workspace_undo', { undo }), 'undone');
    assert.ok((await inboxOf(client, 'subject:statement')).includes(statement));
  });

  const faults = [
    ['GO-04: a rate limit', { status: 403, reason: 'rateLimitExceeded', times: 2 }],
    ['GO-04: too many requests', { status: 429, reason: 'rateLimitExceeded', times: 2 }],
    ['an error 500 after it was done', { status: 500, reason: 'backendError', after: true }],
    ['a connection that broke after it was done', { drop: true, after: true }],
    ['GO-01: a token that died early', { status: 401, reason: 'authError' }],
  ];
  for (const [what, fault] of faults) {
    test(`${what} is got over`, { timeout: 60_000 }, async () => {
      await world.google.fault({ path: '/messages/batchModify$', ...fault });
      const { undo, count } = done(await client.call('gmail_modify', { ids: [statement], action: 'archive' }));
      assert.equal(count, 1);
      done(await client.call('workspace_undo', { undo }), 'undone');
      assert.ok((await inboxOf(client, 'subject:statement')).includes(statement));
    });
  }

  test('GO-04: a permission withdrawn at Google is said with a way to give it', { timeout: 60_000 }, async () => {
    await world.google.fault({ path: '/messages/batchModify$', status: 403, reason: 'insufficientPermissions' });
    const error = errorOf(await client.call('gmail_modify', { ids: [statement], action: 'archive' }));
    assert.equal(error.code, 'scope_missing');
    assert.ok((await inboxOf(client, 'subject:statement')).includes(statement));
  });

  test('PI-12: the log tells who changed how many and nothing of their content', { timeout: 30_000 }, async () => {
    const { undo } = done(await client.call('gmail_modify', { ids: [statement], action: 'archive' }));
    done(await client.call('workspace_undo', { undo }), 'undone');
    const lines = () => world.gateway.log.split('\n').filter((text) => text.includes('"mail change"') && text.endsWith('}')).map((text) => JSON.parse(text));
    const line = await until('the change is in the log', () => lines().find(({ object, reason, client: id }) => object === statement && reason === 'changed' && id === client.provider.registered.client_id), 5);
    assert.deepEqual([line.tool, line.count], ['gmail_modify', 1]);
    assert.match(line.user, /^\S{12}$/);
    assert.ok(world.gateway.log.includes('"workspace_undo"'));
    assert.ok(!world.gateway.log.includes('gooseberry') && !world.gateway.log.includes('Ops/Review') && !world.gateway.log.includes(undo));
  });
});

describe('the operator’s mode', () => {
  for (const mode of ['readonly', 'draft']) {
    test(`TO-13: ${mode}: no tool that changes mail, and no permission at Google for it`, { timeout: 60_000 }, async () => {
      const limited = await World.start({ env: { GATEHOUSE_MODE: mode } });
      try {
        await limited.google.set({ auto_login: 'alice@acme.example' });
        const client = await new SdkV2Client({ gateway: limited.gateway, name: mode }).connect();
        limited.atEnd(() => client.close());
        const names = (await client.tools()).map(({ name }) => name);
        assert.deepEqual([names.includes('gmail_modify'), names.includes('workspace_undo'), names.includes('gmail_labels')], [false, false, true]);
        await assert.rejects(client.call('gmail_modify', { ids: [statement], action: 'archive' }));
        await assert.rejects(client.call('workspace_undo', { undo: 'x' }));
        assert.ok(rowsOf(await client.call('gmail_labels', { counts: true })).length > 10);
        const { granted } = (await client.call('whoami')).structuredContent.toolsets.gmail;
        assert.ok(!granted.includes('gmail.modify'), String(granted));
      } finally {
        await limited.end();
      }
    });
  }
});
