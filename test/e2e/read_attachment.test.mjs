// SPDX-License-Identifier: Apache-2.0
//
// Attachments as text, as images and as they are, read by real clients from the test Google; and what happens to hostile ones.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { archive, minutesPdf } from '../emulator/papers.mjs';
import { assertSays, assertSilent, errorOf, seenBy, textOf } from './lib/answers.mjs';
import { SdkV1Client, SdkV2Client } from './lib/clients.mjs';
import { stateOf } from './lib/process_state.mjs';
import { World } from './lib/world.mjs';

const papers = '19a1ce0000000030';
const figures = '19a1ce0000000020';
const anyAttachment = '/attachments/[^/]+$';
let world;

before(async () => {
  world = await World.start();
  await world.google.set({ auto_login: 'alice@acme.example' });
}, { timeout: 60_000 });
after(() => world?.end());

const read = (client, handle, more = {}) => client.call('gmail_attachment', { handle, ...more });

// What Google answers to the next request for an attachment, whichever it is.
const googleGives = (bytes) => world.google.fault({ path: anyAttachment, status: 200, body: { size: bytes.length, data: bytes.toString('base64url') } });

const kinds = [
  ['@modelcontextprotocol/sdk 1.32', (options) => new SdkV1Client(options)],
  ['@modelcontextprotocol/client 2.4', (options) => new SdkV2Client(options)],
];

for (const [kind, make] of kinds) {
  describe(kind, () => {
    let client;
    before(async () => {
      client = await make({ gateway: world.gateway, name: kind }).connect();
    }, { timeout: 60_000 });
    after(() => client?.close());

    test('the handles that gmail_read gives open the files', { timeout: 30_000 }, async () => {
      const mail = await client.call('gmail_read', { ids: [papers] });
      const handles = mail.structuredContent.messages[0].attachments.map(({ handle }) => handle);
      assert.deepEqual(handles, [1, 2, 3, 4, 5].map((part) => `${papers}/${part}`));
      const word = await read(client, handles[0]);
      assertSays(word, '# Lease of pier 4', 'Codeword: tangerine.', '| year | rent |', '| 2027 | 48,000 |', 'characters of hidden text removed');
      assertSilent(word, 'canary-hidden-in-word');
      assert.match(textOf(word), /<untrusted-(\S+) from="attachment 19a1ce0000000030\/1">[^]*<\/untrusted-\1>/);
      assertSays(await read(client, handles[1]), '## Sheet 1: Revenue', 'Region\tSince\nZürich\t2026-11-10', '## Sheet 2: Costs', '1284.5');
      assertSilent(await read(client, handles[1], { pages: '2' }), 'Zürich');
    });

    test('a PDF is read page by page', { timeout: 30_000 }, async () => {
      assertSays(await read(client, `${papers}/3`), '[page 1]\nMinutes of the board', 'Codeword: persimmon.', '[page 3]\nSigned by all');
      const second = await read(client, `${papers}/3`, { pages: '2-2' });
      assertSays(second, '[page 2]', 'persimmon');
      assertSilent(second, 'Minutes of the board', 'Signed by all');
    });

    test('what a file is declared to be is not believed', { timeout: 30_000 }, async () => {
      const result = await read(client, `${papers}/4`);
      assertSays(result, 'tangerine', 'declared as another type than it is');
      assert.equal(result.structuredContent.type, 'Word document (docx)');
      assert.equal(result.structuredContent.mime, 'application/pdf');
    });

    test('a long text goes on at its cursor until all is given', { timeout: 60_000 }, async () => {
      let result = await read(client, `${papers}/5`);
      let text = '';
      for (let answers = 1; ; answers += 1) {
        assert.ok(!result.isError, seenBy(result));
        assert.ok(textOf(result).length <= 8000, `${textOf(result).length} characters`);
        text += result.structuredContent.text.replace(/^<.*>\n|<\/untrusted-\S+>$/g, '');
        const { next } = result.structuredContent;
        if (!next) break;
        assert.ok(answers < 10, 'it comes to an end');
        result = await client.call('gmail_attachment', { cursor: next });
      }
      for (const item of [1, 200, 400]) assert.ok(text.includes(`Item ${String(item).padStart(3, '0')} of the inventory`), `item ${item}`);
      assert.ok(text.trimEnd().endsWith('The last item is a lantern.'));
    });

    test('CSV and calendars are text, pictures are pictures, small files come as they are', { timeout: 30_000 }, async () => {
      assertSays(await read(client, `${figures}/1`), 'region,revenue\nNorth,1200');
      assertSays(await read(client, '19a1ce0000000021/1'), 'Event: Roof survey', 'Pier 4');
      const chart = await read(client, `${figures}/3`);
      const [picture] = chart.content.filter(({ type }) => type === 'image');
      assert.equal(picture.mimeType, 'image/png');
      assert.equal(Buffer.from(picture.data, 'base64').subarray(1, 4).toString(), 'PNG');
      const raw = await read(client, `${figures}/1`, { as: 'base64' });
      assert.equal(Buffer.from(raw.structuredContent.base64, 'base64').toString(), 'region,revenue\nNorth,1200\nSouth,900\n');
    });
  });
}

