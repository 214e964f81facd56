// SPDX-License-Identifier: Apache-2.0
//
// Chapter TO of the abuse cases: tools and the requests they send to Google. A recorder before the test Google sees every one of them whole.
//
// TO-05 (ranges of sheets) waits for a tool that takes some.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import { assertSays, errorOf, idsOf, seenBy, textOf } from './lib/answers.mjs';
import { Audit } from './lib/audit.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { SdkV2Client } from './lib/clients.mjs';
import { filePart, Outgoing, rawLetter, resource, textPart } from './lib/letters.mjs';
import { stateOf } from './lib/process_state.mjs';
import { alone, askAlone, callAlone } from './lib/raw_mcp.mjs';
import { Recorder } from './lib/recorder.mjs';
import { World } from './lib/world.mjs';

const mailbox = '/gmail/v1/users/me';
const id = '19fa110000000001'; // of no mail: Google answers what a test says
const audit = new Audit();
let recorder;
let world;
let alice;
let bob;

async function signedIn(person, changes = { scope: 'workspace.read workspace.write' }, gateway = world.gateway) {
  await world.google.set({ auto_login: person });
  return new CaseClient({ gateway, audit, name: `tools of ${person}` }).signIn(changes);
}

before(async () => {
  recorder = await new Recorder().listen();
  world = await World.start({ env: { GOOGLE_API_URL: recorder.url, GATEHOUSE_TRUSTED_PROXIES: '1' } });
  recorder.target = world.google.url;
  alice = await signedIn('alice@acme.example');
  bob = await signedIn('bob@acme.example');
}, { timeout: 60_000 });
afterEach(async () => {
  recorder.requests = [];
  await world.google.clear();
});
after(async () => {
  await world?.end();
  recorder?.close();
});

// Answers of Google for one path, as often as it is asked.
const googleSays = (path, body, more = {}) => world.google.fault({ path: `^${mailbox}${path}$`, status: 200, times: 1000, body, ...more });

async function answerOf(client, name, args) {
  const answer = await callAlone({ ...client.gateway, headers: client.headers }, client.tokens.access_token, name, args);
  assert.equal(answer.status, 200, `${answer.status} ${answer.text.slice(0, 400)}`);
  return answer.message;
}

async function call(name, args, client = alice) {
  const { result, error } = await answerOf(client, name, args);
  assert.ok(result, `no result: ${JSON.stringify(error)}`);
  return result;
}

async function readResource(uri, client = alice) {
  return (await askAlone({ ...client.gateway, headers: client.headers }, client.tokens.access_token, 'resources/read', { uri })).message;
}

const written = async (name, args) => {
  const result = await call(name, args);
  assert.ok(!result.isError, seenBy(result));
  const [request] = recorder.requests.filter(({ method, path }) => /^(POST|PUT)$/.test(method) && /\/(drafts|messages\/send)/.test(path)).slice(-1);
  return new Outgoing(request.body);
};

