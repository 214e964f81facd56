// SPDX-License-Identifier: Apache-2.0
//
// A draft goes out as it stands, once, and as somebody the user is: drafts that the assistant wrote and drafts that the user wrote in Gmail.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as letter from '../emulator/letter.mjs';
import { assertSays, errorOf, idsOf, seenBy, textOf } from './lib/answers.mjs';
import { until } from './lib/child.mjs';
import { askingFor, SdkV1Client, SdkV2Client } from './lib/clients.mjs';
import { World } from './lib/world.mjs';

const alice = 'alice@acme.example';
const bob = 'bob@acme.example';
const sales = 'sales@acme.example';
const signIn = askingFor('workspace.read', 'workspace.write');
let world;
let client;
let reader; // Bob's
let words = 0;

const fresh = () => `mulberry${(words += 1)}`;
const statusOf = (result) => (assert.ok(!result.isError, seenBy(result)), result.structuredContent.status);
const found = async (who, query) => idsOf(await who.call('gmail_search', { query }));
const sends = async () => (await world.google.asked(/\/(messages|drafts)\/send$/)).length;
const split = (raw) => {
  const at = raw.indexOf('\r\n\r\n');
  return { head: raw.subarray(0, at).toString('latin1'), body: raw.subarray(at + 4).toString('latin1') };
};

// As somebody writes it in Gmail: a picture within the text, a file, another charset, and people hidden from each other.
function handmade({ to, cc, bcc, word }) {
  const headers = [
    ['Date', 'Sun, 1 Nov 2026 10:00:00 +0100'], ['Message-ID', `<${word}@mail.gmail.com>`], ['Subject', letter.word(`Pläne ${word}`)], ['From', `Alice <${alice}>`], ['To', to],
    ...(cc ? [['Cc', cc]] : []), ...(bcc ? [['Bcc', bcc]] : []),
  ];
  const html = letter.html(`<p>Größe und Maß, ${word}: <img src="cid:1"></p>`, { charset: 'iso-8859-1', encoding: '8bit' });
  const picture = letter.file(Buffer.from('\x89PNG picture', 'latin1'), 'image/png', 'inline; filename="logo.png"', [['Content-ID', '<1>']]);
  const text = letter.multipart('alternative', [letter.text(`Größe und Maß, ${word}`), letter.multipart('related', [html, picture])]);
  const csv = letter.file(Buffer.from('a,b\r\n'), 'text/csv', 'attachment; filename="a.csv"');
  return letter.letter(headers, letter.multipart('mixed', [text, csv]));
}

// Puts it into Alice's drafts; gives the id that a search finds it by.
async function written(raw, word) {
  await world.google.deliver(alice, raw, ['DRAFT']);
  const [id] = await found(client, `in:draft ${word}`);
  return id;
}

before(async () => {
  world = await World.start();
  await world.google.set({ auto_login: bob });
  reader = await new SdkV2Client({ gateway: world.gateway, name: 'Bob’s' }).connect();
  await world.google.set({ auto_login: alice, send_as: { [alice]: [{ sendAsEmail: sales, displayName: 'Acme Sales' }, { sendAsEmail: 'boss@acme.example', verificationStatus: 'pending' }] } });
  client = await new SdkV2Client({ gateway: world.gateway, name: 'Alice’s', signIn }).connect();
  world.atEnd(() => Promise.all([client.close(), reader.close()]));
}, { timeout: 60_000 });
after(() => world?.end());

test('a draft written by hand goes out unharmed, and is no draft any more', { timeout: 30_000 }, async () => {
  const word = fresh();
  const raw = handmade({ to: `"Bäxter, Bob" <${bob}>`.replace('ä', 'a'), bcc: alice, word });
  const id = await written(raw, word);
  const result = await client.call('gmail_send', { draft_id: id });
  assert.equal(statusOf(result), 'sent');
  assert.deepEqual(result.structuredContent.recipients, [bob, alice]);
  assert.equal(result.structuredContent.attachments, 2);
  const [arrived] = await found(reader, word);
  const [was, is] = [split(raw), split(await world.google.mail(bob, arrived))];
  assert.equal(is.body, was.body);
  assert.match(is.head, /^Subject: =\?UTF-8\?B\?/m);
  assert.doesNotMatch(is.head, /\+0100|^Bcc:|mail\.gmail\.com/m);
  assert.deepEqual(await found(client, `in:draft ${word}`), []);
  assert.deepEqual(await found(client, `in:sent ${word}`), [result.structuredContent.id]);
});

