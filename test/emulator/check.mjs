// SPDX-License-Identifier: Apache-2.0
//
// Shows that the test Google behaves as README.md says. Run by `node --test check.mjs`; starts its own and ends it by pid.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { csv, pdf } from './mail.mjs';

const redirect = 'http://localhost:8080/oauth/google/callback';
const long = (name) => `https://www.googleapis.com/auth/${name}`;
const wanted = ['openid', 'email', 'profile', long('gmail.readonly'), long('calendar.events.readonly')];
const directory = mkdtempSync(join(tmpdir(), 'test-google-'));
let google;

async function start(...more) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('google.mjs', import.meta.url)), '--state-dir', directory, '--redirect-uri', redirect, '--redirect-uri', 'http://localhost:9999/back', '--end-with-parent', ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) };
  throw new Error('the test Google printed nothing');
}

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function until(what, condition) {
  for (let n = 0; n < 200; n += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`waited in vain: ${what}`);
}

async function stop(running, signal = 'SIGTERM') {
  running.child.kill(signal);
  await until('google.mjs ends', () => running.child.exitCode !== null || running.child.signalCode !== null);
  await until('the npm emulator ends with it', () => !isAlive(running.npm_pid));
}

async function call(method, path, { form, json, text: plain, token, headers = {} } = {}) {
  const sent = { ...headers };
  if (token) sent.authorization = `Bearer ${token}`;
  if (json !== undefined) sent['content-type'] = 'application/json';
  const response = await fetch(google.url + path, { method, headers: sent, redirect: 'manual', body: form ? new URLSearchParams(form) : json === undefined ? plain : JSON.stringify(json) });
  const text = await response.text();
  let value = text;
  try {
    value = JSON.parse(text);
  } catch { /* not JSON */ }
  return { status: response.status, headers: response.headers, json: value, text };
}

const control = (name, json = {}) => call('POST', `/__test/${name}`, { json });
const secret = () => ({ client_id: google.client_id, client_secret: google.client_secret });

function request(more = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const query = {
    client_id: google.client_id, redirect_uri: redirect, response_type: 'code', scope: wanted.join(' '), state: 's1', nonce: 'n1', access_type: 'offline',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', ...more,
  };
  for (const [name, value] of Object.entries(query)) if (value === null) delete query[name];
  return { verifier, path: `/o/oauth2/v2/auth?${new URLSearchParams(query)}` };
}

async function authorize(more) {
  const { verifier, path } = request(more);
  const answer = await call('GET', path);
  const location = answer.headers.get('location');
  return { verifier, answer, back: location && Object.fromEntries(new URL(location).searchParams) };
}

async function signIn(email = 'alice@acme.example', more = {}) {
  await control('set', { auto_login: email });
  const { verifier, back } = await authorize(more);
  const answer = await call('POST', '/token', { form: { grant_type: 'authorization_code', code: back.code, code_verifier: verifier, redirect_uri: more.redirect_uri ?? redirect, ...secret() } });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const gmail = (path) => `/gmail/v1/users/me${path}`;
const idsOf = (answer) => (answer.json.messages ?? []).map(({ id }) => id);
const bytes = (data) => Buffer.from(data, 'base64url');

before(async () => { google = await start(); });
beforeEach(() => control('clear'));
after(async () => {
  await stop(google);
  rmSync(directory, { recursive: true });
});

test('discovery, keys and the ID token agree', async () => {
  const { json } = await call('GET', '/.well-known/openid-configuration');
  assert.equal(json.issuer, google.url);
  const tokens = await signIn('alice@acme.example', { prompt: 'consent' });
  const claims = claimsOf(tokens.id_token);
  assert.deepEqual([claims.iss, claims.aud, claims.azp, claims.sub, claims.hd, claims.email, claims.email_verified, claims.nonce],
    [google.url, google.client_id, google.client_id, '100000000000000000011', 'acme.example', 'alice@acme.example', true, 'n1']);
  const [head, body, signature] = tokens.id_token.split('.');
  const { keys } = (await call('GET', new URL(json.jwks_uri).pathname)).json;
  const jwk = keys.find(({ kid }) => kid === JSON.parse(Buffer.from(head, 'base64url')).kid);
  assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), createPublicKey({ key: jwk, format: 'jwk' }), bytes(signature)));
  assert.equal(claims.at_hash, createHash('sha256').update(tokens.access_token).digest().subarray(0, 16).toString('base64url'));
  assert.equal(tokens.scope, ['openid', long('userinfo.email'), long('userinfo.profile'), long('gmail.readonly'), long('calendar.events.readonly')].join(' '));
});

test('ID tokens can be spoiled on order', async () => {
  await control('set', { id_token: { claims: { aud: 'someone-else' }, without: ['hd'] } });
  const spoiled = claimsOf((await signIn()).id_token);
  assert.equal(spoiled.aud, 'someone-else');
  assert.ok(!('hd' in spoiled));
  await control('set', { id_token: { sign: 'none' } });
  assert.match((await signIn()).id_token, /\.$/);
  const kids = async () => (await call('GET', '/oauth2/v3/certs')).json.keys.map(({ kid }) => kid);
  const earlier = await kids();
  await control('rotate_keys');
  assert.notEqual((await kids())[0], earlier[0]);
});