describe('what goes into addresses and headers', () => {
  const identifiers = [
    '../labels', '..', '.', '%2e%2e', '..%2flabels', 'a/../../drafts', `${id}/attachments/x`, `${id}?alt=media`, `${id}?format=raw&x=1`, `${id}#x`, `${id}%23`, `${id}%00`, `${id}\u0000`, `${id}\r\nX-Evil: 1`, `${id}\n`, '\u202e', 'é', ' ', '',
    'https://gmail.googleapis.com/gmail/v1/users/me/messages/x', '//evil.example/x', 'mail.google.com', `t:../labels`, `thread:${id}/../x`, 'a'.repeat(3000),
  ];

  test('TO-01 identifiers in paths: what a caller gives is refused before Google is asked', { timeout: 60_000 }, async () => {
    for (const one of identifiers.filter((text) => text.trim() !== id)) {
      assert.equal(errorOf(await call('gmail_read', { ids: [one] })).code, 'invalid_argument', `gmail_read ${JSON.stringify(one)}`);
      if (one !== '') assert.equal(errorOf(await call('gmail_draft', { reply_to: one, body: 'x' })).code, 'invalid_argument', `reply_to ${JSON.stringify(one)}`);
      assert.equal(errorOf(await call('gmail_draft', { draft_id: one, to: ['bob@acme.example'], body: 'x' })).code, 'invalid_argument', `draft_id ${JSON.stringify(one)}`);
    }
    assert.deepEqual(recorder.requests, []);
  });

  test('TO-01 identifiers in paths: of resources too', { timeout: 30_000 }, async () => {
    for (const one of ['..%2flabels', '..', '%2e%2e', `${id}%3Falt=media`, `${id}%23`, `${id}%00`, `${id}%0d%0a`, `${id}/x`, 'a%2fb', '']) {
      for (const kind of ['message', 'thread']) {
        const { error, result } = await readResource(`gmail://${kind}/${one}`);
        assert.ok(error && !result, `gmail://${kind}/${one}: ${JSON.stringify(result)}`);
      }
    }
    assert.deepEqual(recorder.requests, []);
  });

  test('TO-01 identifiers in paths: what Google gives becomes one encoded segment, or is not asked for', { timeout: 30_000 }, async () => {
    const odd = ['../../users/bob@acme.example/messages', 'x?alt=media', 'x#y', 'a/b', '%2e%2e', 'x\r\nX-Evil: 1', '..', '.', ''];
    await googleSays('/messages', { messages: odd.map((one) => ({ id: one, threadId: one })), resultSizeEstimate: odd.length });
    await call('gmail_search', { query: 'odd' });
    const paths = recorder.requests.map(({ path }) => path.split('?')[0]).filter((path) => path.startsWith(`${mailbox}/messages/`));
    assert.deepEqual(paths.sort(), odd.slice(0, -3).map((one) => `${mailbox}/messages/${encodeURIComponent(one)}`).sort());
    assert.ok(recorder.requests.every(({ headers }) => !('x-evil' in headers)));
  });

  test('TO-01 identifiers in paths: ids of attachments too', { timeout: 30_000 }, async () => {
    const odd = '../../../drafts?alt=media#';
    const part = { ...textPart(''), body: { size: 10, attachmentId: odd } };
    await googleSays(`/messages/${id}`, resource(id, part));
    await call('gmail_read', { ids: [id] });
    const asked = recorder.requests.map(({ path }) => path.split('?')[0]).filter((path) => path.includes('attachments'));
    assert.deepEqual(asked, [`${mailbox}/messages/${id}/attachments/${encodeURIComponent(odd)}`]);
  });

  const names = ['date', 'from', 'to', 'subject', 'message-id', 'mime-version', 'content-type'];
  const withoutMark = (list) => list.filter((name) => name !== 'x-gatehouse-request');
  const breaks = ['\r\nBcc: thief@evil.example', '\nBcc: thief@evil.example', '\rBcc: thief@evil.example', '\r\n\r\nBody', '\u2028Bcc: thief@evil.example', '\u0085Bcc: x@evil.example', '\u0000', '\r\n Bcc: thief@evil.example', '=?UTF-8?Q?=0D=0ABcc:_thief=40evil.example?='];

  test('TO-02 mail headers: line ends in addresses are refused, in names of people they are no line ends', { timeout: 60_000 }, async () => {
    for (const one of breaks.slice(0, 5)) {
      for (const field of ['to', 'cc', 'bcc']) {
        const result = await call('gmail_draft', { to: ['bob@acme.example'], body: 'x', [field]: [`bob@acme.example${one}`] });
        assert.equal(errorOf(result).code, 'invalid_argument', `${field} ${JSON.stringify(one)}`);
      }
    }
    assert.deepEqual(recorder.requests.filter(({ method }) => method !== 'GET'), []);
    for (const one of breaks) {
      const result = await call('gmail_draft', { to: [`"Bob${one}" <bob@acme.example>`], subject: 's', body: 'x' });
      if (result.isError) {
        assert.equal(errorOf(result).code, 'invalid_argument');
        continue;
      }
      const mail = new Outgoing(recorder.requests.at(-1).body);
      assert.deepEqual(withoutMark(mail.names), names, JSON.stringify(one));
    }
  });

  test('TO-02 mail headers: line ends in a subject', { timeout: 30_000 }, async () => {
    for (const one of breaks) {
      const mail = await written('gmail_draft', { to: ['bob@acme.example'], subject: `Lunch${one} today`, body: 'x' });
      assert.deepEqual(mail.names, names, JSON.stringify(one));
      assert.match(mail.header('Subject'), /^Lunch/);
      assert.match(mail.header('Subject'), /today$/);
      assert.doesNotMatch(mail.header('Subject'), /[\r\n\0]/);
    }
  });

  test('TO-02 mail headers: what an answered mail brings along', { timeout: 30_000 }, async () => {
    const evil = 'x\r\nBcc: thief@evil.example';
    await googleSays(`/messages/${id}`, resource(id, textPart('Hello.'), {
      Subject: `Hi${evil}`, 'Message-ID': `<a@far.example>\r\nBcc: thief@evil.example`, References: `<b@far.example>\r\nX-Evil: 1\r\n <c\u0000@far.example> <d@far.example>`, 'Reply-To': `"Str\r\nBcc: thief@evil.example" <strange@far.example>, thief@evil.example\r\nX: y`, Cc: 'c@far.example\r\nX-Evil: 2',
    }));
    const mail = await written('gmail_draft', { reply_to: id, reply_all: true, body: 'x' });
    assert.deepEqual(mail.names.toSorted(), [...names, 'in-reply-to', 'references'].toSorted(), mail.head);
    assert.match(mail.header('To'), /^"[^"\r\n]*" <strange@far\.example>$/);
    assert.match(mail.header('References'), /^(<[^<>\s]+@far\.example>\s*)+$/);
  });

  test('TO-06 multipart boundaries: random, and text that holds one stays whole', { timeout: 60_000 }, async () => {
    const seen = new Set();
    let body = 'Hello.';
    for (let n = 0; n < 12; n += 1) {
      const mail = await written('gmail_draft', { to: ['bob@acme.example'], subject: 's', body });
      assert.ok(mail.boundary.length >= 24, mail.boundary);
      assert.ok(!seen.has(mail.boundary), 'never the same twice');
      seen.add(mail.boundary);
      assert.deepEqual(mail.root.parts.map(({ mimeType }) => mimeType), ['text/plain', 'text/html']);
      assert.equal(mail.texts['text/plain'].trim(), body);
      body = `Before\n\n--${mail.boundary}\nContent-Type: text/html\n\n<b>forged</b>\n\n--${mail.boundary}--\n\nafter\n\n.\n\nFrom here`;
    }
  });
});

