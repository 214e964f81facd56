// SPDX-License-Identifier: Apache-2.0
//
// What the SQLite file shows to whoever takes it, and what happens to whoever changes it.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { idsOf } from './lib/answers.mjs';
import { FormBrowser } from './lib/browser.mjs';
import { SdkV1Client, SdkV2Client } from './lib/clients.mjs';
import { bytesOf, change, filesOf, keepCopy, recordsOf } from './lib/database.mjs';
import { assertAbsent, formsOf } from './lib/disguises.mjs';
import { callTool, initialize } from './lib/raw_mcp.mjs';
import { World } from './lib/world.mjs';

let world;
let gateway;
const clients = {};
const codes = [];

// Notes the authorization codes and our cookies on their way through.
const noting = (browser) => async (url) => {
  const page = await browser.consent(url);
  codes.push(new URL(page.url).searchParams.get('code'));
  return page;
};

before(async () => {
  world = await World.start();
  gateway = world.gateway;
  for (const name of ['alice', 'bob']) {
    await world.google.set({ auto_login: `${name}@acme.example` });
    clients[name] = await new SdkV1Client({ gateway, name: `client of ${name}`, signIn: noting(new FormBrowser()) }).connect();
    world.atEnd(() => clients[name].close());
    await clients[name].call('gmail_search', { query: 'Harbour lease' });
    await clients[name].call('gmail_read', { ids: name === 'alice' ? ['19a1ce0000000001', '19a1ce0000000002'] : ['19b0b00000000001'] });
  }
}, { timeout: 90_000 });
after(() => world?.end());

const accessOf = (name) => clients[name].provider.tokens().access_token;
const grants = () => recordsOf(gateway.database).filter(({ sessionId }) => sessionId.startsWith('GRANT#'));

describe('what a stolen file shows', () => {
  test('the search finds what is there', () => {
    for (const [form, bytes] of formsOf('needle-in-the-haystack')) {
      assert.ok(Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('yy')]).includes(bytes), form);
    }
    assert.ok(bytesOf(gateway.database).includes(Buffer.from('GRANT#')), 'the record names are in the files that are searched');
  });

  test('no token, code, address or mail text in any encoding', { timeout: 60_000 }, () => {
    const haystack = bytesOf(gateway.database);
    for (const name of ['alice', 'bob']) {
      const tokens = clients[name].provider.tokens();
      for (const kind of ['access_token', 'refresh_token']) {
        assertAbsent(haystack, `${name}'s ${kind}`, tokens[kind]);
        assertAbsent(haystack, `${name}'s ${kind} without its prefix`, tokens[kind].replace(/^gth_._/, ''));
        const raw = Buffer.from(tokens[kind].replace(/^gth_._/, ''), 'base64url');
        assert.ok(raw.length < 40 || !haystack.includes(raw.subarray(21, 53)), `the secret inside ${name}'s ${kind} is there as bytes`);
      }
      assertAbsent(haystack, `${name}'s address`, `${name}@acme.example`);
      assertAbsent(haystack, `${name}'s session id`, clients[name].sessionId);
    }
    codes.forEach((code, index) => assertAbsent(haystack, `authorization code ${index}`, code));
    const held = JSON.parse(readFileSync(join(world.directory, 'google', 'grants.json'), 'utf8'));
    for (const [token] of [...held.access, ...held.refresh]) assertAbsent(haystack, 'a Google token', token);
    assertAbsent(haystack, 'the client secret at Google', gateway.settings.GOOGLE_CLIENT_SECRET);
    for (const words of ['October statement', 'Harbour lease', '明日の会議は十時', 'bumblebee-bob-only', 'Alice Archer', 'Bob Baxter', '100000000000000000011', '100000000000000000022', '1,284.50 EUR']) assertAbsent(haystack, 'mail or a person', words);
  });

  test('nor in the log', () => {
    const log = Buffer.from(gateway.log);
    for (const name of ['alice', 'bob']) for (const kind of ['access_token', 'refresh_token']) assertAbsent(log, `${name}'s ${kind}`, clients[name].provider.tokens()[kind]);
    codes.forEach((code) => assertAbsent(log, 'an authorization code', code));
    for (const words of ['bumblebee-bob-only', 'October statement', 'alice@acme.example']) assertAbsent(log, 'mail or a person', words);
  });

  test('a grant has its promised shape', () => {
    const found = grants();
    assert.equal(found.length, 2);
    const now = Math.floor(Date.now() / 1000);
    for (const row of found) {
      for (const name of ['encryptedData', 'encryptedKey', 'iv', 'authTag']) {
        assert.match(row[name] ?? '', /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, `${name} is base64`);
        assert.ok(row[name].length > 0, `${name} is not empty`);
      }
      assert.equal(Buffer.from(row.iv, 'base64').length, 12);
      assert.equal(Buffer.from(row.authTag, 'base64').length, 16);
      assert.equal(row.version, 1);
      assert.ok(row.ttl > now && row.ttl <= now + 604_800, `ttl ${row.ttl} is at most seven days ahead of ${now}`);
    }
    assert.notEqual(found[0].iv, found[1].iv);
  });

  test('files are for their owner only', () => {
    for (const file of [...filesOf(gateway.database), join(gateway.directory, 'gatehouse.key')]) assert.equal(statSync(file).mode & 0o077, 0, file);
  });
});

