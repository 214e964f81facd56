// SPDX-License-Identifier: Apache-2.0
//
// What lies in DynamoDB and what KMS is told: nothing that opens anything, nobody's name, and a context with every call.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { FormBrowser } from './lib/browser.mjs';
import { SdkV1Client } from './lib/clients.mjs';
import { Table } from './lib/cloud.mjs';
import { assertAbsent } from './lib/disguises.mjs';
import { assertWorks, search, whoami } from './lib/outcomes.mjs';
import { python } from './lib/python.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';

const run = promisify(execFile);
const sealed = ['encryptedData', 'encryptedKey', 'iv', 'authTag'];
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

let world;
const people = {}; // name -> {raw, sdk, codes, browser}
let rows; // of the table after the whole flow
let requests; // every request that reached DynamoDB or KMS, as bytes

before(async () => {
  world = await Replicas.start({ names: ['a', 'b'] });
  world.proxy.capturing = true;
  for (const name of ['alice', 'bob']) {
    await world.google.set({ auto_login: `${name}@acme.example` });
    const raw = new RawClient({ gateway: world.gateway, name: `raw client of ${name}` });
    await raw.register();
    const browser = new FormBrowser({ headers: raw.headers });
    const code = await raw.consent(browser);
    raw.tokens = (await raw.redeem(code)).json;
    const first = raw.tokens;
    raw.tokens = (await raw.refresh()).json;
    assertWorks(await search(world, raw));
    await world.google.expire();
    assertWorks(await search(world, raw));
    const account = new FormBrowser();
    await account.visit(`${world.gateway.url}/login`);
    const sdk = await new SdkV1Client({ gateway: world.gateway, name: `SDK client of ${name}` }).connect();
    world.atEnd(() => sdk.close());
    await sdk.call('gmail_read', { ids: [name === 'alice' ? '19a1ce0000000001' : '19b0b00000000001'] });
    people[name] = { raw, sdk, first, code, browsers: [browser, account] };
  }
  rows = await world.table.rows();
  requests = Buffer.concat(world.proxy.captured.map(({ body }) => Buffer.from(body, 'base64')));
}, { timeout: 180_000 });
after(() => world?.end());

const kind = (row) => row.sessionId.S.split('#')[0];

// The table as bytes: names, texts, numbers, and what every base64 value decodes to.
function bytesOf(items) {
  const pieces = [Buffer.from(JSON.stringify(items))];
  const walk = (value) => {
    if (typeof value === 'string' && value.length >= 16 && base64.test(value)) pieces.push(Buffer.from(value, 'base64'), Buffer.from('\n'));
    else if (value && typeof value === 'object') Object.values(value).forEach(walk);
  };
  walk(items);
  return Buffer.concat(pieces);
}

function* secrets() {
  for (const [name, { raw, sdk, first, code, browsers }] of Object.entries(people)) {
    for (const [which, tokens] of [['first', first], ['renewed', raw.tokens], ['SDK', sdk.provider.tokens()]]) {
      for (const type of ['access_token', 'refresh_token']) {
        yield [`${name}'s ${which} ${type}`, tokens[type]];
        yield [`${name}'s ${which} ${type} without its prefix`, tokens[type].replace(/^gth_._/, '')];
      }
    }
    yield [`${name}'s code`, code];
    yield [`${name}'s code without its prefix`, code.replace(/^gth_._/, '')];
    yield [`${name}'s verifier`, raw.verifier];
    yield [`${name}'s MCP session`, sdk.sessionId];
    yield [`${name}'s address`, `${name}@acme.example`];
    for (const browser of browsers) for (const [cookie, { value }] of browser.cookies) if (value.length >= 16) yield [`${name}'s cookie ${cookie}`, value];
  }
  const held = JSON.parse(readFileSync(join(world.directory, 'google', 'grants.json'), 'utf8'));
  for (const [token] of [...held.access, ...held.refresh]) yield ['a Google token', token];
  yield ['the client secret at Google', world.get('a').settings.GOOGLE_CLIENT_SECRET];
  for (const words of ['October statement', '明日の会議は十時', 'bumblebee-bob-only', 'Alice Archer', 'Bob Baxter', '100000000000000000011', '100000000000000000022']) yield ['mail or a person', words];
}

