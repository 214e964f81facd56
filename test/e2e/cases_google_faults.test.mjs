// SPDX-License-Identifier: Apache-2.0
//
// Chapter GO of the abuse cases: Google away, slow, full or wrong. The tool says what happened and what to do, and nobody loses a session
// over trouble of Google's.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertSays, errorOf, idsOf, seenBy } from './lib/answers.mjs';
import { Audit } from './lib/audit.mjs';
import { FormBrowser } from './lib/browser.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { freePort } from './lib/child.mjs';
import { SdkV1Client, SdkV2Client } from './lib/clients.mjs';
import { rawLetter, resource, textPart } from './lib/letters.mjs';
import { callAlone } from './lib/raw_mcp.mjs';
import { Sibling } from './lib/sibling.mjs';
import { World } from './lib/world.mjs';

const list = '/gmail/v1/users/me/messages$';
const get = '/gmail/v1/users/me/messages/[^/]+$';
const search = (client) => client.call('gmail_search', { query: 'quicksilver' });
const works = async (client) => assert.deepEqual(idsOf(await search(client)), ['19a1ce0000000020']);
const audit = new Audit();
const for_good = { times: 1000 };
let words = 0;
const fresh = () => `mirabelle${(words += 1)}`; // in no mail, so that a search for it is a case of its own

async function signedIn(world, person, scope) {
  await world.google.set({ auto_login: person });
  return new CaseClient({ gateway: world.gateway, audit, name: `of ${person}` }).signIn(scope ? { scope } : {});
}

const callRaw = (world, client, name, args) => callAlone({ ...world.gateway, headers: client.headers }, client.tokens.access_token, name, args);
const resultOf = async (world, client, name, args) => (await callRaw(world, client, name, args)).message.result;
const tellsNoInternals = (error) => assert.doesNotMatch(`${error.message} ${error.fix}`, /ya29|gth_|127\.0\.0\.1|Bearer|curl|SSL|ECONN/, 'no internals in the words');

// What takes as long as the gateway is patient. It begins first and is looked at last.
const slow = {};
let patient;
before(async () => {
  patient = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
  const alice = await signedIn(patient, 'alice@acme.example');
  const bob = await signedIn(patient, 'bob@acme.example');
  await patient.gateway.stop();

  const mute = await listening(net.createServer((socket) => socket.on('error', () => {})));
  const deaf = await deafPort();
  const impostor = await impostorOf(patient);
  const nobody = await freePort();
  const troubles = {
    'to connect': `http://127.0.0.1:${deaf}`, 'to agree on TLS': `https://127.0.0.1:${mute}`,
    'DNS knows no such name': 'https://gmail.invalid', 'the connection is refused': `http://127.0.0.1:${nobody}`, 'the certificate is bad': `https://127.0.0.1:${impostor.port}`, 'no TLS there': `https://127.0.0.1:${patient.google.port}`,
  };
  const siblings = {};
  for (const [name, url] of Object.entries(troubles)) siblings[name] = await Sibling.of(patient, name.replaceAll(' ', '-'), { GOOGLE_API_URL: url });
  const own = await Sibling.of(patient, 'own', {});
  await Promise.all([own, ...Object.values(siblings)].map((sibling) => sibling.start()));

  const begin = (name, sibling, client, query) => {
    slow[name] = { sibling, client, answer: sibling.call(client, 'gmail_search', { query }).then((result) => ({ result }), (error) => ({ error })) };
  };
  for (const name of Object.keys(troubles)) begin(name, siblings[name], alice, fresh());
  const spoiled = { 'to answer at all': { status: 0, delay_ms: 120_000 }, 'to go on with an answer': { stall: true }, 'to come to an end': { drip_ms: 2000 } };
  for (const [name, fault] of Object.entries(spoiled)) {
    const query = fresh();
    await patient.google.fault({ path: list, query, ...for_good, ...fault });
    begin(name, own, alice, query);
  }
  // Bob's token is refused, and the endpoint for another one does not answer.
  await patient.google.fault({ path: list, email: 'bob@acme.example', status: 401, reason: 'authError' });
  await patient.google.fault({ path: '^/token$', email: 'bob@acme.example', status: 0, delay_ms: 120_000, ...for_good });
  begin('to renew a token', own, bob, fresh());
  slow.impostor = impostor;
  slow.own = own;
  slow.alice = alice;
}, { timeout: 90_000 });
after(() => patient?.end());

