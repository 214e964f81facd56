// SPDX-License-Identifier: Apache-2.0
//
// One-time links over replicas (docs/decisions/0010): a link that one replica gave is good on every other, once in all, and outlives the one
// that gave it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { FormBrowser, readForm } from './lib/browser.mjs';
import { callAlone } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';

const alice = 'alice@acme.example';
const contract = '19a1ce0000000030/1'; // of Alice's mail
const limit = { timeout: 60_000 };
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');
const report = Buffer.from('%PDF-1.4\nthe report\n\0\x01\xff', 'latin1');
let world;
let client;
let browser;
let file;

// A client that may also send.
class WritingClient extends RawClient {
  begin = () => `${RawClient.prototype.begin.call(this)}&scope=workspace.read+workspace.write`;
}

async function resultOf(name, tool, args) {
  const answer = await callAlone(world.at(name), client.tokens.access_token, tool, args);
  const result = answer.message?.result;
  assert.ok(result && !result.isError, answer.text.slice(0, 600));
  return result.structuredContent;
}

// A link that this replica gave.
const linkBy = async (name, handle = contract) => (await resultOf(name, 'gmail_attachment', { handle, as: 'link' })).url;
const askedOf = (name, file) => resultOf(name, 'workspace_upload', { name: file });

const fetchOn = (name, url) => browser.visit(url, { headers: { 'x-replica': name } });
const putOn = async (name, url, body = report) => (await fetch(url, { method: 'PUT', body, headers: { 'x-replica': name } })).status;
const uploadsOf = async (name) => (await world.google.mailUnder('DRAFT')).filter(({ subject }) => subject.includes(name));

// The files of a mail that went out: {name: hash}.
async function filesIn(id) {
  const letter = (await world.google.mail(alice, id)).toString('latin1');
  const files = {};
  for (const part of letter.split(/\r\n--=_/).slice(1)) {
    const name = /filename="([^"]*)"/.exec(part)?.[1];
    if (name) files[name] = sha(Buffer.from(part.slice(part.indexOf('\r\n\r\n')), 'base64'));
  }
  return files;
}

describe('links to files', () => {
  before(async () => {
    world = await Replicas.start({ names: ['a', 'b', 'c'] });
    client = await new WritingClient({ gateway: world.gateway }).signIn();
    browser = new FormBrowser();
    assert.equal((await browser.visit(`${world.gateway.url}/login`)).status, 200);
    const letter = (await world.google.mail(alice, contract.split('/')[0])).toString('latin1');
    const part = letter.split(/\r\n--/).find((text) => text.includes('contract.docx'));
    file = Buffer.from(part.slice(part.indexOf('\r\n\r\n')), 'base64');
  }, { timeout: 120_000 });
  afterEach(async () => {
    for (const name of world.names) if (!world.get(name).running) await world.revive(name);
  });
  after(() => world?.end());

  describe('that people fetch', () => {
    test('given by one replica, served by another, and then by none', limit, async () => {
      const url = await linkBy('a');
      const answer = await fetchOn('b', url);
      assert.equal(answer.status, 200, answer.text.slice(0, 300));
      assert.equal(sha(answer.bytes), sha(file));
      for (const name of world.names) assert.equal((await fetchOn(name, url)).status, 404, name);
    });

    test('of three that come at once, to three replicas, one gets it', limit, async () => {
      for (let round = 0; round < 5; round += 1) {
        const url = await linkBy('a');
        const answers = await Promise.all(world.names.map((name) => fetchOn(name, url)));
        assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 404, 404], `round ${round}`);
      }
    });

    test('the replica that gave it may be gone', limit, async () => {
      const url = await linkBy('a');
      await world.kill('a');
      assert.equal(sha((await fetchOn('b', url)).bytes), sha(file));
      assert.equal((await fetchOn('c', url)).status, 404);
    });

    test('a replica that dies before it has answered leaves it good or used, and never good twice', limit, async () => {
      const url = await linkBy('a');
      await world.google.fault({ path: '/attachments/[^/]+$', status: 0, delay_ms: 1_500, times: 1 });
      const lost = fetchOn('b', url).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 400));
      await world.kill('b');
      assert.equal((await lost)?.status, 502, 'the balancer sends nothing twice');
      assert.equal((await fetchOn('c', url)).status, 200, 'Google had not answered, so it is still good');
      assert.equal((await fetchOn('a', url)).status, 404);
    });

    test('a session that was ended on one replica ends its links on the others', limit, async () => {
      const other = await new WritingClient({ gateway: world.gateway, name: 'leaves' }).signIn();
      const answer = await callAlone(world.at('a'), other.tokens.access_token, 'gmail_attachment', { handle: contract, as: 'link' });
      const { url } = answer.message.result.structuredContent;
      await other.send('/revoke', new URLSearchParams({ token: other.tokens.refresh_token, client_id: other.id }), 'b');
      assert.equal((await fetchOn('c', url)).status, 403);
    });
  });

  describe('that people bring files by', () => {
    test('given by one replica, taken by another, sent by the third; and no more by any', limit, async () => {
      const { url, handle } = await askedOf('a', 'report.pdf');
      assert.equal(await putOn('b', url), 201);
      for (const name of world.names) assert.equal(await putOn(name, url), 404, name);
      assert.equal((await uploadsOf('report.pdf')).length, 1);
      const { id } = await resultOf('c', 'gmail_send', { to: ['bob@acme.example'], subject: 'Brought', body: 'Attached.', attachments: [handle] });
      assert.deepEqual(await filesIn(id), { 'report.pdf': sha(report) });
      assert.equal((await uploadsOf('report.pdf')).length, 0, 'sent, the draft goes');
    });

    test('of three that come at once, to three replicas, one is taken', limit, async () => {
      for (let round = 0; round < 5; round += 1) {
        const name = `race-${round}.txt`;
        const { url } = await askedOf('a', name);
        const statuses = await Promise.all(world.names.map((one) => putOn(one, url)));
        assert.deepEqual(statuses.sort(), [201, 404, 404], name);
        assert.equal((await uploadsOf(name)).length, 1, name);
      }
    });

    test('a form that one replica showed is taken by another', limit, async () => {
      const { url } = await askedOf('a', 'form.txt');
      const { fields, action } = readForm((await fetchOn('b', url)).text);
      const form = new FormData();
      for (const [name, value] of fields) form.set(name, value);
      form.set('file', new Blob([report]), 'form.txt');
      const post = () => browser.visit(world.gateway.url + action, { method: 'POST', body: form, headers: { origin: world.gateway.url, 'sec-fetch-site': 'same-origin', 'x-replica': 'c' } });
      assert.match((await post()).text, /Uploaded/);
      assert.equal((await post()).status, 404);
    });

    test('what certainly came to nothing on one replica is tried again on another', limit, async () => {
      const { url } = await askedOf('a', 'again.txt');
      await world.google.fault({ path: '/upload/.*/drafts', status: 403, reason: 'insufficientPermissions', times: 10 });
      const first = await putOn('b', url);
      assert.ok(first >= 400 && first !== 404, String(first));
      await world.google.clear();
      await world.google.set({ auto_login: alice });
      assert.equal(await putOn('c', url), 201);
      assert.equal((await uploadsOf('again.txt')).length, 1);
    });
  });
});