test('a draft of the assistant’s goes out in its thread', { timeout: 30_000 }, async () => {
  const word = fresh();
  const { structuredContent: draft } = await client.call('gmail_draft', { reply_to: '19a1ce0000000012', body: `Agreed, ${word}.` });
  const result = await client.call('gmail_send', { draft_id: draft.draft_id });
  assert.equal(statusOf(result), 'sent');
  assert.equal(result.structuredContent.thread_id, '19a1ce0000000010');
  assert.equal((await found(reader, word)).length, 1);
});

test('a repeat sends nothing, also after a restart', { timeout: 60_000 }, async () => {
  const word = fresh();
  const { structuredContent: draft } = await client.call('gmail_draft', { to: [bob], subject: word, body: 'x' });
  const call = { draft_id: draft.draft_id, request_id: word };
  assert.equal(statusOf(await client.call('gmail_send', call)), 'sent');
  const before = await sends();
  assert.equal(statusOf(await client.call('gmail_send', call)), 'already_sent');
  await world.gateway.restart();
  assert.equal(statusOf(await client.call('gmail_send', call)), 'already_sent');
  assert.equal(statusOf(await client.call('gmail_send', { draft_id: draft.draft_id })), 'already_sent');
  assert.equal(await sends(), before);
  assert.equal((await found(reader, word)).length, 1);
});

test('an answer lost on the way leaves one mail', { timeout: 30_000 }, async () => {
  const word = fresh();
  const { structuredContent: draft } = await client.call('gmail_draft', { to: [bob], subject: word, body: 'x' });
  await world.google.fault({ path: '/drafts/send$', status: 503, reason: 'backendError', after: true });
  assert.equal(statusOf(await client.call('gmail_send', { draft_id: draft.draft_id })), 'sent');
  assert.equal((await found(reader, word)).length, 1);
});

test('people outside are named first, and a draft changed since is asked about anew', { timeout: 30_000 }, async () => {
  const word = fresh();
  const mail = { to: ['dave@other.example'], subject: word, body: 'The plan.' };
  const { structuredContent: draft } = await client.call('gmail_draft', mail);
  const asked = errorOf(await client.call('gmail_send', { draft_id: draft.draft_id }));
  assert.equal(asked.code, 'blocked_by_policy');
  for (const words of [`Subject: ${word}`, 'dave@other.example', 'The plan.']) assert.ok(asked.message.includes(words), asked.message);
  await client.call('gmail_draft', { ...mail, draft_id: draft.draft_id, body: 'Another plan.' });
  const before = await sends();
  assert.equal(errorOf(await client.call('gmail_send', { draft_id: draft.draft_id, confirm: asked.confirm })).code, 'blocked_by_policy');
  assert.equal(await sends(), before);
  const { confirm } = errorOf(await client.call('gmail_send', { draft_id: draft.draft_id }));
  assert.equal(statusOf(await client.call('gmail_send', { draft_id: draft.draft_id, confirm })), 'sent');
});

test('a user who can be asked agrees to the draft', { timeout: 30_000 }, async () => {
  const questions = [];
  const asks = await new SdkV1Client({ gateway: world.gateway, name: 'asks', signIn, elicit: async (params) => (questions.push(params), { action: 'accept', content: { send: true } }) }).connect();
  try {
    const word = fresh();
    const id = await written(handmade({ to: 'dave@other.example', word }), word);
    assert.equal(statusOf(await asks.call('gmail_send', { draft_id: id })), 'sent');
    assert.equal(questions.length, 1);
    for (const words of ['dave@other.example', 'a.csv', 'logo.png', `Größe und Maß, ${word}`]) assert.ok(questions[0].message.includes(words), questions[0].message);
  } finally {
    await asks.close();
  }
});