describe('what comes back', () => {
  test('TO-09 large results: an answer of 50 MB is not taken, and memory stays bounded', { timeout: 90_000 }, async () => {
    await call('gmail_read', { ids: ['19a1ce0000000001'] });
    const before = stateOf(world.gateway.pid);
    await googleSays(`/messages/${id}`, resource(id, textPart('Hello.')), { pad_bytes: 50 * 1024 * 1024 });
    assert.equal(errorOf(await call('gmail_read', { ids: [id] })).code, 'too_large');
    const now = stateOf(world.gateway.pid);
    assert.ok(now.rssKb === 0 || now.peakKb < before.peakKb + 96 * 1024, `${before.peakKb} KB before, ${now.peakKb} KB at most`);
  });

  test('TO-09 large results: a mail of 12 MB is cut, with a flag, and goes on at next', { timeout: 90_000 }, async () => {
    await googleSays(`/messages/${id}`, resource(id, textPart(`${'All work and no play. '.repeat(570_000)}The end.`)));
    let result = await call('gmail_read', { ids: [id], max_chars: 2000 });
    assert.ok(!result.isError, seenBy(result).slice(0, 500));
    assert.ok(JSON.stringify(result.structuredContent).length <= 2500, `${JSON.stringify(result.structuredContent).length} characters`);
    assert.match(result.structuredContent.notes.join(), /very large or damaged: not all of it was read/);
    const first = result.structuredContent.messages[0].body;
    result = await call('gmail_read', { cursor: result.structuredContent.next });
    assert.ok(!result.isError && result.structuredContent.messages[0].continued, seenBy(result).slice(0, 500));
    assert.notEqual(result.structuredContent.messages[0].body, first);
  });

  test('TO-09 large results: of 10,000 messages in one answer only a page is opened', { timeout: 60_000 }, async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => ({ id: `19fb${String(n).padStart(12, '0')}`, threadId: id }));
    await googleSays('/messages', { messages: many, nextPageToken: 'more', resultSizeEstimate: 10_000 });
    await googleSays('/messages/19fb[0-9]{12}', resource(id, textPart('One of many.')));
    const result = await call('gmail_search', { query: 'many', limit: 50 });
    assert.equal(idsOf(result).length, 50);
    assert.ok(result.structuredContent.next);
    assert.ok(JSON.stringify(result.structuredContent).length < 8000);
    assert.equal(recorder.requests.filter(({ path }) => /messages\/19fb/.test(path)).length, 50);
  });

  const charsets = [
    ['ISO-2022-JP', Buffer.from('\x1b$B2q5D\x1b(B.', 'latin1'), '会議.'],
    ['UTF-7', Buffer.from('Hi Mom -+Jjo--!'), 'Hi Mom'],
    ['x-unknown-charset', Buffer.from('na\xefve', 'latin1'), 'naïve'],
    ['x-unknown-charset', Buffer.from('naïve'), 'naïve'],
    ['', Buffer.from('caf\xe9', 'latin1'), 'café'],
    ['utf-8', Buffer.from('bad \xc3\x28 \xff end', 'latin1'), 'end'],
    ['iso-2022-jp', Buffer.from('cut \x1b$B2', 'latin1'), 'cut'],
    ['../../etc/passwd', Buffer.from('plain'), 'plain'],
    ['UTF-16', Buffer.from('sixteen', 'utf16le'), ''],
  ];
  test('TO-11 charsets: ISO-2022-JP, UTF-7, unknown and broken ones come out as valid UTF-8', { timeout: 60_000 }, async () => {
    for (const [charset, bytes, words] of charsets) {
      await world.google.clear();
      await googleSays(`/messages/${id}`, resource(id, textPart(bytes, { charset }), { Subject: `=?${charset || 'x'}?B?${bytes.toString('base64')}?=` }));
      const answer = await callAlone({ ...world.gateway, headers: alice.headers }, alice.tokens.access_token, 'gmail_read', { ids: [id] });
      const { result } = answer.message;
      assert.ok(!result.isError, `${charset}: ${seenBy(result)}`);
      assert.ok(textOf(result).includes(words), `${charset}: ${textOf(result)}`);
      assert.ok(seenBy(result).isWellFormed?.() ?? true);
      assert.doesNotMatch(seenBy(result), /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/, charset);
    }
    // As bytes: fetch has decoded above, and would have repaired.
    const bytes = await new Promise((resolve, reject) => {
      const { message, headers: own } = alone('tools/call', { name: 'gmail_read', arguments: { ids: [id] } });
      const body = JSON.stringify(message);
      const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: `Bearer ${alice.tokens.access_token}`, 'content-length': Buffer.byteLength(body), ...own, ...alice.headers };
      http.request(world.gateway.mcpUrl, { method: 'POST', headers }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk)).once('end', () => resolve(Buffer.concat(chunks)));
      }).once('error', reject).end(body);
    });
    assert.doesNotThrow(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  });

  test('TO-19 file names: neutralised, and nothing is written to disk', { timeout: 30_000 }, async () => {
    const odd = ['../../x', '..\\..\\y.txt', '/etc/passwd', 'CON', 'nul.txt', 'COM1.log', 'a\u0000b.txt', 'invoice\u202efdp.exe', '.ssh', '...', 'c:evil', 'a\r\nb', '', '<img src=x>', '\u200b', 'x'.repeat(5000)];
    await googleSays(`/messages/${id}`, resource(id, [textPart('See files.', { partId: '0' }), ...odd.map((name, n) => filePart(name || ' ', { partId: String(n + 1) }))]));
    const result = await call('gmail_read', { ids: [id], max_chars: 20_000 });
    const shown = result.structuredContent.messages[0].attachments.map(({ name }) => name);
    assert.equal(shown.length, odd.length);
    for (const name of shown) {
      assert.doesNotMatch(name, /[/\\<>:"|?*\u0000-\u001f\u200b\u202a-\u202e]/, name);
      assert.doesNotMatch(name, /^\.|^(con|nul|com1)(\.|$)/i, name);
      assert.ok(name.length > 0 && name.length <= 130, name);
    }
    assert.deepEqual(shown.slice(0, 4), ['x', 'y.txt', 'passwd', '_CON']);
    assert.ok(shown.includes('invoicefdp.exe'), 'the true ending shows');
  });

  // status, reason, details, code that the tool gives
  const refusals = [
    [400, 'invalidArgument', 'invalid_argument'], [400, 'failedPrecondition', 'blocked_by_admin'], [403, 'insufficientPermissions', 'scope_missing'], [403, 'accessNotConfigured', 'blocked_by_admin'], [403, 'domainPolicy', 'blocked_by_admin'], [403, 'dailyLimitExceeded', 'rate_limited'],
    [403, 'forbidden', 'not_found_or_no_access'], [403, 'exportSizeLimitExceeded', 'too_large'], [404, 'notFound', 'not_found_or_no_access'], [409, 'aborted', 'conflict'], [410, 'deleted', 'not_found_or_no_access'], [412, 'conditionNotMet', 'conflict'], [413, 'uploadTooLarge', 'too_large'], [418, 'teapot', 'google_unavailable'],
  ];
  const secret = 'ya29.a0AfH6SMBx-not-for-models';
  const gossip = `Token ${secret} of project 4711 at https://internal.corp.example/x?key=AIzaSyD-secret (stack: at com.google.Foo)`;
  test('TO-18 error mapping: every refusal has its code, a fix, and no token or internals', { timeout: 120_000 }, async () => {
    for (const [status, reason, code] of refusals) {
      await world.google.clear();
      await world.google.fault({ path: `${mailbox}/messages$`, status, reason, message: gossip, times: 100 });
      const error = errorOf(await call('gmail_search', { query: 'x' }));
      assert.equal(error.code, code, `${status} ${reason}: ${JSON.stringify(error)}`);
      assert.doesNotMatch(JSON.stringify(error), /ya29|AIzaSyD|127\.0\.0\.1|gth_|Bearer/, `${status} ${reason}`);
    }
  });

  const shapes = [
    ['only details', { error: { code: 403, message: 'No.', status: 'PERMISSION_DENIED', details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }] } }, 'scope_missing'], ['only a status', { error: { status: 'PERMISSION_DENIED' } }, 'not_found_or_no_access'], ['a text for an error', { error: 'invalid_request', error_description: 'x' }, 'not_found_or_no_access'],
    ['reasons that are no text', { error: { errors: [{ reason: 7 }, null, 'x'], message: ['x'] } }, 'not_found_or_no_access'], ['nothing', '', 'not_found_or_no_access'], ['a page', '<html>Forbidden</html>', 'not_found_or_no_access'], ['ten thousand reasons', { error: { errors: Array.from({ length: 10_000 }, () => ({ reason: 'x' })) } }, 'not_found_or_no_access'], ['a message of 100 KB', { error: { message: 'long '.repeat(20_000), errors: [{ reason: 'accessNotConfigured' }] } }, 'blocked_by_admin'],
  ];
  for (const [what, body, code] of shapes) {
    test(`TO-18 error mapping: 403 with ${what}`, { timeout: 30_000 }, async () => {
      await world.google.fault({ path: `${mailbox}/messages$`, status: 403, body, times: 100 });
      const error = errorOf(await call('gmail_search', { query: 'x' }));
      assert.equal(error.code, code, JSON.stringify(error));
      assert.ok(JSON.stringify(error).length < 1000);
    });
  }
});

