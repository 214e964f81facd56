// SPDX-License-Identifier: Apache-2.0
//
// Chapter SC of the abuse cases: secrets in the process, in logs and in errors. (SC-09, comparisons in constant time, is a rule of the
// source: test/repository.test.mjs.)
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, readlinkSync, watch } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Audit } from './lib/audit.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { freePort, until } from './lib/child.mjs';
import { asThatPerson, confinedGateway, coreFilesAreMade } from './lib/confined_gateway.mjs';
import { assertAbsent } from './lib/disguises.mjs';
import { exchange, post as postForm, postJson } from './lib/exchange.mjs';
import { Profile } from './lib/profile.mjs';
import { callAlone, initialize, openSse, post, postMessage } from './lib/raw_mcp.mjs';
import { World } from './lib/world.mjs';

const full = process.env.GATEHOUSE_E2E_FULL === '1';
const redirects = ['https://app.example/cb'];
const audit = new Audit();
let world;

before(async () => {
  world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1', GATEHOUSE_ADMIN_LISTEN: `127.0.0.1:${await freePort()}` } });
  await world.google.set({ auto_login: 'alice@acme.example' });
}, { timeout: 60_000 });
after(() => world?.end());

const newClient = (options) => new CaseClient({ gateway: world.gateway, audit, redirects, ...options });

// All that secrets go through, good and bad: registration, consent, Google, tokens, tools, sessions, pages; and
// faults of Google's, which take their time.
async function allFlows({ faults = full } = {}) {
  const { gateway, google } = world;
  const client = newClient();
  await client.register({ token_endpoint_auth_method: 'client_secret_post' });
  const profile = new Profile({ headers: client.headers });
  const page = await profile.step(client.authorizeUrl());
  audit.note('a consent form', profile.fieldOf(page, 'form'));
  for (const [name, value] of profile.cookiesFor(page.url)) audit.note(`the cookie ${name}`, value);
  const last = await profile.onFrom(await profile.submit(page, 'approve'), (next) => {
    audit.note('a code of ours or Google\'s', next.searchParams.get('code'));
    audit.note('a state', next.searchParams.get('state'));
    return next.href.startsWith(client.redirect);
  });
  const code = new URL(last.location).searchParams.get('code');
  const proof = { client_secret: client.secret };
  await client.redeem(code, { ...proof, code_verifier: audit.note('a wrong verifier', 'wrong-verifier-wrong-verifier-wrong-verifier-0') });
  const tokens = (await client.redeem(code, proof)).json;
  const token = tokens.access_token;

  const { sessionId } = await initialize(gateway, token);
  audit.note('a session id', sessionId);
  for (const [name, args] of [['whoami', {}], ['gmail_search', { query: audit.note('a query', 'quicksilver harbour') }], ['gmail_read', { ids: ['19a1ce0000000001', '19a1ce0000000020'] }], ['gmail_read', { ids: ['nonsense-id-of-somebody'] }]]) await callAlone(gateway, token, name, args);
  const stream = await openSse(gateway, token);
  await postMessage(gateway, token, stream.target, { jsonrpc: '2.0', id: 1, method: 'ping' });
  stream.cut();

  const renewed = await client.refresh(tokens.refresh_token, proof);
  await client.refresh(renewed.json.refresh_token, { ...proof, scope: 'everything' });
  await google.expire();
  await callAlone(gateway, renewed.json.access_token, 'gmail_search', { query: 'lease' });
  for (const fault of !faults ? [] : [{ path: '^/gmail/', status: 500, times: 3 }, { path: '^/gmail/', status: 403, reason: 'rateLimitExceeded', times: 2 }, { path: '^/token$', status: 503, times: 2 }, { path: '^/gmail/', drop: true, times: 2 }]) {
    await google.fault(fault);
    await google.expire();
    await callAlone(gateway, renewed.json.access_token, 'gmail_search', { query: 'lease' });
  }
  await google.clear();
  for (const id_token of [{ sign: 'garbled' }, { claims: { nonce: 'x' } }, { claims: { hd: 'other.example' } }]) {
    await google.set({ auto_login: 'alice@acme.example', id_token });
    const visitor = new Profile({ headers: client.headers });
    await visitor.onFrom(await visitor.submit(await visitor.step(client.authorizeUrl()), 'approve'));
  }
  await google.set({ id_token: null });

  const person = new Profile({ headers: client.headers });
  await person.onFrom(await person.step(`${gateway.url}/login`));
  for (const [name, value] of person.cookiesFor(gateway.url)) audit.note(`the cookie ${name}`, value);
  const account = await person.step(`${gateway.url}/account`);
  audit.note('the sign-out form', person.fieldOf(account, 'form'));
  await person.submit(account, 'x');

  await exchange(`${gateway.mcpUrl}?access_token=${token}`);
  await exchange(`${gateway.url}/${token}`);
  await exchange(gateway.mcpUrl, { headers: { Authorization: `Bearer ${token}x`, 'User-Agent': token, Referer: `https://x.example/?${token}` } });
  await postForm(`${gateway.url}/token`, { grant_type: token, code: token, client_id: client.id, client_secret: client.secret });
  await client.redeem(code, proof);
  await client.revoke(renewed.json.refresh_token, proof);
}