test('security events are made, signed and pushed', async () => {
  const received = [];
  const receiver = http.createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; }).on('end', () => {
      received.push({ type: request.headers['content-type'], body });
      response.writeHead(202).end();
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${receiver.address().port}/events`;
  const { json: pushed } = await control('push', { url, type: 'account-disabled', email: 'bob@acme.example', more: { reason: 'hijacking' } });
  assert.equal(pushed.status, 202);
  const { json: again } = await control('push', { url, token: pushed.token });
  assert.equal(again.status, 202);
  receiver.close();
  assert.deepEqual(received, [1, 2].map(() => ({ type: 'application/secevent+jwt', body: pushed.token })));
  const configuration = (await call('GET', '/.well-known/risc-configuration')).json;
  const claims = claimsOf(pushed.token);
  assert.equal(claims.iss, configuration.issuer);
  assert.equal(claims.aud, google.client_id);
  assert.deepEqual(claims.events, { 'https://schemas.openid.net/secevent/risc/event-type/account-disabled': { subject: { subject_type: 'iss-sub', iss: configuration.issuer, sub: '100000000000000000022' }, reason: 'hijacking' } });
  assert.equal((await control('push', { email: 'nobody@acme.example' })).status, 400);
});

test('people: no hd for a consumer, an unverified address, ID token only with openid', async () => {
  assert.ok(!('hd' in claimsOf((await signIn('carol@gmail.com')).id_token)));
  assert.equal(claimsOf((await signIn('eve@acme.example')).id_token).email_verified, false);
  assert.equal(claimsOf((await signIn('dave@other.example')).id_token).hd, 'other.example');
  assert.ok(!('id_token' in (await signIn('bob@acme.example', { scope: long('gmail.readonly') }))));
});

test('an idle connection is kept for longer than clients keep theirs', async () => {
  const answer = await new Promise((resolve, reject) => http.get(`${google.url}/.well-known/openid-configuration`, { agent: new http.Agent({ keepAlive: true }) }, resolve).on('error', reject));
  answer.resume();
  assert.ok(Number(/timeout=(\d+)/.exec(answer.headers['keep-alive'])?.[1]) > 118, answer.headers['keep-alive']);
  answer.socket.destroy();
});

test('a refresh token comes for offline access at a consent only', async () => {
  const first = await signIn('dave@other.example', { scope: `openid ${long('drive.file')}` });
  assert.ok(first.refresh_token);
  assert.ok(!(await signIn('dave@other.example', { scope: `openid ${long('drive.file')}` })).refresh_token);
  assert.ok((await signIn('dave@other.example', { prompt: 'consent' })).refresh_token);
  assert.ok(!(await signIn('dave@other.example', { prompt: 'consent', access_type: null })).refresh_token);
});

test('the token endpoint is strict', async () => {
  await control('set', { auto_login: 'bob@acme.example' });
  const exchange = async (change, headers) => {
    const { verifier, back } = await authorize();
    const form = { grant_type: 'authorization_code', code: back.code, code_verifier: verifier, redirect_uri: redirect, ...secret(), ...change };
    for (const [name, value] of Object.entries(form)) if (value === null) delete form[name];
    return { form, answer: await call('POST', '/token', { form, headers }) };
  };
  assert.equal((await exchange({ code_verifier: 'x'.repeat(43) })).answer.json.error, 'invalid_grant');
  assert.equal((await exchange({ code_verifier: null })).answer.json.error, 'invalid_grant');
  assert.equal((await exchange({ redirect_uri: `${redirect}/` })).answer.json.error, 'redirect_uri_mismatch');
  assert.deepEqual(await exchange({ client_secret: 'no' }).then(({ answer }) => [answer.status, answer.json.error]), [401, 'invalid_client']);
  assert.equal((await exchange({ grant_type: 'password' })).answer.json.error, 'unsupported_grant_type');
  const basic = `Basic ${Buffer.from(`${encodeURIComponent(google.client_id)}:${google.client_secret}`).toString('base64')}`;
  const { form, answer } = await exchange({ client_id: null, client_secret: null }, { authorization: basic });
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await call('POST', '/token', { form: { ...form, ...secret() } })).json.error, 'invalid_grant', 'a code works once');
});

test('wrong requests are shown, not sent back', async () => {
  for (const [change, status, word] of [[{ client_id: 'x' }, 401, 'invalid_client'], [{ redirect_uri: `${redirect}?x=1` }, 400, 'redirect_uri_mismatch'], [{ scope: 'openid nonsense' }, 400, 'invalid_scope']]) {
    const { answer } = await authorize(change);
    assert.equal(answer.status, status);
    assert.match(answer.text, new RegExp(word));
  }
  await control('set', { deny: true });
  assert.equal((await authorize()).back.error, 'access_denied');
});

test('the pages: choose, untick, allow, deny', async () => {
  const page = await call('GET', request({ prompt: 'consent', login_hint: 'bob@acme.example' }).path);
  assert.match(page.text, /This is the Gatehouse test Google: choose who to sign in as/);
  assert.match(page.text, /class="person hinted" name="person" value="bob@acme.example"/);
  const hidden = page.text.match(/name="request" value="([^"]*)"/)[1].replaceAll('&amp;', '&');
  const consent = await call('POST', '/o/oauth2/v2/auth/account', { form: { request: hidden, person: 'bob@acme.example' } });
  assert.match(consent.text, /type="checkbox" name="scope" value="https:\/\/www.googleapis.com\/auth\/gmail.readonly" checked/);
  const allowed = await call('POST', '/o/oauth2/v2/auth/consent', { form: [['request', hidden], ['person', 'bob@acme.example'], ['scope', long('gmail.readonly')], ['decision', 'allow']] });
  const back = new URL(allowed.headers.get('location')).searchParams;
  assert.ok(back.get('scope').includes('gmail.readonly') && !back.get('scope').includes('calendar'));
  const denied = await call('POST', '/o/oauth2/v2/auth/consent', { form: { request: hidden, person: 'bob@acme.example', decision: 'deny' } });
  assert.equal(new URL(denied.headers.get('location')).searchParams.get('error'), 'access_denied');
});

test('tokens: unknown, expired, refreshed, revoked', async () => {
  const refused = await call('GET', gmail('/messages'), { token: 'garbage' });
  assert.deepEqual([refused.status, refused.json.error.status, refused.json.error.errors[0].reason], [401, 'UNAUTHENTICATED', 'authError']);
  await control('set', { expires_in: 1234 });
  const tokens = await signIn('alice@acme.example', { prompt: 'consent' });
  assert.equal(tokens.expires_in, 1234);
  await control('expire');
  assert.equal((await call('GET', gmail('/profile'), { token: tokens.access_token })).status, 401);
  const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...secret() };
  const renewed = await call('POST', '/token', { form });
  assert.equal((await call('GET', gmail('/profile'), { token: renewed.json.access_token })).json.emailAddress, 'alice@acme.example');
  assert.ok(!renewed.json.refresh_token);
  assert.equal((await call('GET', '/v1/userinfo', { token: renewed.json.access_token })).json.sub, '100000000000000000011');
  await control('revoke', { email: 'alice@acme.example' });
  assert.equal((await call('POST', '/token', { form })).json.error, 'invalid_grant');
  const again = await signIn('alice@acme.example', { prompt: 'consent' });
  assert.equal((await call('POST', '/revoke', { form: { token: again.access_token } })).status, 200);
  assert.equal((await call('POST', '/token', { form: { ...form, refresh_token: again.refresh_token } })).json.error, 'invalid_grant', 'revoking one ends all');
  assert.equal((await call('POST', '/revoke', { form: { token: 'unknown' } })).status, 400);
});

test('scopes open their paths only', async () => {
  await control('set', { untick: [long('gmail.readonly')] });
  const tokens = await signIn('bob@acme.example', { prompt: 'consent' });
  assert.ok(!tokens.scope.includes('gmail'));
  const refused = await call('GET', gmail('/messages'), { token: tokens.access_token });
  assert.deepEqual([refused.status, refused.json.error.errors[0].reason, refused.json.error.details[0].reason], [403, 'insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT']);
  assert.equal((await call('GET', '/calendar/v3/calendars/primary/events', { token: tokens.access_token })).status, 200);
  assert.equal((await call('POST', '/calendar/v3/calendars/primary/events', { token: tokens.access_token, json: {} })).status, 403);
});

test('lists: paging, isolation, search', async () => {
  const { access_token: token } = await signIn();
  const list = async (query) => call('GET', gmail(`/messages?${new URLSearchParams(query)}`), { token });
  const seen = [];
  let page;
  do {
    page = await list({ maxResults: 50, ...(page ? { pageToken: page.json.nextPageToken } : {}) });
    seen.push(...idsOf(page));
  } while (page.json.nextPageToken);
  assert.equal(seen.length, new Set(seen).size);
  assert.equal(seen.length, 137);
  assert.equal((await list({ pageToken: 'nonsense' })).status, 400);
  for (const [q, ids] of [
    ['rfc822msgid:lease-3@acme.example', ['19a1ce0000000012']], ['subject:"October statement"', ['19a1ce0000000001']], ['会議', ['19a1ce0000000002']],
    ['filename:csv', ['19a1ce0000000020']], ['from:priya roofers', ['19a1ce0000000013']], ['quicksilver OR marmalade', ['19a1ce0000000022', '19a1ce0000000020']],
    ['{quicksilver marmalade} -from:bob', ['19a1ce0000000022']], ['subject:(lease harbour) -from:me -from:bob', ['19a1ce0000000013', '19a1ce0000000010']],
    ['after:1793606400 before:1793624400', ['19a1ce0000000011', '19a1ce0000000010']], ['label:ops/review', ['19a1ce0000000004']], ['in:spam', ['19a1ce0000000028']],
    ['larger:50K', ['19a1ce0000000022']], ['bumblebee-bob-only', []], ['is:starred', ['19a1ce0000000004']], ['has:attachment from:design', ['19a1ce0000000026']],
  ]) assert.deepEqual(idsOf(await list({ q })), ids, q);
  assert.ok(!('messages' in (await list({ q: 'nosuchword' })).json));
  assert.equal((await list({ q: 'from:ci.example', maxResults: 500 })).json.messages.length, 60);
  const unknown = await list({ querry: 'x' });
  assert.equal(unknown.status, 400);
  assert.match(unknown.json.error.message, /"querry"/);
  assert.equal((await call('GET', '/gmail/v1/users/bob@acme.example/messages', { token })).status, 403);
  assert.equal((await call('GET', gmail('/messages/19b0b00000000001'), { token })).status, 404);
  assert.equal((await call('GET', gmail('/messages/%21%21'), { token })).status, 400);
});

test('messages come as they were written', async () => {
  const { access_token: token } = await signIn();
  const get = async (id, query = '') => (await call('GET', gmail(`/messages/${id}${query}`), { token })).json;
  const japanese = await get('19a1ce0000000002');
  assert.match(new TextDecoder('iso-2022-jp').decode(bytes(japanese.payload.body.data)), /明日の会議は十時からです。/);
  assert.match(japanese.payload.headers.find(({ name }) => name === 'Content-Type').value, /ISO-2022-JP/);
  const western = bytes((await get('19a1ce0000000003')).payload.body.data);
  assert.ok(western.includes(0x80) && western.includes(0x93), 'windows-1252 bytes of the euro sign and the curly quote');
  const figures = await get('19a1ce0000000020');
  const shape = (part) => [part.partId, part.mimeType, part.filename, ...(part.parts ?? []).map(shape)];
  assert.deepEqual(shape(figures.payload), ['', 'multipart/mixed', '', ['0', 'multipart/alternative', '', ['0.0', 'text/plain', ''], ['0.1', 'text/html', '']],
    ['1', 'text/csv', 'figures.csv'], ['2', 'application/pdf', 'Quartalsübersicht Q3 2026.pdf'], ['3', 'image/png', 'chart.png']]);
  const handle = figures.payload.parts[2].body.attachmentId;
  assert.notEqual(handle, (await get('19a1ce0000000020')).payload.parts[2].body.attachmentId);
  const fetchPart = async (id) => call('GET', gmail(`/messages/19a1ce0000000020/attachments/${id}`), { token });
  assert.deepEqual(bytes((await fetchPart(handle)).json.data), pdf);
  assert.deepEqual(bytes((await fetchPart(figures.payload.parts[1].body.attachmentId)).json.data), csv);
  assert.equal((await fetchPart('ANGjdJnonsense')).status, 400);
  assert.deepEqual((await get('19a1ce0000000020', '?format=metadata&metadataHeaders=SUBJECT')).payload.headers, [{ name: 'Subject', value: 'Third quarter figures' }]);
  assert.ok(!('payload' in (await get('19a1ce0000000020', '?format=minimal'))));
  assert.match(bytes((await get('19a1ce0000000020', '?format=raw')).raw).toString(), /filename\*0\*=UTF-8''Quartals/);
  assert.deepEqual(await get('19a1ce0000000020', '?fields=id,payload(parts/partId)'), { id: '19a1ce0000000020', payload: { parts: ['0', '1', '2', '3'].map((partId) => ({ partId })) } });
  assert.equal((await get('19a1ce0000000020', '?fields=nonsense')).error.code, 400);
  assert.equal((await get('19a1ce0000000023')).snippet.includes('&lt;/untrusted&gt;'), true);
  assert.match((await get('19a1ce0000000004')).payload.headers.find(({ name }) => name === 'Subject').value, /^=\?UTF-8\?B/);
  await control('set', { decoded_headers: true, text_as_utf8: true });
  const decoded = await get('19a1ce0000000002');
  assert.equal(decoded.payload.headers.find(({ name }) => name === 'Subject').value, '会議の件');
  assert.match(bytes(decoded.payload.body.data).toString(), /第三会議室/);
});

test('threads', async () => {
  const { access_token: token } = await signIn();
  const { json } = await call('GET', gmail('/threads/19a1ce0000000010?format=metadata'), { token });
  assert.deepEqual(json.messages.map(({ id }) => id), ['19a1ce0000000010', '19a1ce0000000011', '19a1ce0000000012', '19a1ce0000000013']);
  const listed = await call('GET', gmail('/threads?q=lease'), { token });
  assert.deepEqual(listed.json.threads.map(({ id }) => id), ['19a1ce0000000010']);
});

test('writes go to the npm emulator and are seen by reads', async () => {
  const { access_token: token } = await signIn('bob@acme.example', { scope: `openid ${long('gmail.modify')}` });
  const raw = Buffer.from('From: bob@acme.example\r\nTo: alice@acme.example\r\nSubject: sent just now\r\n\r\nunicorn words\r\n').toString('base64url');
  const sent = await call('POST', gmail('/messages/send'), { token, json: { raw } });
  assert.equal(sent.status, 200, sent.text);
  assert.deepEqual(idsOf(await call('GET', gmail('/messages?q=unicorn'), { token })), [sent.json.id]);
  await call('POST', gmail('/messages/19b0b00000000001/modify'), { token, json: { addLabelIds: ['STARRED'], removeLabelIds: ['UNREAD'] } });
  const { labelIds } = (await call('GET', gmail('/messages/19b0b00000000001?format=minimal'), { token })).json;
  assert.ok(labelIds.includes('STARRED') && !labelIds.includes('UNREAD'));
  await call('POST', gmail('/messages/19b0b00000000001/trash'), { token });
  assert.deepEqual(idsOf(await call('GET', gmail('/messages?q=bumblebee-bob-only'), { token })), []);
  const labels = await call('GET', gmail('/labels'), { token });
  assert.ok(labels.json.labels.some(({ id }) => id === 'INBOX') && labels.json.labels.every((label) => !('messagesTotal' in label)));
});

const letter = (...lines) => Buffer.from(lines.join('\r\n')).toString('base64url');

test('labels change as strictly as Google changes them', async () => {
  const { access_token: token } = await signIn('alice@acme.example', { scope: `openid ${long('gmail.modify')}` });
  const { access_token: reader } = await signIn('alice@acme.example');
  const post = (path, json, bearer = token) => call('POST', gmail(path), { token: bearer, json });
  const labelsOf = async (id) => (await call('GET', gmail(`/messages/${id}?format=minimal`), { token })).json.labelIds.toSorted();
  const one = '19a1ce0000000001';
  const before = await labelsOf(one);
  const refusals = [
    [post(`/messages/${one}/modify`, {}), 400, /No label/],
    [post(`/messages/${one}/modify`, { addLabelIds: ['STARRED'], labels: [] }), 400, /Unknown name "labels"/],
    [post(`/messages/${one}/modify?color=red`, { addLabelIds: ['STARRED'] }), 400, /Unknown name "color"/],
    [post(`/messages/${one}/modify`, { addLabelIds: 'STARRED' }), 400, /addLabelIds/],
    [post(`/messages/${one}/modify`, { addLabelIds: ['Label_none'] }), 400, /Invalid label/],
    [post(`/messages/${one}/modify`, { addLabelIds: ['SENT'] }), 400, /Invalid label/],
    [post(`/messages/${one}/modify`, { addLabelIds: ['STARRED'], removeLabelIds: ['STARRED'] }), 400, /both/],
    [post('/messages/19a1ceffffffffff/modify', { addLabelIds: ['STARRED'] }), 404, /not found/],
    [post(`/messages/${one}/trash`, { addLabelIds: [] }), 400, /./],
    [post('/messages/batchModify', { ids: [], addLabelIds: ['STARRED'] }), 400, /ids/],
    [post('/messages/batchModify', { ids: Array(1001).fill(one), addLabelIds: ['STARRED'] }), 400, /1000/],
    [post('/messages/batchModify', { ids: [one, '19a1ceffffffffff'], addLabelIds: ['STARRED'] }), 404, /not found/],
    [post('/messages/batchModify', { ids: [one], addLabelIds: ['STARRED'] }, reader), 403, /scopes/],
  ];
  for (const [asked, status, words] of refusals) {
    const answer = await asked;
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.json.error.message, words);
  }
  assert.deepEqual(await labelsOf(one), before);

  const changed = await post(`/messages/${one}/modify`, { addLabelIds: ['Label_ops'] });
  assert.deepEqual(Object.keys(changed.json), ['id', 'threadId', 'labelIds']);
  const many = await post('/messages/batchModify', { ids: [one], addLabelIds: ['TRASH'], removeLabelIds: ['INBOX', 'Label_ops'] });
  assert.deepEqual([many.status, many.text], [204, '']);
  assert.ok((await labelsOf(one)).includes('TRASH') && !(await labelsOf(one)).includes('INBOX'));
  await post(`/messages/${one}/untrash`);
  await post(`/messages/${one}/modify`, { addLabelIds: ['INBOX'] });
  assert.deepEqual(await labelsOf(one), before);
  const thread = await post('/threads/19a1ce0000000010/trash');
  assert.equal(thread.json.messages.length, 4);
  assert.ok(thread.json.messages.every(({ labelIds }) => labelIds.includes('TRASH')));
  const label = await call('GET', gmail('/labels/Label_ops'), { token });
  assert.deepEqual([label.json.name, label.json.messagesTotal], ['Ops/Review', 1]);
  assert.equal((await call('GET', gmail('/labels/Label_none'), { token })).status, 404);
  const { json } = await call('GET', gmail('/history?startHistoryId=1&historyTypes=labelAdded'), { token });
  assert.ok(json.history.length > 0, 'the history knows it');
});

test('sending is refused as Google refuses it', async () => {
  const { access_token: token } = await signIn('bob@acme.example', { scope: `openid ${long('gmail.send')}` });
  const send = async (json) => (await call('POST', gmail('/messages/send'), { token, json })).status;
  const good = letter('From: bob@acme.example', 'To: Alice <alice@acme.example>', 'Subject: x', '', 'y', '');
  const wrong = [
    {}, { raw: '' }, { raw: '+/+/' }, { raw: `${good}!` }, { raw: good, text: 'x' }, { raw: letter('From: bob@acme.example', 'Subject: x', '', 'y') },
    { raw: letter('To: nobody', '', 'y') }, { raw: letter('To: "Archer, Alice" <alice@acme.example>, Doe', '', 'y') }, { raw: letter('To: alice@acme.example', 'To: eve@acme.example', '', 'y') },
    { raw: Buffer.from('To: alice@acme.example\n\ny').toString('base64url') }, { raw: letter('To: alice@acme.example', 'no header', '', 'y') },
  ];
  for (const json of wrong) assert.equal(await send(json), 400, JSON.stringify(json));
  assert.equal(await send({ raw: good, threadId: 'ffff' }), 404);
  assert.equal((await call('GET', gmail('/messages'), { token })).status, 403, 'who may send may not read');
});

test('mail is uploaded as Google takes it', async () => {
  const { access_token: token } = await signIn('bob@acme.example', { scope: `openid ${long('gmail.modify')}` });
  const upload = (method, path, type, body) => call(method, `/upload${gmail(path)}`, { token, headers: { 'content-type': type }, text: body });
  const mail = 'From: bob@acme.example\r\nTo: alice@acme.example\r\nSubject: x\r\n\r\ngooseberry\r\n';
  const related = (json, type = 'message/rfc822') => `--b\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${json}\r\n--b\r\nContent-Type: ${type}\r\n\r\n${mail}\r\n--b--\r\n`;
  const multipart = 'multipart/related; boundary="b"';
  assert.equal((await upload('POST', '/messages/send?uploadType=media', 'message/rfc822', mail)).status, 200);
  const sent = await upload('POST', '/messages/send?uploadType=multipart', multipart, related('{"threadId":"19b0b00000000001"}'));
  assert.equal(sent.status, 200, sent.text);
  const { raw } = (await call('GET', gmail(`/messages/${sent.json.id}?format=raw`), { token })).json;
  assert.equal(Buffer.from(raw, 'base64url').toString(), mail);
  const draft = await upload('POST', '/drafts?uploadType=multipart', multipart, related('{"message":{}}'));
  assert.equal(draft.status, 200, draft.text);
  const other = related('{"message":{}}').replace('gooseberry', 'greengage');
  assert.equal((await upload('PUT', `/drafts/${draft.json.id}?uploadType=multipart`, multipart, other)).status, 200);
  assert.equal((await call('GET', gmail('/messages?q=greengage'), { token })).json.messages.length, 1);
  for (const [path, type, body] of [
    ['?uploadType=multipart', 'multipart/mixed; boundary="b"', related('{}')], ['?uploadType=multipart', multipart, related('{')], ['?uploadType=multipart', multipart, related('{}', 'text/html')],
    ['?uploadType=multipart', multipart, mail], ['?uploadType=media', 'text/plain', mail], ['', 'message/rfc822', mail], ['?uploadType=multipart', multipart, related('{"text":"x"}')],
  ]) assert.equal((await upload('POST', `/messages/send${path}`, type, body)).status, 400, `${path} ${type}`);
  assert.equal((await upload('POST', '/messages/send?uploadType=multipart', multipart, related('{"threadId":"ffff"}'))).status, 404);
});

test('sent mail arrives, in its thread, without its Bcc', async () => {
  const { access_token: bob } = await signIn('bob@acme.example', { scope: `openid ${long('gmail.modify')}` });
  const { access_token: alice } = await signIn('alice@acme.example', { scope: `openid ${long('gmail.modify')}` });
  const send = async (token, threadId, ...lines) => (await call('POST', gmail('/messages/send'), { token, json: { raw: letter(...lines), ...(threadId ? { threadId } : {}) } })).json;
  const sent = await send(bob, undefined, 'From: bob@acme.example', 'To: x@far.example', 'Bcc: alice@acme.example', 'Subject: A kite', 'Message-ID: <kite@acme.example>', '', 'tangerine');
  assert.deepEqual(Object.keys(sent).sort(), ['id', 'labelIds', 'threadId']);
  const found = await call('GET', gmail('/messages?q=tangerine'), { token: alice });
  const [arrived] = found.json.messages;
  const { raw, labelIds } = (await call('GET', gmail(`/messages/${arrived.id}?format=raw`), { token: alice })).json;
  assert.deepEqual(labelIds.sort(), ['INBOX', 'UNREAD']);
  assert.doesNotMatch(Buffer.from(raw, 'base64url').toString(), /bcc/i);
  const own = (await call('GET', gmail(`/messages/${sent.id}?format=raw`), { token: bob })).json;
  assert.deepEqual(own.labelIds, ['SENT']);
  assert.match(Buffer.from(own.raw, 'base64url').toString(), /^Bcc: alice/m);

  const answer = ['From: alice@acme.example', 'To: bob@acme.example', 'In-Reply-To: <kite@acme.example>', 'Message-ID: <answer@acme.example>'];
  assert.equal((await send(alice, arrived.threadId, ...answer, 'Subject: Re: A kite', '', 'yes')).threadId, arrived.threadId);
  assert.notEqual((await send(alice, arrived.threadId, ...answer, 'Subject: Another', '', 'yes')).threadId, arrived.threadId, 'another subject is another thread');
  assert.notEqual((await send(alice, arrived.threadId, 'To: bob@acme.example', 'Subject: Re: A kite', '', 'yes')).threadId, arrived.threadId, 'so is a mail that refers to none');
  const thread = (await call('GET', gmail(`/threads/${sent.threadId}?format=minimal`), { token: bob })).json;
  assert.ok(thread.messages.length >= 2, 'the answer is in the sender\u2019s thread too');
});

test('drafts: their ids stay, their messages do not, and sending ends them', async () => {
  const { access_token: token } = await signIn('bob@acme.example', { scope: `openid ${long('gmail.modify')}` });
  const { access_token: sender } = await signIn('bob@acme.example', { scope: `openid ${long('gmail.send')}` });
  const post = (path, json, bearer = token) => call('POST', gmail(path), { token: bearer, json });
  const get = async (path) => (await call('GET', gmail(path), { token })).json;
  const lines = ['From: bob@acme.example', 'To: alice@acme.example', 'Subject: A gourd', 'Message-ID: <gourd@acme.example>', ''];
  const made = (await post('/drafts', { message: { raw: letter(...lines, 'one') } })).json;
  assert.deepEqual(Object.keys(made.message), ['id', 'threadId', 'labelIds']);
  assert.deepEqual((await get('/drafts?q=rfc822msgid:gourd@acme.example')).drafts.map(({ id }) => id), [made.id]);
  assert.equal(Buffer.from((await get(`/drafts/${made.id}?format=raw`)).message.raw, 'base64url').toString(), [...lines, 'one'].join('\r\n'));
  const changed = await call('PUT', gmail(`/drafts/${made.id}`), { token, json: { message: { raw: letter(...lines, 'two') } } });
  assert.equal(changed.json.id, made.id);
  assert.notEqual(changed.json.message.id, made.message.id);
  assert.notEqual((await call('GET', gmail(`/messages/${made.message.id}`), { token })).status, 200);
  for (const [json, status] of [[{}, 400], [{ id: 'r-1' }, 404], [{ id: made.id, text: 'x' }, 400], [{ id: made.id, message: { raw: letter('Subject: x', '', 'x') } }, 400]]) {
    assert.equal((await post('/drafts/send', json)).status, status, JSON.stringify(json));
  }
  assert.equal((await post('/drafts/send', { id: made.id }, sender)).status, 403, 'who may send may not touch drafts');
  const sent = (await post('/drafts/send', { id: made.id, message: { raw: letter(...lines, 'three') } })).json;
  assert.deepEqual(sent.labelIds, ['SENT']);
  assert.notEqual(sent.id, changed.json.message.id);
  assert.equal(Buffer.from((await get(`/messages/${sent.id}?format=raw`)).raw, 'base64url').toString().split('\r\n').at(-1), 'three');
  assert.equal((await call('GET', gmail(`/drafts/${made.id}`), { token })).status, 404);
  assert.equal((await post('/drafts/send', { id: made.id })).status, 404);
  await call('POST', '/__test/mail', { json: { owner: 'bob@acme.example', raw: Buffer.from([...lines, 'by hand'].join('\r\n')).toString('base64'), labels: ['DRAFT'] } });
  const [byHand] = (await get('/drafts?q=gourd')).drafts;
  assert.equal((await post('/drafts/send', { id: byHand.id })).status, 200);
  assert.equal((await get('/drafts?q=gourd')).drafts, undefined);
});

test('people write as themselves and as what they may send as', async () => {
  const { access_token: token } = await signIn('bob@acme.example', { scope: `openid ${long('gmail.modify')}` });
  const { access_token: sender } = await signIn('bob@acme.example', { scope: `openid ${long('gmail.compose')}` });
  await call('POST', '/__test/set', { json: { send_as: { 'bob@acme.example': [{ sendAsEmail: 'sales@acme.example', displayName: 'Sales' }, { sendAsEmail: 'x@acme.example', verificationStatus: 'pending' }] } } });
  const { json } = await call('GET', gmail('/settings/sendAs'), { token });
  assert.deepEqual(json.sendAs.map(({ sendAsEmail, isPrimary, verificationStatus }) => [sendAsEmail, isPrimary, verificationStatus]), [['bob@acme.example', true, undefined], ['sales@acme.example', undefined, 'accepted'], ['x@acme.example', undefined, 'pending']]);
  assert.equal((await call('GET', gmail('/settings/sendAs'), { token: sender })).status, 403);
  for (const [from, shown] of [['Sales <Sales@acme.example>', 'Sales <Sales@acme.example>'], ['x@acme.example', 'bob@acme.example'], ['Eve <eve@evil.example>', 'bob@acme.example']]) {
    const sent = await call('POST', gmail('/messages/send'), { token, json: { raw: letter(`From: ${from}`, 'To: alice@acme.example', 'Subject: x', '', 'y') } });
    const { raw } = (await call('GET', gmail(`/messages/${sent.json.id}?format=raw`), { token })).json;
    assert.ok(Buffer.from(raw, 'base64url').toString().startsWith(`From: ${shown}\r\n`), from);
  }
});

test('trouble after a mail went out leaves it sent', async () => {
  const { access_token: token } = await signIn('bob@acme.example', { scope: `openid ${long('gmail.modify')}` });
  await control('set', { rewrite_message_id: true });
  await control('fault', { path: '/send$', after: true, drop: true });
  await control('fault', { path: '/send$', after: true, status: 500 });
  const json = { raw: letter('To: x@far.example', 'Subject: Papaya', 'Message-ID: <papaya@acme.example>', '', 'y') };
  await assert.rejects(call('POST', gmail('/messages/send'), { token, json }));
  assert.equal((await call('POST', gmail('/messages/send'), { token, json })).status, 500);
  const found = await call('GET', gmail('/messages?q=subject:Papaya'), { token });
  assert.equal(found.json.messages.length, 2);
  assert.equal((await call('GET', gmail('/messages?q=rfc822msgid:papaya@acme.example'), { token })).json.messages, undefined);
  const { payload } = (await call('GET', gmail(`/messages/${found.json.messages[0].id}?format=metadata`), { token })).json;
  assert.equal(payload.headers.find(({ name }) => name === 'X-Google-Original-Message-ID').value, '<papaya@acme.example>');
});

test('faults come as ordered and run out', async () => {
  const { access_token: token } = await signIn();
  const { access_token: other } = await signIn('bob@acme.example');
  await control('fault', { path: '/messages', status: 429, reason: 'rateLimitExceeded', retry_after: 7, email: 'alice@acme.example' });
  assert.equal((await call('GET', gmail('/messages'), { token: other })).status, 200);
  const limited = await call('GET', gmail('/messages'), { token });
  assert.deepEqual([limited.status, limited.headers.get('retry-after'), limited.json.error.errors[0].domain], [429, '7', 'usageLimits']);
  assert.equal((await call('GET', gmail('/messages'), { token })).status, 200);
  await control('fault', { path: '/messages', drop: true });
  await assert.rejects(call('GET', gmail('/messages'), { token }));
  await control('fault', { path: '/messages', truncate: true });
  await assert.rejects(call('GET', gmail('/messages'), { token }));
  await control('fault', { path: '^/token$', status: 400, reason: 'invalid_grant' });
  assert.equal((await call('POST', '/token', { form: { grant_type: 'refresh_token', refresh_token: 'x', ...secret() } })).json.error, 'invalid_grant');
});

test('what spoils only the way of an answer', async () => {
  const { access_token: token } = await signIn();
  const asked = (headers = {}) => call('GET', gmail('/messages?maxResults=1'), { token, headers });
  const usual = await asked();
  await control('fault', { path: '/messages', query: 'maxResults=2', status: 500 });
  assert.equal((await asked()).status, 200, 'meant for another query');
  await control('clear', {});
  await control('fault', { path: '/messages', informational: [102, 103] });
  assert.deepEqual((await asked()).json, usual.json);
  await control('fault', { path: '/messages', pad_bytes: 1_000_000 });
  const padded = await asked({ 'accept-encoding': 'identity' });
  assert.deepEqual([padded.text.length - usual.text.length, padded.json], [1_000_000, usual.json]);
  await control('fault', { path: '/messages', drip_ms: 1 });
  assert.deepEqual((await asked({ 'accept-encoding': 'identity' })).json, usual.json);
  await control('fault', { path: '/messages', stall: true });
  const stalled = await fetch(google.url + gmail('/messages'), { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(300) });
  assert.equal(stalled.status, 200);
  await assert.rejects(stalled.text(), /timeout|abort/i);
});

test('a letter can be put into a mailbox, and all mail be listed', async () => {
  const raw = Buffer.from('From: a@far.example\r\nTo: bob@acme.example\r\nSubject: Put here\r\n\r\nHello.\r\n').toString('base64');
  const { json: put } = await control('mail', { owner: 'bob@acme.example', raw, labels: ['SENT'] });
  const { json: listed } = await call('GET', '/__test/mail?label=SENT');
  assert.deepEqual(listed.filter(({ id }) => id === put.id), [{ owner: 'bob@acme.example', id: put.id, threadId: put.threadId, labelIds: ['SENT'], subject: 'Put here' }]);
  assert.equal((await control('mail', { owner: 'nobody@acme.example', raw })).status, 400);
  assert.equal((await control('mail', { owner: 'bob@acme.example', raw: Buffer.from('no header\r\n\r\n').toString('base64') })).status, 400);
});

test('gzip, batch and the log', async () => {
  const { access_token: token } = await signIn();
  await control('clear');
  const response = await new Promise((resolve, reject) => http.get(google.url + gmail('/messages'), { headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' } }, (answer) => resolve(answer.resume())).on('error', reject));
  assert.equal(response.headers['content-encoding'], 'gzip');
  const part = (id, path) => `--b\r\nContent-Type: application/http\r\nContent-ID: <${id}>\r\n\r\nGET ${path} HTTP/1.1\r\n\r\n\r\n`;
  const batch = await fetch(`${google.url}/batch/gmail/v1`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'multipart/mixed; boundary=b' }, body: `${part('a', gmail('/messages/19a1ce0000000001?format=minimal'))}${part('c', gmail('/messages/1'))}--b--` });
  const text = await batch.text();
  assert.deepEqual([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), ['200', '404']);
  assert.match(text, /<response-a>/);
  await call('GET', gmail('/messages/19a1ce0000000001'), { token });
  await call('GET', gmail('/threads/19a1ce0000000010'), { token });
  const { json } = await call('GET', '/__test/log');
  assert.equal(json.counts.units_by_email['alice@acme.example'], 5 + 20 + 40);
  assert.ok(json.requests.every(({ email }) => email === 'alice@acme.example' || email === undefined));
  assert.ok(!JSON.stringify(json).includes(token));
});

test('a restart signs nobody out, and ends what it started', async () => {
  const { access_token: token } = await signIn();
  assert.equal(statSync(join(directory, 'grants.json')).mode & 0o777, 0o600);
  const port = new URL(google.url).port;
  await stop(google, 'SIGKILL');
  google = await start('--port', port);
  assert.equal((await call('GET', gmail('/profile'), { token })).json.emailAddress, 'alice@acme.example');
  await stop(google, 'SIGINT');
  google = await start('--port', port, '--no-control');
  assert.equal((await call('GET', '/__test/log')).status, 404);
  await stop(google);
  google = await start();
});