describe('hostile files', () => {
  let alice;
  let bob;
  before(async () => {
    alice = await new SdkV2Client({ gateway: world.gateway, name: 'Alice’s' }).connect();
    await world.google.set({ auto_login: 'bob@acme.example' });
    bob = await new SdkV2Client({ gateway: world.gateway, name: 'Bob’s' }).connect();
    await world.google.set({ auto_login: 'alice@acme.example' });
  }, { timeout: 60_000 });
  after(async () => {
    await alice?.close();
    await bob?.close();
  });

  test('nobody reads the files of another, by handle or by cursor', { timeout: 30_000 }, async () => {
    assert.equal(errorOf(await read(bob, `${papers}/1`)).code, 'not_found_or_no_access');
    const { next } = (await read(alice, `${papers}/5`)).structuredContent;
    assert.equal(errorOf(await bob.call('gmail_attachment', { cursor: next })).code, 'invalid_argument');
  });

  test('damaged, encrypted and unread kinds say so, and what to do', { timeout: 60_000 }, async () => {
    const compound = Buffer.from('d0cf11e0a1b11ae1', 'hex');
    const rows = [
      [Buffer.from('%PDF-1.4\nnothing of a PDF\n'), 'invalid_argument', /damaged PDF/],
      [Buffer.concat([compound, Buffer.from('EncryptedPackage', 'utf16le')]), 'invalid_argument', /password/],
      [compound, 'invalid_argument', /before 2007/],
      [Buffer.from('\x7fELF\0\0\0\0'), 'invalid_argument', /No text is read/],
      [archive({ 'a.txt': 'x' }), 'invalid_argument', /ZIP archive/],
      [archive({ 'word/document.xml': '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' }), 'invalid_argument', /damaged/],
      [archive({ 'word/document.xml': '<w:p>'.repeat(100_000) }), 'invalid_argument', /damaged/],
      [archive({ 'word/document.xml': `<a>${' '.repeat(12 * 1024 * 1024)}</a>` }), 'too_large', /unpacks to more/],
    ];
    for (const [bytes, code, words] of rows) {
      await googleGives(bytes);
      const error = errorOf(await read(alice, `${papers}/1`, { as: 'text' })); // who leaves it open gets a link: file_links
      assert.equal(error.code, code, JSON.stringify(error));
      assert.match(error.message, words);
    }
  });

  test('what Google answers in broken base64 is no file', { timeout: 30_000 }, async () => {
    await world.google.fault({ path: anyAttachment, status: 200, body: { size: 3, data: '!!!' } });
    assert.equal(errorOf(await read(alice, `${papers}/1`)).code, 'google_unavailable');
  });

  // TO-09
  test('25 MB are read within the memory of a gateway', { timeout: 120_000 }, async () => {
    const before = stateOf(world.gateway.pid);
    const pdf = Buffer.concat([minutesPdf, Buffer.alloc(25 * 1024 * 1024 - minutesPdf.length, '%\n')]);
    await googleGives(pdf);
    assertSays(await read(alice, `${papers}/3`, { pages: '2' }), 'persimmon');
    const text = Buffer.alloc(25 * 1024 * 1024, 'words and words\n');
    await googleGives(text);
    assertSays(await read(alice, `${papers}/5`), 'words and words', 'not all was read');
    const { peakKb } = stateOf(world.gateway.pid);
    assert.ok(before.rssKb === 0 || peakKb < 256 * 1024, `${peakKb} kB at most, ${before.rssKb} before`); // 0: a sanitizer keeps memory on purpose
    assertSays(await alice.call('gmail_search', { query: 'quicksilver' }), figures);
  });
});