const logOf = () => world.gateway.log;

describe('logs', () => {
  for (const level of ['debug', 'info', 'warn', 'error']) {
    test(`SC-01 logs: at level ${level}, through all flows, no canary in any encoding`, { timeout: 60_000 }, async () => {
      await world.gateway.restart({ signal: 'SIGTERM', env: { GATEHOUSE_LOG: level } });
      await allFlows({ faults: full || level === 'debug' });
      const kept = JSON.parse(readFileSync(join(world.directory, 'google', 'grants.json'), 'utf8'));
      for (const [value] of [...kept.access, ...kept.refresh]) audit.note('a token of Google\'s', value);
      audit.note('the client secret at Google', world.google.client_secret);
      audit.note('an address', 'alice@acme.example');
      audit.note('a subject', 'Your October statement');
      audit.note('a text', 'Third quarter figures');
      await world.gateway.stop('SIGTERM');
      const haystack = readFileSync(world.gateway.settings.GATEHOUSE_KEY.slice('file:'.length));
      for (const start of [0, 8, 16]) assertAbsent(Buffer.from(logOf()), 'the key file', haystack.subarray(start, start + 24).toString('latin1'));
      audit.assertSilent(logOf);
      await world.gateway.start();
    });
  }

  test('SC-07 log injection: line ends, ANSI and JSON in names, agents and arguments: one escaped record per event', async () => {
    await world.gateway.restart({ signal: 'SIGTERM', env: { GATEHOUSE_LOG: 'debug' } });
    const already = logOf().length;
    const evil = 'x\r\n{"level":"error","event":"forged"}\n\u001b[31m\u001b]0;title\u0007\u2028\u0085\0"}\\';
    const names = [evil, `${'y'.repeat(199)}`, '","event":"forged","x":"', '\ud7ff\u200b\u202e'];
    for (const client_name of names) {
      const answer = await postJson(`${world.gateway.url}/register`, { client_name, redirect_uris: redirects });
      assert.equal(answer.status, 201, answer.text);
    }
    const client = await newClient({ name: evil }).signIn();
    const token = client.tokens.access_token;
    for (const value of [evil, '%0d%0a{"event":"forged"}']) {
      await client.ask({ client_id: value });
      await postForm(`${world.gateway.url}/token`, { grant_type: 'refresh_token', refresh_token: value, client_id: value });
      await exchange(`${world.gateway.url}/oauth/google/callback?${new URLSearchParams({ error: value, state: value })}`);
      await callAlone(world.gateway, token, 'gmail_search', { query: value });
      await callAlone(world.gateway, token, 'gmail_read', { ids: [value] });
      await post(world.gateway, token, { jsonrpc: '2.0', id: 1, method: value });
    }
    const header = evil.replaceAll(/[\r\n\0]/g, '').replaceAll(/[^\x20-\xff]/g, '');
    await exchange(`${world.gateway.url}/mcp`, { headers: { 'User-Agent': header, 'X-Forwarded-For': header, 'Accept-Language': header, Authorization: `Bearer ${header}` } });
    await world.gateway.stop('SIGTERM');
    const lines = logOf().slice(already).split('\n').filter(Boolean);
    const parsed = lines.map((line) => JSON.parse(line));
    assert.ok(parsed.length > 15);
    assert.ok(parsed.every(({ event, level, time }) => event && level && time));
    assert.deepEqual(parsed.filter(({ event }) => event === 'forged'), []);
    for (const line of lines) assert.doesNotMatch(line, /[\x00-\x1f\x7f\u0080-\u009f\u2028\u2029]/, line);
    assert.equal(parsed.filter(({ event }) => event === 'client registered').length, names.length + 1, 'one record each');
    for (const record of parsed) {
      for (const value of Object.values(record)) assert.ok(String(value).length <= 256, JSON.stringify(record));
    }
    await world.gateway.start();
  });
});