describe('what may be asked for', () => {
  test('TO-07 no fetching of URLs: only Google is ever contacted', { timeout: 60_000 }, async () => {
    let connections = 0;
    const sink = http.createServer((_, response) => response.end()).on('connection', () => { connections += 1; });
    await new Promise((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${sink.address().port}/x`;
    try {
      await googleSays(`/messages/${id}`, resource(id, textPart(`<html><head><link rel="stylesheet" href="${url}.css"></head><body background="${url}.png"><img src="${url}.gif"><iframe src="${url}"></iframe><a href="${url}">here</a></body></html>`, { mime: 'text/html' }), { 'List-Unsubscribe': `<${url}>`, 'Content-Location': url }));
      await call('gmail_read', { ids: [id], include: ['headers'] });
      await call('gmail_read', { ids: [id], include: ['html'] });
      await readResource(`gmail://message/${id}`);
      await readResource(url);
      await call('gmail_read', { ids: [url] });
      await call('gmail_search', { query: url });
      await call('gmail_draft', { to: ['bob@acme.example'], subject: url, body: `![picture](${url}.png) <${url}> [link](${url})\n\n<img src="${url}.gif">` });
      await call('gmail_draft', { reply_to: url, body: 'x' });
      await call('gmail_send', { to: ['bob@acme.example'], subject: 'Links', body: `See ${url}` });
      assert.equal(connections, 0);
      assert.ok(recorder.requests.length > 8);
    } finally {
      sink.close();
    }
  });

  test('TO-13 read-only mode: tools that write are not listed, refused if called, and Google is not asked', { timeout: 90_000 }, async () => {
    const limited = await World.start({ env: { GATEHOUSE_MODE: 'readonly', GATEHOUSE_TRUSTED_PROXIES: '1' } });
    try {
      await limited.google.set({ auto_login: 'alice@acme.example' });
      const client = await new SdkV2Client({ gateway: limited.gateway, name: 'reads' }).connect();
      limited.atEnd(() => client.close());
      const tools = await client.tools();
      assert.deepEqual(tools.map(({ name }) => name), ['whoami', 'account_connect', 'account_disconnect', 'gmail_search', 'gmail_read', 'gmail_attachment', 'gmail_labels']);
      assert.ok(tools.every(({ name, annotations }) => annotations.readOnlyHint === !name.startsWith('account_')));
      for (const [name, args] of [['gmail_send', { to: ['bob@acme.example'], body: 'x' }], ['gmail_draft', { to: ['bob@acme.example'], body: 'x' }], ['gmail_modify', { ids: ['19a1ce0000000001'], action: 'read' }], ['workspace_undo', { undo: 'x' }]]) {
        const { error, result } = (await callAlone(limited.gateway, client.provider.granted.access_token, name, args)).message;
        assert.ok(!result && error.code === -32602, `${name}: ${JSON.stringify(error ?? result)}`);
      }
      assert.deepEqual((await limited.google.log()).requests.filter(({ method, path }) => method === 'POST' && /gmail/.test(path)), []);
    } finally {
      await limited.end();
    }
  });

  test('TO-14 scope withdrawn meanwhile: a listed tool answers with the way to allow it again', { timeout: 60_000 }, async () => {
    const client = await signedIn('bob@acme.example');
    assert.ok(!(await call('gmail_search', { query: 'rota' }, client)).isError);
    // The next token of Google's no longer covers mail.
    await world.google.fault({ path: `${mailbox}/messages$`, status: 403, reason: 'insufficientPermissions', times: 100, message: 'Request had insufficient authentication scopes.' });
    const error = errorOf(await call('gmail_search', { query: 'rota' }, client));
    assert.equal(error.code, 'scope_missing');
    assert.ok(error.consent_url?.startsWith(`${world.gateway.url}/consent?more=`), JSON.stringify(error));
    assert.doesNotMatch(error.message, /insufficient authentication/);
    await world.google.clear();
    assert.ok(!(await call('gmail_search', { query: 'rota' }, client)).isError, 'and the session holds');
  });

  test('TO-15 paging: foreign, stale and forged cursors are refused, and Google is not asked', { timeout: 60_000 }, async () => {
    const first = await call('gmail_search', { query: 'nightly', limit: 5 });
    const cursor = first.structuredContent.next;
    assert.equal(idsOf(await call('gmail_search', { query: 'nightly', limit: 5, cursor })).length, 5);
    recorder.requests = [];
    const flipped = cursor.slice(0, -2) + (cursor.at(-2) === 'A' ? 'B' : 'A') + cursor.at(-1);
    const other = await signedIn('alice@acme.example');
    for (const [what, forged, client = alice] of [['flipped', flipped], ['cut', cursor.slice(0, -4)], ['grown', `${cursor}AAAA`], ['a page token of Google’s', '0123456789012345620'], ['huge', 'A'.repeat(10_000)], ['of another person', cursor, bob], ['of another client of the same person', cursor, other]]) {
      const error = errorOf(await call('gmail_search', { query: 'nightly', limit: 5, cursor: forged }, client));
      assert.equal(error.code, 'invalid_argument', what);
    }
    for (const args of [{ query: 'weekly' }, { query: 'nightly', by: 'thread' }, { query: 'nightly', after: '2026-10-01' }]) {
      assert.equal(errorOf(await call('gmail_search', { limit: 5, cursor, ...args })).code, 'invalid_argument', `with ${JSON.stringify(args)}`);
    }
    assert.equal(errorOf(await call('gmail_read', { cursor })).code, 'invalid_argument', 'of another tool');
    assert.deepEqual(recorder.requests, []);
  });

  test('TO-15 paging: a token that Google no longer knows is said so', { timeout: 30_000 }, async () => {
    const { next } = (await call('gmail_search', { query: 'nightly', limit: 5 })).structuredContent;
    await world.google.fault({ path: `${mailbox}/messages$`, query: 'pageToken=', status: 400, reason: 'invalidArgument', message: 'Invalid pageToken', times: 10 });
    assert.equal(errorOf(await call('gmail_search', { query: 'nightly', limit: 5, cursor: next })).code, 'invalid_argument');
  });

  test('TO-15 paging: sizes out of range are refused, and Google is asked for no more than was', { timeout: 30_000 }, async () => {
    for (const limit of [0, -1, 51, 500, 1e9, 2.5, '5', null]) {
      const { result, error } = await answerOf(alice, 'gmail_search', { query: 'nightly', limit });
      assert.ok(error || (result.isError && result.structuredContent.code === 'invalid_argument') || limit === null, `limit ${limit}: ${JSON.stringify(result)}`);
    }
    for (const max of [0, 999, 80_001]) assert.equal(errorOf(await call('gmail_read', { ids: ['19a1ce0000000022'], max_chars: max })).code, 'invalid_argument');
    assert.equal(errorOf(await call('gmail_read', { ids: Array(11).fill('19a1ce0000000022') })).code, 'invalid_argument');
    recorder.requests = [];
    await call('gmail_search', { query: 'nightly', limit: 7 });
    const sizes = recorder.requests.filter(({ path }) => path.startsWith(`${mailbox}/messages?`)).map(({ path }) => new URLSearchParams(path.split('?')[1]).get('maxResults'));
    assert.deepEqual(sizes, ['7']);
  });

  test('TO-15 paging: odd tokens of Google’s go back to it as they came, in one parameter', { timeout: 30_000 }, async () => {
    const odd = 'a&q=in:trash#x\r\n%00?';
    await googleSays('/messages', { messages: [{ id: '19a1ce0000000001', threadId: '19a1ce0000000001' }], nextPageToken: odd });
    const { next } = (await call('gmail_search', { query: 'odd' })).structuredContent;
    recorder.requests = [];
    await call('gmail_search', { query: 'odd', cursor: next });
    const [list] = recorder.requests.filter(({ path }) => path.startsWith(`${mailbox}/messages?`));
    const asked = new URL(list.path, 'http://google').searchParams;
    assert.deepEqual([asked.getAll('pageToken'), asked.getAll('q')], [[odd], ['odd']]);
  });
});

describe('afterwards', () => {
  test('everything works as before', { timeout: 30_000 }, async () => {
    assertSays(await call('gmail_read', { ids: ['19a1ce0000000020'] }), 'quicksilver');
    // A letter that is delivered as others are.
    const { id: delivered } = await world.google.deliver('alice@acme.example', rawLetter({ From: 'Far <far@far.example>', To: 'alice@acme.example', Subject: 'Delivered', 'Content-Type': 'text/plain; charset=utf-8' }, 'Quince.'));
    assertSays(await call('gmail_read', { ids: [delivered] }), 'Quince.');
  });
});
