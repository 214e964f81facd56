// SPDX-License-Identifier: Apache-2.0
//
// Mail goes out once, to whom the user allows, and stays in its thread: with the SDKs of both protocol eras.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { assertSays, errorOf, idsOf, seenBy } from './lib/answers.mjs';
import { until } from './lib/child.mjs';
import { AskedUser, askingFor, everySdk, SdkV2Client } from './lib/clients.mjs';
import { World } from './lib/world.mjs';

const sending = '/gmail/v1/users/me/messages/send$';
const signIn = askingFor('workspace.read', 'workspace.write');
let world;
let bob;
let mails = 0;

// A word that no other mail holds.
const fresh = () => `kumquat${(mails += 1)}`;
const statusOf = (result) => (assert.ok(!result.isError, seenBy(result)), result.structuredContent.status);
const found = async (client, query) => idsOf(await client.call('gmail_search', { query }));
const sends = async () => (await world.google.asked(/\/messages\/send$/)).length;

before(async () => {
  world = await World.start();
  await world.google.set({ auto_login: 'bob@acme.example' });
  bob = await new SdkV2Client({ gateway: world.gateway, name: 'Bob’s' }).connect();
  world.atEnd(() => bob.close());
  await world.google.set({ auto_login: 'alice@acme.example' });
}, { timeout: 60_000 });
after(() => world?.end());

for (const [kind, make] of everySdk) {
  describe(kind, () => {
    const user = new AskedUser('send');
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

    test('a mail to a colleague goes out and arrives', { timeout: 30_000 }, async () => {
      const word = fresh();
      const result = await plain.call('gmail_send', { to: ['Bob Bäxter <bob@acme.example>'], subject: `Grüße ${word} 会議`, body: `# Hello\n\n*Żółw* ${word}\n\n- one\n- two` });
      assert.equal(statusOf(result), 'sent');
      const [arrived] = await found(bob, word);
      assertSays(await bob.call('gmail_read', { ids: [arrived] }), `Grüße ${word} 会議`, 'Żółw', 'Alice Archer', '- two');
      assertSays(await bob.call('gmail_read', { ids: [arrived], include: ['html'] }), 'Żółw');
      assert.deepEqual(await found(plain, `in:sent ${word}`), [result.structuredContent.id]);
    });

    test('a reply stays in its thread', { timeout: 30_000 }, async () => {
      const word = fresh();
      const result = await plain.call('gmail_send', { reply_to: '19a1ce0000000012', body: `Agreed, ${word}.` });
      assert.equal(statusOf(result), 'sent');
      assert.equal(result.structuredContent.thread_id, '19a1ce0000000010');
      assert.deepEqual(result.structuredContent.recipients, ['bob@acme.example']);
      const [id] = await found(plain, word);
      assertSays(await plain.call('gmail_read', { ids: [id], include: ['headers'] }), 'Re: Harbour lease', 'In-Reply-To', 'References');
    });

    test('a draft waits in its thread for the user', { timeout: 30_000 }, async () => {
      const word = fresh();
      const result = await plain.call('gmail_draft', { reply_to: '19a1ce0000000013', body: `Perhaps ${word}` });
      assert.ok(!result.isError, seenBy(result));
      const { draft_id: draft, id, thread_id: thread } = result.structuredContent;
      assert.equal(thread, '19a1ce0000000010');
      assertSays(await plain.call('gmail_read', { ids: [id] }), `Perhaps ${word}`, 'Re: Harbour lease');
      assert.deepEqual(await found(plain, `in:draft ${word}`), [id]);
      const other = fresh();
      const replaced = await plain.call('gmail_draft', { draft_id: draft, to: ['dave@other.example'], subject: other, body: 'Later.' });
      assert.equal(replaced.structuredContent.draft_id, draft);
      assert.deepEqual(await found(bob, word), [], 'nothing was sent');
    });

    test('people outside are named to the user, who may say yes', { timeout: 30_000 }, async () => {
      const word = fresh();
      user.asked.length = 0;
      user.answer = { action: 'accept', content: { send: true } };
      const result = await asks.call('gmail_send', { to: ['bob@acme.example', 'dave@other.example'], bcc: ['x@far.example'], subject: word, body: 'The plan.' });
      assert.equal(statusOf(result), 'sent');
      assert.equal(user.asked.length, 1);
      for (const words of [`Subject: ${word}`, 'dave@other.example', 'x@far.example', '1 inside']) assert.ok(user.asked[0].message.includes(words), user.asked[0].message);
      assert.equal((await found(asks, `in:sent ${word}`)).length, 1);
    });

    test('or no', { timeout: 30_000 }, async () => {
      for (const answer of [{ action: 'decline' }, { action: 'cancel' }, { action: 'accept', content: { send: false } }]) {
        const word = fresh();
        user.answer = answer;
        const error = errorOf(await asks.call('gmail_send', { to: ['dave@other.example'], subject: word, body: 'The plan.' }));
        assert.equal(error.code, 'blocked_by_policy');
        assert.match(error.message, /did not agree/);
        assert.deepEqual(await found(asks, word), []);
      }
    });

    test('who cannot be asked confirms with a code that is good for this mail only', { timeout: 30_000 }, async () => {
      const word = fresh();
      const mail = { to: ['dave@other.example'], subject: word, body: 'The plan.' };
      const error = errorOf(await plain.call('gmail_send', mail));
      assert.equal(error.code, 'blocked_by_policy');
      assert.match(error.message, /dave@other\.example/);
      assert.match(error.message, new RegExp(`Subject: ${word}`));
      assert.equal(errorOf(await plain.call('gmail_send', { ...mail, body: 'Another plan.', confirm: error.confirm })).code, 'blocked_by_policy');
      assert.equal(errorOf(await plain.call('gmail_send', { ...mail, to: ['carol@gmail.com'], confirm: error.confirm })).code, 'blocked_by_policy');
      assert.equal(errorOf(await asks.call('gmail_send', { ...mail, confirm: error.confirm })).code, 'blocked_by_policy', 'nor through another client');
      assert.deepEqual(await found(plain, word), []);
      assert.equal(statusOf(await plain.call('gmail_send', { ...mail, confirm: error.confirm })), 'sent');
      assert.equal(statusOf(await plain.call('gmail_send', { ...mail, confirm: error.confirm })), 'already_sent');
      assert.equal((await found(plain, `in:sent ${word}`)).length, 1);
    });
  });
}