describe('the process', () => {
  let gateway;
  let directory;
  before(async () => {
    directory = join(world.directory, 'confined');
    // Others of this person must be able to walk there.
    assert.equal(asThatPerson(['true']).status, 0);
    chmodSync(world.directory, 0o711);
    gateway = await confinedGateway({ directory, google: world.google });
    world.atEnd(() => gateway.stop('SIGKILL'));
    await gateway.start();
  });

  test('SC-06 arguments and environment: no secret in /proc, and nobody else of the same person can read there', () => {
    const secret = world.google.client_secret;
    const read = (name) => readFileSync(`/proc/${gateway.pid}/${name}`);
    for (const name of ['cmdline', 'comm', 'status']) assertAbsent(read(name), name, secret);
    assert.match(read('cmdline').toString(), /gatehouse/);
    if (process.getuid() === 0) {
      assertAbsent(read('environ'), 'the environment, as root sees it', secret);
      assert.match(read('environ').toString(), /GATEHOUSE_PUBLIC_URL/);
    }
    const names = ['environ', 'maps', 'auxv', 'mem'];
    const readable = (pid, name) => asThatPerson(['sh', '-c', 'exec 3<"$0"', `/proc/${pid}/${name}`]).status === 0;
    const own = asThatPerson(['sh', '-c', `for name in ${names.join(' ')}; do exec 3</proc/$$/$name || exit 1; done`]);
    assert.equal(own.status, 0, 'of a process that does not mind they can');
    for (const name of names) assert.equal(readable(gateway.pid, name), false, name);
    assert.notEqual(asThatPerson(['ls', `/proc/${gateway.pid}/fd`]).status, 0, 'nor its descriptors');
  });

  test('SC-08 temporary files: none are made, also none without a name, whatever goes through', { timeout: 60_000 }, async (t) => {
    const temporary = join(world.directory, 'tmp');
    mkdirSync(temporary);
    await world.gateway.restart({ signal: 'SIGTERM', env: { TMPDIR: temporary } });
    const seen = new Set();
    const watchers = [temporary, world.gateway.directory].map((path) => watch(path, (_, file) => seen.add(file)));
    const opened = new Set();
    const { pid } = world.gateway;
    let running = true;
    const looks = (async () => {
      for (; running; await sleep(2)) {
        for (const fd of readdirSync(`/proc/${pid}/fd`)) {
          try {
            opened.add(readlinkSync(`/proc/${pid}/fd/${fd}`));
          } catch { /* closed meanwhile */ }
        }
      }
    })().catch((error) => { if (error.code !== 'EACCES') throw error; t.diagnostic('without rights its descriptors cannot be looked at'); });
    await allFlows();
    for (const size of [100_000, 1_000_000, 3_000_000]) {
      await exchange(world.gateway.mcpUrl, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer x' }, body: JSON.stringify({ x: 'y'.repeat(size) }) }).catch(() => {});
    }
    await sleep(50);
    running = false;
    await looks;
    for (const one of watchers) one.close();
    assert.ok(seen.has('gatehouse.db-wal'), 'the database was written to, and seen');
    assert.ok(opened.size === 0 || [...opened].some((path) => path.endsWith('/data/gatehouse.db')), 'its descriptors were seen');
    assert.deepEqual([...seen].filter((name) => !/^gatehouse\.db(-wal|-shm)?$/.test(name)), []);
    assert.deepEqual([...opened].filter((path) => path.startsWith('/') && !/\/data(\/gatehouse\.db(-wal|-shm)?)?$|^\/dev\/(null|u?random)$|^\/proc\//.test(path)), []);
  });

  for (const signal of ['SIGSEGV', 'SIGABRT']) {
    test(`SC-03 core dumps: ${signal} leaves no file, although whoever started it allows them`, async (t) => {
      if (!gateway.running) await gateway.start();
      if (!coreFilesAreMade(join(directory, 'cwd'))) t.diagnostic('this machine makes no core files in any case');
      assert.match(readFileSync(`/proc/${gateway.pid}/limits`, 'utf8'), /Max core file size +0 +0 /);
      gateway.signal(signal);
      await until('it is gone', () => !gateway.running);
      await gateway.stop();
      for (const name of ['cwd', 'data', 'tmp']) assert.deepEqual(readdirSync(join(directory, name)).filter((file) => /core|\.dmp/.test(file)), [], name);
    });
  }
});

describe('the surface', () => {
  const hooks = [
    '/metrics', '/readyz', '/livez', '/debug', '/debug/pprof/', '/debug/vars', '/debug/requests', '/admin', '/admin/', '/_debug', '/internal', '/__test/log', '/__test/set', '/test', '/env', '/config', '/status', '/info', '/actuator', '/actuator/env', '/actuator/heapdump', '/server-status', '/server-info', '/trace', '/dump', '/heap', '/profile', '/prof',
    '/console', '/graphql', '/swagger', '/openapi.json', '/api', '/.env', '/.git/config', '/gatehouse.db', '/gatehouse.key', '/backup', '/introspect', '/userinfo', '/keys', '/jwks', '/jwks.json', '/.well-known/jwks.json', '/version', '/sessions', '/peer', '/health', '/shutdown', '/quit', '/reload', '/log', '/logs',
  ];
  test('SC-11 debug surface: no admin, profiling or test hook answers clients', async () => {
    for (const path of hooks) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const answer = await exchange(world.gateway.url + path, { method });
        assert.equal(answer.status, 404, `${method} ${path}: ${answer.status}`);
        assert.equal(answer.text, 'Not found\n');
      }
    }
  });

  test('SC-11 debug surface: the operators\' listener has what is documented and nothing else', async () => {
    const admin = `http://${world.gateway.settings.GATEHOUSE_ADMIN_LISTEN}`;
    for (const path of ['/livez', '/readyz']) assert.equal((await exchange(admin + path)).status, 200, path);
    for (const path of [...hooks.filter((one) => !['/livez', '/readyz', '/metrics'].includes(one)), '/mcp', '/token', '/']) assert.equal((await exchange(admin + path)).status, 404, path);
  });

  test('SC-11 debug surface: no header switches anything on', async () => {
    const plain = await exchange(`${world.gateway.url}/mcp`);
    for (const [name, value] of [['X-Debug', '1'], ['X-Test', '1'], ['X-Gatehouse-Test', '1'], ['X-Gatehouse-Debug', 'true'], ['X-HTTP-Method-Override', 'DELETE'], ['X-Original-URL', '/healthz'], ['X-Rewrite-URL', '/healthz'], ['X-Forwarded-User', 'alice@acme.example'], ['X-Amzn-Oidc-Identity', 'alice'], ['X-Real-IP', '127.0.0.1']]) {
      const answer = await exchange(`${world.gateway.url}/mcp`, { headers: { [name]: value } });
      assert.deepEqual([answer.status, answer.text], [plain.status, plain.text], name);
    }
  });
});