async function listening(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  patient.atEnd(() => void server.close());
  return server.address().port;
}

// A port whose queue is full: whoever connects is not even refused.
async function deafPort() {
  const program = 'import socket, sys\ns = socket.socket()\ns.bind(("127.0.0.1", 0))\ns.listen(0)\nprint(s.getsockname()[1], flush=True)\nsys.stdin.read()\n';
  const child = spawn('python3', ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  patient.atEnd(() => void child.kill());
  const port = await new Promise((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
  const sockets = Array.from({ length: 4 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
  patient.atEnd(() => sockets.forEach((socket) => socket.destroy()));
  await sleep(200);
  return port;
}

// A server that says it is Google and cannot prove it.
async function impostorOf(world) {
  const [key, cert] = ['key', 'cert'].map((name) => join(world.directory, `impostor.${name}`));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=gmail.googleapis.com', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' });
  const seen = [];
  const server = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => response.end(String(seen.push(request.url))));
  server.on('tlsClientError', () => {});
  return { seen, port: await listening(server) };
}

describe('Google is away when the gateway starts', () => {
  let world;
  after(() => world?.end());

  test('GO-10 transport failures: /healthz answers, pages say so, and all works once Google is there', { timeout: 90_000 }, async () => {
    world = await World.start({ googleIsUp: false });
    const { gateway, google } = world;
    assert.equal((await fetch(`${gateway.url}/healthz`)).status, 200);
    assert.equal((await fetch(`${gateway.url}/.well-known/oauth-authorization-server`)).status, 200);
    const page = await new FormBrowser().visit(`${gateway.url}/login`);
    assert.equal(page.status, 503);
    assert.match(page.text, /Google cannot be reached/i);

    await google.start();
    await google.set({ auto_login: 'alice@acme.example' });
    const client = await new SdkV2Client({ gateway, name: 'early bird' }).connect();
    world.atEnd(() => client.close());
    await works(client);
  });
});

// Every one of these has a search of its own that goes wrong, so that several go on together.
describe('Google fails while people work', { concurrency: 8 }, () => {
  let world;
  let client;

  before(async () => {
    world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
    await world.google.set({ auto_login: 'alice@acme.example' });
    client = await new SdkV1Client({ gateway: world.gateway, name: 'steady' }).connect();
    world.atEnd(() => client.close());
  }, { timeout: 60_000 });
  after(() => world?.end());

  // Still signed in, with the same tokens or their successors, and nobody was asked to sign in.
  async function sessionHolds() {
    await works(client);
    assert.equal(client.provider.signIns, 1, 'nobody had to sign in again');
  }

  const asked = async (query) => (await world.google.log()).requests.filter((request) => request.path.endsWith('/messages') && request.query.q === query);

  // A mail that one search finds.
  async function mail() {
    const word = fresh();
    const { id } = await world.google.deliver('alice@acme.example', rawLetter({ From: 'far@far.example', To: 'alice@acme.example', Subject: word, 'Content-Type': 'text/plain' }, word));
    return { word, id };
  }

  const date = (seconds) => new Date(Date.now() + seconds * 1000).toUTCString();
  // what, the fault, seconds before which it must not be asked again
  const passing = [
    ['GO-01 401 once: one retry', () => ({ status: 401, reason: 'authError', message: 'Invalid Credentials' })],
    ['GO-04 403 kinds: the rate, once', () => ({ status: 403, reason: 'userRateLimitExceeded', message: 'User Rate Limit Exceeded' })],
    ['GO-04 403 kinds: the rate of the project, once', () => ({ status: 403, reason: 'rateLimitExceeded' })],
    ['GO-04 403 kinds: a quota, once', () => ({ status: 403, reason: 'quotaExceeded' })],
    ['GO-05 Retry-After: seconds', () => ({ status: 429, reason: 'rateLimitExceeded', retry_after: 2 }), 2],
    ['GO-05 Retry-After: seconds, with a 403', () => ({ status: 403, reason: 'rateLimitExceeded', retry_after: 2 }), 2],
    ['GO-05 Retry-After: seconds, with a 503', () => ({ status: 503, reason: 'backendError', retry_after: 2 }), 2],
    ['GO-05 Retry-After: a date', () => ({ status: 429, reason: 'rateLimitExceeded', retry_after: date(3) }), 1],
    ['GO-05 Retry-After: a date that has passed', () => ({ status: 429, reason: 'rateLimitExceeded', retry_after: date(-3600) })],
    ['GO-05 Retry-After: a moment in Gmail’s words', () => ({ status: 429, reason: 'rateLimitExceeded', message: `User-rate limit exceeded.  Retry after ${new Date(Date.now() + 3000).toISOString()}` }), 1],
    ['GO-05 Retry-After: nonsense', () => ({ status: 429, reason: 'rateLimitExceeded', retry_after: 'soon, I hope' })],
    ['GO-05 Retry-After: less than nothing', () => ({ status: 503, reason: 'backendError', retry_after: -5 })],
    ['500 once', () => ({ status: 500, reason: 'backendError' })],
    ['GO-10 transport failures: a reset connection once', () => ({ drop: true })],
    ['GO-10 transport failures: a body cut half way, once', () => ({ truncate: true })],
    ['GO-09 nonsense answers: a page with 502, once', () => ({ status: 502, body: '<html>Bad gateway</html>', headers: { 'content-type': 'text/html' } })],
    ['GO-17 odd statuses: 408 once', () => ({ status: 408, reason: 'backendError' })],
  ];
  for (const [what, fault, seconds = 0] of passing) {
    test(`${what}: the call succeeds all the same`, { timeout: 90_000 }, async () => {
      const { word, id } = await mail();
      await world.google.fault({ path: list, query: word, ...fault() });
      assert.deepEqual(idsOf(await client.call('gmail_search', { query: word })), [id]);
      const [first, second, ...more] = await asked(word);
      assert.equal(more.length, 0, 'asked twice, no more');
      assert.ok(Date.parse(second.time) - Date.parse(first.time) >= seconds * 1000 - 100, `asked again at ${second.time} after ${first.time}`);
      await sessionHolds();
    });
  }

  test('503 once, on one of the messages: the call succeeds all the same', { timeout: 90_000 }, async () => {
    const { word, id } = await mail();
    await world.google.fault({ path: `/messages/${id}$`, status: 503, reason: 'backendError' });
    assert.deepEqual(idsOf(await client.call('gmail_search', { query: word })), [id]);
    await sessionHolds();
  });

  const lasting = [
    ['GO-05 Retry-After: longer than a call may last', () => ({ status: 429, reason: 'rateLimitExceeded', retry_after: 900 }), 'rate_limited', 900, 1],
    ['GO-05 Retry-After: a date later than a call may last', () => ({ status: 503, reason: 'backendError', retry_after: date(900) }), 'google_unavailable', 900, 1],
    ['GO-05 Retry-After: of a thousand years', () => ({ status: 429, reason: 'rateLimitExceeded', retry_after: '31536000000' }), 'rate_limited', undefined, 5],
    ['GO-04 403 kinds: the rate, for long', () => ({ status: 403, reason: 'rateLimitExceeded', retry_after: 900 }), 'rate_limited', 900, 1],
    ['GO-04 403 kinds: the rate, for good', () => ({ status: 403, reason: 'userRateLimitExceeded' }), 'rate_limited', undefined, 5],
    ['GO-04 403 kinds: the quota of a day', () => ({ status: 403, reason: 'dailyLimitExceeded', message: 'Daily Limit Exceeded' }), 'rate_limited', undefined, 1],
    ['GO-04 403 kinds: no permission', () => ({ status: 403, reason: 'insufficientPermissions', message: 'Insufficient Permission' }), 'scope_missing', undefined, 1],
    ['GO-04 403 kinds: no access', () => ({ status: 403, reason: 'forbidden' }), 'not_found_or_no_access', undefined, 1],
    ['GO-01 401 for good: one refresh, one retry, and no more', () => ({ status: 401, reason: 'authError', message: 'Invalid Credentials' }), 'reconsent_needed', undefined, 2],
    ['500 for good', () => ({ status: 500, reason: 'backendError', message: 'Backend Error' }), 'google_unavailable', undefined, 5],
    ['GO-10 transport failures: resets for good', () => ({ drop: true }), 'google_unavailable'],
    ['GO-10 transport failures: cut bodies for good', () => ({ truncate: true }), 'google_unavailable'],
    ['GO-18 account removed: the administrator switched Gmail off', () => ({ status: 403, reason: 'accessNotConfigured', message: 'Gmail API has not been used in project before or it is disabled.' }), 'blocked_by_admin', undefined, 1],
    ['GO-18 account removed: a policy of the domain', () => ({ status: 403, reason: 'domainPolicy', message: 'The domain administrators have disabled Gmail apps.' }), 'blocked_by_admin', undefined, 1],
    ['GO-18 account removed: suspended', () => ({ status: 403, body: { error: { code: 403, message: 'The account is disabled.', status: 'PERMISSION_DENIED', details: [{ reason: 'ACCOUNT_DISABLED' }] } } }), 'blocked_by_admin', undefined, 1],
    ['GO-18 account removed: without a mailbox', () => ({ status: 400, reason: 'failedPrecondition', message: 'Mail service not enabled' }), 'blocked_by_admin', undefined, 1],
    ['400', () => ({ status: 400, reason: 'invalidArgument', message: 'Invalid query' }), 'invalid_argument', undefined, 1],
    ['GO-17 odd statuses: 304', () => ({ status: 304, body: '' }), 'google_unavailable', undefined, 1],
    ['GO-17 odd statuses: a redirect', () => ({ status: 302, body: '', headers: { location: `${world.google.url}/gmail/v1/users/me/profile` } }), 'google_unavailable', undefined, 1],
    ['GO-17 odd statuses: 999', () => ({ status: 999, body: '' }), 'google_unavailable'],
    ['GO-09 nonsense answers: a page', () => ({ status: 200, body: '<html>Hello</html>', headers: { 'content-type': 'text/html' } }), 'google_unavailable'],
    ['GO-09 nonsense answers: an array', () => ({ status: 200, body: '[]' }), 'google_unavailable'],
    ['GO-09 nonsense answers: null', () => ({ status: 200, body: 'null' }), 'google_unavailable'],
    ['GO-09 nonsense answers: half of it', () => ({ status: 200, body: '{"messages":[{"id":' }), 'google_unavailable'],
    ['GO-09 nonsense answers: bytes that are no UTF-8, named so', () => ({ status: 200, body: '{"messages":[{"id":"\\ud800"}]}' }), 'google_unavailable'],
    ['GO-09 nonsense answers: 100,000 levels', () => ({ status: 200, body: `{"messages":${'['.repeat(100_000)}` }), 'google_unavailable'],
  ];
  for (const [what, fault, code, seconds, times] of lasting) {
    test(`${what}: the tool says ${code}`, { timeout: 120_000 }, async () => {
      const word = fresh();
      await world.google.fault({ path: list, query: word, ...for_good, ...fault() });
      const error = errorOf(await client.call('gmail_search', { query: word }));
      assert.equal(error.code, code, JSON.stringify(error));
      if (seconds) assert.ok(error.retry_after_s > seconds - 120 && error.retry_after_s <= seconds, `retry_after_s ${error.retry_after_s}`);
      if (times) assert.equal((await asked(word)).length, times, 'times that Google was asked');
      tellsNoInternals(error);
      if (code === 'rate_limited' || code === 'google_unavailable') assert.doesNotMatch(error.message, /sign in/i, 'trouble of Google’s is not dressed as a login problem');
      if (code === 'scope_missing') assert.ok(error.consent_url, 'and how to allow it');
      await sessionHolds();
    });
  }

  for (const [what, fault] of [['102 before the answer', { informational: [102] }], ['103, twice, before the answer', { informational: [103, 103] }], ['206', { status: 206, body: { messages: [] } }], ['203', { status: 203, body: { messages: [] } }], ['204', { status: 204, body: '' }], ['205', { status: 205, body: '' }]]) {
    test(`GO-17 odd statuses: ${what}: taken for what it says`, { timeout: 60_000 }, async () => {
      const { word, id } = await mail();
      await world.google.fault({ path: list, query: word, ...fault });
      const result = await client.call('gmail_search', { query: word });
      assert.deepEqual(idsOf(result), fault.informational ? [id] : []);
      await sessionHolds();
    });
  }

  const wrongLists = [{ messages: 'x' }, { messages: { id: 'x' } }, { messages: [null, 7, 'x', [], {}, { id: 7 }, { id: null }, { id: {} }] }, { messages: [], nextPageToken: 7, resultSizeEstimate: 'many' }, { messages: null, nextPageToken: { a: 1 } }, { nextPageToken: 'x'.repeat(100_000) }, { resultSizeEstimate: -1e308 }, { error: 'but 200' }];
  test('GO-09 nonsense answers: lists of wrong types', { timeout: 60_000 }, async () => {
    for (const body of wrongLists) {
      const word = fresh();
      await world.google.fault({ path: list, query: word, status: 200, body, ...for_good });
      const result = await client.call('gmail_search', { query: word });
      assert.ok(result.isError || Array.isArray(result.structuredContent.rows), JSON.stringify(body).slice(0, 200));
    }
    await sessionHolds();
  });

  const good = resource('x', textPart('Hello.'));
  const wrongMails = [
    {}, { payload: [] }, { payload: 'x' }, { payload: null }, { ...good, internalDate: {} }, { ...good, internalDate: '99999999999999999999' }, { ...good, internalDate: '-1' }, { ...good, labelIds: 'INBOX' }, { ...good, labelIds: [1, null, {}] }, { ...good, threadId: 7, id: [] },
    { ...good, payload: { ...good.payload, headers: 'x' } }, { ...good, payload: { ...good.payload, headers: [null, 7, { name: 1, value: 2 }, { value: 'x' }] } }, { ...good, payload: { ...good.payload, parts: {} } }, { ...good, payload: { ...good.payload, body: { data: 7, size: 'x' } } }, { ...good, payload: { ...good.payload, body: { data: '***', size: -1 } } }, { ...good, payload: { mimeType: 7, partId: {}, filename: [], body: null } },
    { ...good, payload: { mimeType: 'multipart/mixed', parts: Array.from({ length: 2000 }, () => ({ mimeType: 'text/plain', body: { data: 'eA' } })) } },
  ];
  test('GO-09 nonsense answers: messages of wrong types', { timeout: 60_000 }, async () => {
    const { pid } = world.gateway;
    for (const [n, body] of wrongMails.entries()) {
      const id = `19fe${String(n).padStart(12, '0')}`;
      await world.google.fault({ path: `/messages/${id}$`, status: 200, body, ...for_good });
      const word = fresh();
      await world.google.fault({ path: list, query: word, status: 200, body: { messages: [{ id, threadId: id }] }, ...for_good });
      for (const result of [await client.call('gmail_read', { ids: [id] }), await client.call('gmail_search', { query: word })]) assert.ok(result.content.length > 0 && result.structuredContent, JSON.stringify(body).slice(0, 200));
    }
    assert.equal(world.gateway.pid, pid);
    assert.ok(world.gateway.running);
    await sessionHolds();
  });

  test('GO-19 endless paging: the same next token for ever is asked for once a call', { timeout: 60_000 }, async () => {
    const { word, id } = await mail();
    await world.google.fault({ path: list, query: word, status: 200, body: { messages: [{ id, threadId: id }], nextPageToken: 'again', resultSizeEstimate: 1 }, ...for_good });
    let cursor;
    for (let calls = 1; calls <= 3; calls += 1) {
      const result = await client.call('gmail_search', { query: word, cursor });
      assert.deepEqual(idsOf(result), [id]);
      cursor = result.structuredContent.next;
      assert.ok(cursor, 'who wants more may ask');
      assert.equal((await asked(word)).length, calls);
    }
  });

  test('GO-19 endless paging: of history, labels and addresses too', { timeout: 60_000 }, async () => {
    const other = await signedIn(world, 'bob@acme.example', 'workspace.read workspace.write');
    const email = 'bob@acme.example';
    await resultOf(world, other, 'gmail_search', { query: 'rota' });
    for (const [path, body] of [['/history$', { history: [], historyId: '5', nextPageToken: 'again' }], ['/labels$', { labels: [], nextPageToken: 'again' }], ['/sendAs$', { sendAs: [], nextPageToken: 'again' }]]) await world.google.fault({ path, email, status: 200, body, ...for_good });
    const before = (await world.google.log()).requests.length;
    assert.ok(!(await resultOf(world, other, 'gmail_search', { query: 'rota', fields: ['subject', 'labels'] })).isError);
    assert.ok(!(await resultOf(world, other, 'gmail_draft', { reply_to: '19b0b00000000012', reply_all: true, body: 'x' })).isError);
    const mine = (await world.google.log()).requests.slice(before).filter((request) => request.email === email);
    for (const place of ['/history', '/labels', '/sendAs']) assert.equal(mine.filter(({ path }) => path.endsWith(place)).length, 1, place);
  });

  test('some messages fail, the others are shown', { timeout: 90_000 }, async () => {
    await world.google.fault({ path: '/messages/19a1ce0000000012$', status: 404, reason: 'notFound', times: 1000 });
    const result = await client.call('gmail_search', { query: 'subject:"Harbour lease"' });
    assert.ok(!result.isError);
    assertSays(result, 'Harbour lease');
    assert.ok(!idsOf(result).includes('19a1ce0000000012') || result.structuredContent.notes?.length, 'and a note tells that one is missing');
    await sessionHolds();
  });

  test('a slow Google delays one person only', { timeout: 60_000 }, async () => {
    const other = await signedIn(world, 'bob@acme.example');
    const { word, id } = await mail();
    await world.google.fault({ path: list, query: word, status: 0, delay_ms: 3000 });
    let aliceIsDone = false;
    const hers = client.call('gmail_search', { query: word }).then((result) => { aliceIsDone = true; return result; });
    assert.equal(idsOf(await resultOf(world, other, 'gmail_search', { query: 'salary' })).length, 1);
    assert.equal(aliceIsDone, false, 'Bob was answered while Alice waited');
    assert.deepEqual(idsOf(await hers), [id]);
  });
});

// What concerns tokens concerns all calls of a person: one after the other.
describe('Google’s tokens', () => {
  let world;
  let client;

  before(async () => {
    world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
    client = await signedIn(world, 'alice@acme.example');
  }, { timeout: 60_000 });
  after(() => world?.end());

  const find = () => resultOf(world, client, 'gmail_search', { query: 'quicksilver' });
  const findsIt = async () => assert.deepEqual(idsOf(await find()), ['19a1ce0000000020']);
  async function sessionHolds() {
    await world.google.clear();
    await findsIt();
  }

  test('GO-11 refresh endpoint down: an error that says to come back, and the session is kept', { timeout: 120_000 }, async () => {
    for (const fault of [{ status: 500, reason: 'internal_failure' }, { status: 503, reason: 'temporarily_unavailable' }, { drop: true }, { truncate: true }, { status: 429, reason: 'rate_limit_exceeded' }, { status: 200, body: '<html>' }, { status: 200, body: {} }, { status: 400, body: 'not JSON' }, { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } }]) {
      await world.google.clear();
      await world.google.expire();
      await world.google.fault({ path: '^/token$', ...for_good, ...fault });
      const error = errorOf(await find());
      assert.match(error.code, /^(google_unavailable|rate_limited)$/, `${JSON.stringify(fault)}: ${JSON.stringify(error)}`);
      assert.ok((await world.google.asked(/^\/token$/)).length <= 3, 'and not a storm of attempts');
      tellsNoInternals(error);
      await sessionHolds();
    }
  });

  test('a wrong client secret is the operator’s trouble, not the user’s', { timeout: 60_000 }, async () => {
    await world.google.expire();
    await world.google.fault({ path: '^/token$', status: 401, reason: 'invalid_client', ...for_good });
    const error = errorOf(await find());
    assert.notEqual(error.code, 'reconsent_needed', JSON.stringify(error));
    await sessionHolds();
  });

  test('GO-01 401 once: the token that Google refused is renewed once, also for many calls at once', { timeout: 60_000 }, async () => {
    await world.google.expire();
    await world.google.clear();
    await Promise.all(Array.from({ length: 8 }, () => findsIt()));
    const renewals = await world.google.asked(/^\/token$/);
    assert.equal(renewals.length, 1, `${renewals.length} renewals`);
  });

  test('GO-15 early expiry: a token that dies before its time is renewed, and nobody notices', { timeout: 60_000 }, async () => {
    for (let n = 0; n < 3; n += 1) {
      await world.google.clear();
      await world.google.expire();
      await findsIt();
      assert.equal((await world.google.asked(/^\/token$/)).length, 1);
      assert.equal((await world.google.log()).requests.filter(({ status }) => status === 401).length >= 1, true, 'Google said 401');
    }
    await world.google.clear();
    await findsIt();
    assert.equal((await world.google.asked(/^\/token$/)).length, 0, 'and then it serves');
  });

  test('GO-18 account removed: a renewed token that covers less: asks for consent, the session is kept', { timeout: 60_000 }, async () => {
    await world.google.expire();
    await world.google.fault({ path: list, status: 403, reason: 'insufficientPermissions', message: 'Request had insufficient authentication scopes.' });
    assert.equal(errorOf(await find()).code, 'scope_missing');
    await sessionHolds();
  });

  const ends = [
    ['GO-02 refused refresh: invalid_grant', async () => { await world.google.revoke('alice@acme.example'); }],
    ['GO-18 account removed: disabled', async () => { await world.google.fault({ path: '^/token$', status: 400, body: { error: 'invalid_grant', error_description: 'Account has been deleted' } }); }],
    ['GO-18 account removed: the session policy of the domain', async () => { await world.google.fault({ path: '^/token$', status: 400, body: { error: 'invalid_grant', error_description: 'reauth related error (invalid_rapt)', error_subtype: 'invalid_rapt' } }); }],
  ];
  for (const [what, end] of ends) {
    test(`${what}: the session ends, then 401, and no loop`, { timeout: 60_000 }, async () => {
      client = await signedIn(world, 'alice@acme.example');
      await findsIt();
      await world.google.clear();
      await world.google.expire();
      await end();
      const error = errorOf(await find());
      assert.equal(error.code, 'reconsent_needed', JSON.stringify(error));
      const next = await callRaw(world, client, 'gmail_search', { query: 'quicksilver' });
      assert.equal(next.status, 401, next.text);
      assert.match(next.headers.get('www-authenticate'), /error="invalid_token"/);
      const refresh = await client.refresh();
      assert.deepEqual([refresh.status, refresh.json.error], [400, 'invalid_grant']);
      assert.equal((await world.google.asked(/^\/token$/)).length, 1, 'Google was asked once');
      assert.ok((await world.google.asked(/messages$/)).length <= 1);
    });
  }

  test('GO-02 refused refresh: one new sign-in is enough', { timeout: 90_000 }, async () => {
    await world.google.clear();
    await world.google.set({ auto_login: 'alice@acme.example' });
    const person = await new SdkV1Client({ gateway: world.gateway, name: 'comes back' }).connect();
    world.atEnd(() => person.close());
    await world.google.revoke('alice@acme.example');
    assert.equal(errorOf(await search(person)).code, 'reconsent_needed');
    assert.equal(person.provider.signIns, 1, 'the answer itself opens no browser');
    await person.connect();
    await works(person);
    await works(person);
    assert.equal(person.provider.signIns, 2, 'one new sign-in was enough');
  });
});

describe('patience', () => {
  async function gaveUp(name) {
    const { result, error } = await slow[name].answer;
    assert.ok(result, `no answer at all: ${error}`);
    const told = errorOf(result);
    assert.equal(told.code, 'google_unavailable', JSON.stringify(told));
    assert.doesNotMatch(told.message, /sign in/i);
    tellsNoInternals(told);
    assert.ok(slow[name].sibling.gateway.running);
  }

  // The bounds themselves are those of the call that waits, 150 seconds; the gateway's are tighter (docs/limits.md).
  for (const name of ['to connect', 'to agree on TLS', 'to answer at all', 'to go on with an answer', 'to come to an end']) {
    test(`GO-06 time-outs: a Google that needs for ever ${name}: given up`, { timeout: 180_000 }, () => gaveUp(name));
  }

  for (const name of ['DNS knows no such name', 'the connection is refused', 'the certificate is bad', 'no TLS there']) {
    test(`GO-10 transport failures: ${name}: an error, and nothing is sent`, { timeout: 180_000 }, async () => {
      await gaveUp(name);
      assert.deepEqual(slow.impostor.seen, [], 'who cannot prove to be Google was told nothing');
    });
  }

  test('GO-11 refresh endpoint down: a Google that needs for ever to renew a token: given up, and the session is kept', { timeout: 180_000 }, async () => {
    await gaveUp('to renew a token');
    const { sibling, client } = slow['to renew a token'];
    await patient.google.clear();
    assert.equal(idsOf(await sibling.call(client, 'gmail_search', { query: 'salary' })).length, 1);
  });

  test('GO-06 time-outs: others are answered meanwhile and afterwards', { timeout: 60_000 }, async () => {
    assertSays(await slow.own.call(slow.alice, 'gmail_read', { ids: ['19a1ce0000000020'] }), 'quicksilver');
    assert.ok(!(await slow.own.call(slow.alice, 'whoami', {})).isError, seenBy(await slow.own.call(slow.alice, 'whoami', {})));
  });
});