describe('nothing goes out twice', () => {
  let client;
  const forget = async () => {
    await world.google.clear();
    await world.google.set({ auto_login: 'alice@acme.example' });
  };
  before(forget); // what was sent before does not count
  afterEach(forget);
  before(async () => { client = await new SdkV2Client({ gateway: world.gateway, name: 'repeats', signIn }).connect(); }, { timeout: 60_000 });
  after(() => client?.close());

  const effects = [
    ['a connection that broke', { drop: true }],
    ['an error 500', { status: 500, reason: 'backendError' }],
    ['a body cut half way', { truncate: true, after: false }],
  ];
  for (const [what, fault] of effects) {
    for (const rewrite of [false, true]) {
      test(`${what} after the mail went out${rewrite ? ', and Google renamed it' : ''}: one mail`, { timeout: 60_000 }, async () => {
        const mail = { to: ['bob@acme.example'], subject: fresh(), body: 'Once.' };
        await world.google.set({ rewrite_message_id: rewrite });
        await world.google.fault({ path: sending, after: true, ...fault });
        const first = await client.call('gmail_send', mail);
        assert.equal(statusOf(first), 'sent', 'it is found in Sent at once');
        const again = await client.call('gmail_send', mail);
        assert.equal(statusOf(again), 'already_sent');
        assert.equal(again.structuredContent.id, first.structuredContent.id);
        assert.equal((await found(client, `in:sent ${mail.subject}`)).length, 1);
        assert.equal(await sends(), 1);
      });
    }
  }

  test('a loss before it went out is unknown, and a repeat sends it once', { timeout: 90_000 }, async () => {
    const mail = { to: ['bob@acme.example'], subject: fresh(), body: 'Once.', request_id: 'r-7' };
    await world.google.fault({ path: sending, drop: true });
    const error = errorOf(await client.call('gmail_send', mail));
    assert.equal(error.code, 'outcome_unknown');
    assert.ok(error.retry_after_s > 0);
    assert.equal(await sends(), 1, 'nobody but the caller repeats it');
    assert.equal(errorOf(await client.call('gmail_send', mail)).code, 'outcome_unknown', 'too early to tell');
    assert.equal(await sends(), 1);
    const repeated = await until('a repeat is taken', async () => {
      const result = await client.call('gmail_send', mail);
      return result.isError ? undefined : result;
    }, 40);
    assert.equal(repeated.structuredContent.status, 'sent');
    assert.equal((await found(client, `in:sent ${mail.subject}`)).length, 1);
    assert.equal(await sends(), 2);
  });

  test('another process knows what this one sent', { timeout: 60_000 }, async () => {
    const mail = { to: ['bob@acme.example'], subject: fresh(), body: 'Once.' };
    await world.google.set({ rewrite_message_id: true });
    assert.equal(statusOf(await client.call('gmail_send', mail)), 'sent');
    await world.gateway.stop('SIGKILL');
    await world.gateway.start();
    assert.equal(statusOf(await client.call('gmail_send', mail)), 'already_sent');
    assert.equal((await found(client, `in:sent ${mail.subject}`)).length, 1);
  });

  test('a request_id that was used for another mail is refused', { timeout: 30_000 }, async () => {
    const mail = { to: ['bob@acme.example'], subject: fresh(), body: 'First.', request_id: fresh() };
    assert.equal(statusOf(await client.call('gmail_send', mail)), 'sent');
    assert.equal(errorOf(await client.call('gmail_send', { ...mail, body: 'Second.' })).code, 'conflict');
  });

  test('the log tells who sent what and nothing of its content', { timeout: 30_000 }, async () => {
    const word = fresh();
    const { structuredContent } = await client.call('gmail_send', { to: ['bob@acme.example'], subject: word, body: `Secret ${word}` });
    const line = await until('the send is in the log', () => world.gateway.log.split('\n').filter((text) => text.includes('"mail send"') && text.endsWith('}')).map((text) => JSON.parse(text)).find(({ object }) => object === structuredContent.id), 5);
    assert.equal(line.reason, 'sent');
    assert.equal(line.tool, 'gmail_send');
    assert.equal(line.client, client.provider.registered.client_id);
    assert.match(line.user, /^\S{12}$/);
    assert.deepEqual([line.count, line.outside], [1, 0]);
    assert.ok(!world.gateway.log.includes(word) && !world.gateway.log.includes('bob@acme.example'));
  });
});

