// SPDX-License-Identifier: Apache-2.0
//
// Clients that the operator wrote down: they sign in without registering, prove themselves by what the file says, and leave no record.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exchange, post } from './lib/exchange.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { ask, openSession } from './lib/revisions.mjs';
import { World } from './lib/world.mjs';

const secret = 'correct horse battery staple';
let folder;
let world;
let gateway;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'configured-clients-'));
  const file = join(folder, 'clients.json');
  writeFileSync(file, JSON.stringify([
    { client_id: 'acme-desktop', client_name: 'Acme desktop', redirect_uris: ['http://127.0.0.1/callback'] },
    { client_id: 'acme-portal', client_name: 'Acme portal', redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'client_secret_basic', client_secret_sha256: createHash('sha256').update(secret).digest('hex') },
  ]));
  world = await World.start({ env: { GATEHOUSE_CLIENTS: file } });
  gateway = world.gateway;
  await world.google.set({ auto_login: 'alice@acme.example' });
});

after(async () => {
  await world?.end();
  rmSync(folder, { recursive: true, force: true });
});

// A client under a name of the file, with an address where browsers arrive.
async function named(id) {
  const client = new RawClient({ gateway });
  await client.register(); // for the address only
  client.id = id;
  return client;
}

const kinds = async () => (await world.records()).filter(({ sessionId }) => sessionId.startsWith('CLIENT#')).length;

test('a public one signs in, refreshes and signs out under its own name', async () => {
  const client = await named('acme-desktop');
  const before = await kinds();
  await client.signIn();
  assert.match(client.page.text, /arrived/);
  const refreshed = await client.refresh();
  assert.equal(refreshed.status, 200, refreshed.text);
  assert.equal((await client.revoke(refreshed.json.refresh_token)).status, 200);
  assert.equal((await client.refresh(refreshed.json.refresh_token)).status, 400);
  assert.equal(await kinds(), before, 'it leaves no record');
});

test('the consent page names it and says who has set it up', async () => {
  const page = await exchange((await named('acme-portal')).begin());
  assert.equal(page.status, 200);
  assert.match(page.text, /Acme portal <span class="tag vouched">set up by your administrator</);
  assert.doesNotMatch(page.text, /unverified/);
});

test('so does the page behind a link that asks for more', async () => {
  const client = await (await named('acme-desktop')).signIn();
  const token = client.tokens.access_token;
  const revision = '2025-06-18';
  const session = await openSession(gateway, token, revision);
  const answer = await ask(gateway, token, revision, { method: 'tools/call', params: { name: 'gmail_send', arguments: { to: ['bob@acme.example'], subject: 'x', body: 'x' } }, session });
  const [link] = /http[^"\\\s]*\/consent\?more=[\w-]+/.exec(answer.text) ?? assert.fail(answer.text);
  const page = await exchange(link);
  assert.equal(page.status, 200);
  assert.match(page.text, /Acme desktop <span class="tag vouched">set up by your administrator</);
});

test('a confidential one proves itself by its secret, and nothing is used up until it does', async () => {
  const client = await named('acme-portal');
  const code = await client.consent();
  const form = { grant_type: 'authorization_code', code, redirect_uri: client.redirect, code_verifier: client.verifier };
  const basic = (password) => ({ headers: { Authorization: `Basic ${Buffer.from(`acme-portal:${encodeURIComponent(password)}`).toString('base64')}` } });
  const without = await post(`${gateway.url}/token`, { ...form, client_id: 'acme-portal' });
  assert.deepEqual([without.status, without.json.error], [401, 'invalid_client']);
  const wrong = await post(`${gateway.url}/token`, form, basic('incorrect horse'));
  assert.deepEqual([wrong.status, wrong.json.error], [401, 'invalid_client']);
  const right = await post(`${gateway.url}/token`, form, basic(secret));
  assert.equal(right.status, 200, right.text);
  assert.ok(right.json.refresh_token);
});

test('names that the file does not have are unknown, and its addresses are exact', async () => {
  const client = await named('acme-other');
  assert.equal((await exchange(client.begin())).status, 400);
  const elsewhere = await named('acme-desktop');
  elsewhere.redirect = 'https://evil.example/callback';
  assert.equal((await exchange(elsewhere.begin())).status, 400);
});