test('draft_id stands alone, and names a draft', { timeout: 30_000 }, async () => {
  const mixed = errorOf(await client.call('gmail_send', { draft_id: 'r-1', body: 'x', to: [bob] }));
  assert.equal(mixed.code, 'invalid_argument');
  assert.match(mixed.message, /leave out to, body\..*gmail_draft/);
  for (const draft_id of ['r-1', '19a1ce0000000001']) assert.equal(errorOf(await client.call('gmail_send', { draft_id })).code, 'not_found_or_no_access');
  assert.equal(errorOf(await client.call('gmail_send', { draft_id: '../messages/send' })).code, 'invalid_argument');
});

test('from is an address of the user’s own', { timeout: 30_000 }, async () => {
  const word = fresh();
  assert.equal(statusOf(await client.call('gmail_send', { from: sales, to: [bob], subject: word, body: 'x' })), 'sent');
  const [id] = await found(reader, word);
  assertSays(await reader.call('gmail_read', { ids: [id] }), `Acme Sales <${sales}>`);
  for (const from of ['boss@acme.example', 'eve@evil.example']) {
    const refused = errorOf(await client.call('gmail_send', { from, to: [bob], body: 'x' }));
    assert.equal(refused.code, 'invalid_argument');
    assert.ok(refused.message.includes(`${alice}, ${sales}`), refused.message);
  }
});

test('a reply comes from the address that was written to', { timeout: 30_000 }, async () => {
  const word = fresh();
  await world.google.deliver(alice, ['From: Bob <bob@acme.example>', `To: ${sales}`, `Subject: Order ${word}`, `Message-ID: <${word}@acme.example>`, '', 'Ten, please.', ''].join('\r\n'), ['INBOX']);
  const [order] = await found(client, word);
  const { structuredContent: draft } = await client.call('gmail_draft', { reply_to: order, body: 'Thank you.' });
  assertSays(await client.call('gmail_read', { ids: [draft.id] }), `Acme Sales <${sales}>`);
});

test('dry_run tells and changes nothing', { timeout: 30_000 }, async () => {
  const word = fresh();
  const before = await sends();
  const mail = { to: [bob, 'dave@other.example'], subject: word, body: 'x', attachments: ['19a1ce0000000020/1'] };
  const would = await client.call('gmail_send', { ...mail, dry_run: true });
  const { status, recipients, outside, confirmation, attachments, size_bytes: size } = would.structuredContent;
  assert.deepEqual({ status, recipients, outside, confirmation }, { status: 'would_send', recipients: mail.to, outside: ['dave@other.example'], confirmation: 'needed' });
  assert.match(attachments[0], /^figures\.csv \(text\/csv/);
  assert.ok(size > 300);
  assert.equal((await client.call('gmail_draft', { ...mail, dry_run: true })).structuredContent.status, 'would_draft');
  assert.deepEqual(await found(client, word), []);
  assert.equal(await sends(), before);
  await until('the log has it', () => world.gateway.log.includes('"mail send","reason":"dry run"'), 5);
});

test('a request_id of a draft stands for one draft, also after a restart', { timeout: 60_000 }, async () => {
  const word = fresh();
  const mail = { to: [bob], subject: word, body: 'x', request_id: word };
  const first = (await client.call('gmail_draft', mail)).structuredContent;
  const again = async () => (await client.call('gmail_draft', mail)).structuredContent;
  for (const restart of [false, true]) {
    if (restart) await world.gateway.restart();
    const { status, draft_id: id } = await again();
    assert.deepEqual([status, id], ['already_drafted', first.draft_id]);
    assert.equal(errorOf(await client.call('gmail_draft', { ...mail, body: 'y' })).code, 'conflict');
  }
  assert.equal((await found(client, `in:draft ${word}`)).length, 1);
  await world.google.fault({ path: '/drafts$', method: 'POST', status: 503, reason: 'backendError', after: true });
  const other = fresh();
  const lost = await client.call('gmail_draft', { ...mail, subject: other, request_id: other });
  assert.ok(!lost.isError, textOf(lost));
  assert.equal((await found(client, `in:draft ${other}`)).length, 1);
});