describe('what a changed row does', () => {
  // Stops the gateway, changes rows, starts it, and tells how Alice and Bob then fare. Everything is put back afterwards.
  async function afterTampering(tamper) {
    await gateway.stop();
    const restore = keepCopy(gateway.database, join(world.directory, 'copy.db'));
    try {
      const rows = Object.fromEntries(await Promise.all(grants().map(async (row) => [await ownerOf(row), row])));
      assert.ok(rows.alice && rows.bob, 'both grants are known');
      tamper(rows);
      await gateway.start();
      return { alice: await fate('alice'), bob: await fate('bob') };
    } finally {
      await gateway.stop();
      restore();
      await gateway.start();
    }
  }

  // A token holds the id of its grant, which is no secret.
  const ownerOf = (row) => Object.keys(clients).find((name) => Buffer.from(accessOf(name).replace(/^gth_a_/, ''), 'base64url').includes(Buffer.from(row.sessionId.slice('GRANT#'.length), 'base64url')));

  async function fate(name) {
    const greeting = await initialize(gateway, accessOf(name));
    if (greeting.status !== 200) return greeting.status;
    const answer = await callTool(gateway, accessOf(name), greeting.sessionId, 'whoami', {});
    if (answer.status !== 200) return answer.status;
    const other = name === 'alice' ? 'bob' : 'alice';
    assert.ok(!answer.text.includes(`${other}@acme.example`), `${name} was answered as ${other}`);
    if (answer.text.includes(`${name}@acme.example`)) return 'works';
    return 'error';
  }
  const refused = (outcome, who) => assert.ok(outcome === 401 || outcome === 'error', `${who} should be refused, but: ${outcome}`);

  test('unchanged rows work, so that refusals mean something', { timeout: 30_000 }, async () => {
    assert.deepEqual(await afterTampering(() => {}), { alice: 'works', bob: 'works' });
  });

  const sealed = ['encryptedData', 'encryptedKey', 'iv', 'authTag'];
  const swaps = [['all sealed fields', [...sealed, 'salt', 'commitment']], ['the four sealed fields', sealed], ['only the data', ['encryptedData', 'authTag', 'iv']], ['only the key', ['encryptedKey']], ['the readable attributes', ['attributes']]];
  for (const [what, names] of swaps) {
    test(`swapping ${what} of two users is refused`, { timeout: 30_000 }, async () => {
      const outcome = await afterTampering(({ alice, bob }) => {
        const of = (row) => Object.fromEntries(names.map((name) => [name, row[name]]));
        change(gateway.database, alice.sessionId, of(bob));
        change(gateway.database, bob.sessionId, of(alice));
      });
      if (what === 'only the key') {
        // Two rows may have been sealed under one data key; then their wrapped keys are the same and nothing was swapped.
        for (const name of ['alice', 'bob']) assert.ok([401, 'error', 'works'].includes(outcome[name]));
        return;
      }
      refused(outcome.alice, 'alice');
      refused(outcome.bob, 'bob');
    });
  }

  for (const name of [...sealed, 'salt', 'commitment']) {
    test(`one turned bit in ${name} is refused`, { timeout: 60_000 }, async () => {
      const outcome = await afterTampering(({ alice }) => {
        const bytes = Buffer.from(alice[name], 'base64');
        bytes[bytes.length >> 1] ^= 0x10;
        change(gateway.database, alice.sessionId, { [name]: bytes.toString('base64') });
      });
      refused(outcome.alice, 'alice');
      assert.equal(outcome.bob, 'works', 'and nobody else notices');
    });
  }

  test('a longer ttl is refused', { timeout: 30_000 }, async () => {
    const outcome = await afterTampering(({ alice }) => change(gateway.database, alice.sessionId, { ttl: alice.ttl + 86_400 }));
    refused(outcome.alice, 'alice');
  });

  test('a changed attribute is refused', { timeout: 30_000 }, async () => {
    const outcome = await afterTampering(({ alice }) => {
      const attributes = JSON.parse(alice.attributes);
      assert.ok('authTime' in attributes, `attributes: ${Object.keys(attributes)}`);
      change(gateway.database, alice.sessionId, { attributes: JSON.stringify({ ...attributes, authTime: attributes.authTime + 3600 }) });
    });
    refused(outcome.alice, 'alice');
  });

  test('an older row put back is refused once its tokens have rotated', { timeout: 60_000 }, async () => {
    const client = await new SdkV2Client({ gateway, name: 'rolled back', signIn: (await signInAs('bob')) }).connect();
    world.atEnd(() => client.close());
    const before = client.provider.tokens();
    const known = new Set(grants().map(({ sessionId }) => sessionId));
    const mine = [...known].find((sessionId) => Buffer.from(before.access_token.replace(/^gth_a_/, ''), 'base64url').includes(Buffer.from(sessionId.slice(6), 'base64url')));
    const older = grants().find(({ sessionId }) => sessionId === mine);
    client.forgetAccess();
    await client.call('whoami');
    client.forgetAccess();
    await client.call('whoami');
    const current = client.provider.tokens();
    assert.notEqual(current.refresh_token, before.refresh_token);

    await gateway.stop();
    const { sessionId, id: _, ...columns } = older;
    assert.equal(change(gateway.database, sessionId, columns), 1);
    await gateway.start();
    const answer = await initialize(gateway, current.access_token);
    assert.equal(answer.status, 401, 'the newest access token does not open an older row');
    const renewal = await fetch(`${gateway.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: current.refresh_token, client_id: client.provider.registered.client_id }) });
    assert.equal(renewal.status, 400, 'nor does the newest refresh token');
    const text = await renewal.text();
    assert.match(text, /invalid_grant/);
  });

  test('database and key file without a token open nothing', { timeout: 30_000 }, async () => {
    const forged = accessOf('alice').slice(0, -8) + 'AAAAAAAA';
    assert.equal((await initialize(gateway, forged)).status, 401);
    for (const row of grants()) assert.equal((await initialize(gateway, `gth_a_${row.sessionId.slice(6)}`)).status, 401);
    assert.deepEqual(idsOf(await clients.alice.call('gmail_search', { query: 'quicksilver' })), ['19a1ce0000000020']);
  });
});

async function signInAs(name) {
  await world.google.set({ auto_login: `${name}@acme.example` });
  return noting(new FormBrowser());
}