test('a client that asked for reading only cannot send', { timeout: 60_000 }, async () => {
  const reader = await new SdkV2Client({ gateway: world.gateway, name: 'reader', signIn: askingFor('workspace.read') }).connect();
  world.atEnd(() => reader.close());
  const before = await sends();
  const response = await fetch(world.gateway.mcpUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: `Bearer ${reader.provider.granted.access_token}`,
      'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'gmail_send',
    },
    body: JSON.stringify({
      jsonrpc: '2.0', id: 1, method: 'tools/call',
      params: {
        name: 'gmail_send', arguments: { to: ['bob@acme.example'], body: 'x' },
        _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} },
      },
    }),
  });
  assert.equal(response.status, 403);
  assert.match(response.headers.get('www-authenticate'), /insufficient_scope/);
  assert.match(response.headers.get('www-authenticate'), /workspace\.write/);
  assert.equal(await sends(), before);
});

describe('the operator’s mode', () => {
  for (const mode of ['readonly', 'draft']) {
    test(`${mode}: no tool that sends, and no permission at Google to send`, { timeout: 60_000 }, async () => {
      const limited = await World.start({ env: { GATEHOUSE_MODE: mode } });
      try {
        await limited.google.set({ auto_login: 'alice@acme.example' });
        const client = await new SdkV2Client({ gateway: limited.gateway, name: mode }).connect();
        limited.atEnd(() => client.close());
        const names = (await client.tools()).map(({ name }) => name);
        assert.equal(names.includes('gmail_send'), false);
        assert.equal(names.includes('gmail_draft'), mode === 'draft');
        await assert.rejects(client.call('gmail_send', { to: ['bob@acme.example'], body: 'x' }));
        const { granted } = (await client.call('whoami')).structuredContent.toolsets.gmail;
        assert.ok(!granted.includes('gmail.send'), String(granted));
      } finally {
        await limited.end();
      }
    });
  }
});