describe('rows', () => {
  test('VA-01: `aws dynamodb get-item` shows the sealed attributes in their promised shape', { timeout: 60_000 }, async () => {
    const grants = rows.filter((row) => kind(row) === 'GRANT');
    assert.ok(grants.length >= 4, `${grants.length} grants`);
    for (const { sessionId } of grants) {
      const { stdout } = await run(python(), ['-m', 'awscli', 'dynamodb', 'get-item', '--table-name', world.tableName, '--consistent-read', '--output', 'json', '--key', JSON.stringify({ sessionId })], { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...world.cloud.environment('administrator') } });
      const row = JSON.parse(stdout).Item;
      for (const name of ['sessionId', ...sealed]) assert.deepEqual(Object.keys(row[name] ?? {}), ['S'], `${name} is a string`);
      for (const name of ['ttl', 'version']) assert.deepEqual(Object.keys(row[name] ?? {}), ['N'], `${name} is a number`);
      for (const name of sealed) assert.ok(row[name].S.length > 0 && base64.test(row[name].S), `${name} is base64: ${row[name].S.slice(0, 40)}`);
      assert.equal(Buffer.from(row.iv.S, 'base64').length, 12);
      assert.equal(Buffer.from(row.authTag.S, 'base64').length, 16);
      assert.equal(row.version.N, '1');
      const now = Math.floor(Date.now() / 1000);
      assert.ok(Number(row.ttl.N) > now && Number(row.ttl.N) <= now + 604_800, `ttl ${row.ttl.N} is at most seven days ahead of ${now}`);
    }
    assert.equal(new Set(grants.map(({ iv }) => iv.S)).size, grants.length, 'no nonce twice');
  });

  test('every row of every kind is sealed, and ends', () => {
    const kinds = new Set(rows.map(kind));
    for (const wanted of ['GRANT', 'CLIENT', 'BROWSER']) assert.ok(kinds.has(wanted), `${wanted} is among ${[...kinds]}`);
    for (const row of rows) {
      assert.ok(row.ttl?.N && row.version?.N, `${row.sessionId.S} has ttl and version`);
      if (kind(row) !== 'KEY') for (const name of sealed) assert.ok(base64.test(row[name]?.S ?? ' '), `${row.sessionId.S} has ${name}`);
    }
  });

  test('VA-02: the whole table shows no secret, no address, no mail, in no disguise', { timeout: 120_000 }, () => {
    const table = bytesOf(rows);
    assert.ok(table.includes(Buffer.from('GRANT#')), 'the search looks at the rows');
    for (const [what, secret] of secrets()) assertAbsent(table, what, secret);
    for (const { raw } of Object.values(people)) {
      for (const token of [raw.tokens.access_token, raw.tokens.refresh_token]) {
        const bytes = Buffer.from(token.replace(/^gth_._/, ''), 'base64url');
        assert.ok(bytes.length >= 53 && !table.includes(bytes.subarray(21, 53)), 'nor a token\'s secret as bytes');
      }
    }
  });

  test('VA-02: nor does anything that was ever sent to DynamoDB or KMS, rows deleted since included', { timeout: 120_000 }, () => {
    assert.ok(requests.includes(Buffer.from('TXN#')), 'trips to Google are among the requests');
    for (const [what, secret] of secrets()) assertAbsent(requests, what, secret);
  });

  test('nor the log', { timeout: 120_000 }, () => {
    const log = Buffer.from(world.log);
    for (const [what, secret] of secrets()) assertAbsent(log, what, secret);
    for (const { secret_access_key: secret } of Object.values(world.cloud.identities)) assertAbsent(log, 'an AWS secret', secret);
  });

  test('writes are conditional, reads consistent', () => {
    const writes = world.proxy.calls.filter(({ conditional }) => conditional !== undefined);
    const reads = world.proxy.calls.filter(({ consistent }) => consistent !== undefined);
    assert.ok(writes.length > 10 && reads.length > 10);
    assert.deepEqual(writes.filter(({ conditional }) => !conditional), []);
    assert.deepEqual(reads.filter(({ consistent }) => !consistent), []);
    assert.deepEqual([...new Set(world.proxy.calls.map(({ operation }) => operation))].filter((name) => !['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'GenerateDataKey', 'Decrypt'].includes(name)), [], 'a serving replica asks for nothing else');
  });
});

describe('the encryption context', () => {
  const kmsCalls = async () => (await world.cloud.log()).filter(({ service, operation }) => service === 'kms' && operation !== 'DescribeKey');

  test('VA-13: comes with every KMS call', async () => {
    const calls = await kmsCalls();
    assert.ok(calls.length > 0);
    for (const { operation, encryption_context: context } of calls) assert.ok(Object.keys(context ?? {}).length > 0, `${operation} without a context`);
  });

  test('VA-14: names no person, token or session', async () => {
    const said = [...new Set((await kmsCalls()).map(({ encryption_context: context }) => JSON.stringify(context)))];
    assert.ok(said.length <= 4, `few contexts, the same for everybody: ${said.join(' ')}`);
    const bytes = Buffer.from(said.join('\n'));
    for (const [what, secret] of secrets()) assertAbsent(bytes, what, secret);
    for (const row of rows.filter(({ sessionId }) => !sessionId.S.startsWith('KEY#'))) assert.ok(!said.some((text) => text.includes(row.sessionId.S.split('#')[1])), `${row.sessionId.S} is named`);
  });

  test('VA-13: in another table the same rows open nothing', { timeout: 120_000 }, async () => {
    const elsewhere = 'elsewhere';
    const env = { GATEHOUSE_STORE: `dynamodb:${elsewhere}` };
    await world.cloud.set({ table: elsewhere });
    const made = await world.command(['store', 'init'], { env });
    assert.equal(made.code, 0, made.errors);
    const copy = new Table(elsewhere, world.table.environment);
    for (const row of rows) await copy.put(row);
    const moved = world.get('b');
    await moved.stop();
    const settings = { ...moved.settings };
    Object.assign(moved.settings, env);
    world.steerTo('b');
    try {
      const started = await moved.start().then(() => true, (error) => assert.match(error.message, /InvalidCiphertext|context|another (table|store)|does not open/i));
      if (started) for (const { raw } of Object.values(people)) assert.notEqual((await whoami(world, raw)).status, 200);
      assert.equal((await copy.rows()).length >= rows.length, true, 'nothing is deleted');
    } finally {
      await moved.stop();
      Object.assign(moved.settings, settings);
      await world.cloud.set({ table: world.tableName });
      await moved.start();
      world.steerTo();
    }
    assertWorks(await whoami(world, people.alice.raw), 'where the rows belong');
  });
});
