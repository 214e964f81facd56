// SPDX-License-Identifier: Apache-2.0
//
// One-time links for bytes (docs/decisions/0010): files that people fetch, and files that they bring, past the model.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { errorOf, seenBy, textOf } from './lib/answers.mjs';
import { FormBrowser, readForm, withChromium } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { SdkV1Client, SdkV2Client, askingFor, byForms } from './lib/clients.mjs';
import { bytesOf } from './lib/database.mjs';
import { assertAbsent } from './lib/disguises.mjs';
import { World } from './lib/world.mjs';

const alice = 'alice@acme.example';
const bob = 'bob@acme.example';
const papers = '19a1ce0000000030';
const figures = '19a1ce0000000020';
const anyAttachment = '/attachments/[^/]+$';
const limit = { timeout: 60_000 };
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');
const minutes = (count) => count * 60;

// A letter with one file.
const letterWith = (name, bytes, disposition = `attachment; filename="${name}"`) => Buffer.concat([
  Buffer.from(['From: Priya <priya@far.example>', `To: ${alice}`, `Subject: With ${bytes.length} bytes`, 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary="cut"', '',
    '--cut', 'Content-Type: text/plain', '', 'Attached.', '--cut', 'Content-Type: text/html', `Content-Disposition: ${disposition}`, 'Content-Transfer-Encoding: base64', '', ''].join('\r\n')),
  Buffer.from(bytes.toString('base64').replace(/.{76}/g, '$&\r\n')), Buffer.from('\r\n--cut--\r\n')]);

// What the gateway answers to bytes, without more of them.
function rawAnswer(world, bytes) {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(new URL(world.gateway.url).port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer but ${JSON.stringify(text)}`)));
    socket.on('data', (data) => { text += data; }).on('end', () => { socket.end(); resolve(text); }).on('error', reject);
  });
}

const ticketOf = (url) => new URL(url).pathname.split('/').at(-1);

// The link that a tool's answer gives, also to a person who sees text only.
function linkIn(result, world) {
  assert.ok(!result.isError, textOf(result));
  const { url } = result.structuredContent;
  assert.match(url, new RegExp(`^${world.gateway.url}/files/[A-Za-z0-9_-]{44}$`));
  assert.ok(textOf(result).includes(url));
  return url;
}

const linkTo = async (client, handle, world) => linkIn(await client.call('gmail_attachment', { handle, as: 'link' }), world);

// A browser that is signed in to our pages.
async function browserOf(world, person) {
  const browser = new FormBrowser();
  await world.google.set({ auto_login: person });
  assert.equal((await browser.visit(`${world.gateway.url}/login`)).status, 200);
  return browser;
}

async function clientOf(world, person, { name = `client of ${person}`, make = SdkV2Client, writes = false } = {}) {
  await world.google.set({ auto_login: person });
  const signIn = writes ? askingFor('workspace.read', 'workspace.write') : byForms();
  const client = await new make({ gateway: world.gateway, name, signIn }).connect();
  world.atEnd(() => client.close());
  return client;
}

function assertIsFile(answer, bytes) {
  assert.equal(answer.status, 200, answer.text.slice(0, 300));
  assert.equal(answer.bytes.length, bytes.length);
  assert.equal(sha(answer.bytes), sha(bytes));
  const expected = {
    'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer',
    'content-length': String(bytes.length), 'accept-ranges': 'none',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(answer.headers.get(name), value, name);
  assert.match(answer.headers.get('content-security-policy'), /default-src 'none'; sandbox/);
  assert.match(answer.headers.get('content-disposition'), /^attachment; filename="/);
}

function assertIsPage(answer, status, words) {
  assert.equal(answer.status, status, answer.text.slice(0, 300));
  assert.match(answer.text, words);
  assert.match(answer.headers.get('content-type'), /^text\/html/);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
}

const linesOf = (world, event) => world.gateway.log.split('\n').filter((line) => line.includes(`"${event}"`)).map((line) => JSON.parse(line));

// The audit has a line of it, the latest of which is this.
const isLogged = (world, event, fields) => until(`"${event}" with ${JSON.stringify(fields)} is logged`, () =>
  linesOf(world, event).some((line) => Object.entries(fields).every(([name, value]) => line[name] === value)), 5);

describe('files that people fetch', () => {
  let world;
  let client;
  let hers;
  let his;
  const tickets = [];
  const link = async (handle = `${papers}/1`) => {
    const url = await linkTo(client, handle, world);
    tickets.push(ticketOf(url));
    return url;
  };
  before(async () => {
    world = await World.start();
    client = await clientOf(world, alice);
    hers = await browserOf(world, alice);
    his = await browserOf(world, bob);
    await world.google.set({ auto_login: alice });
  }, limit);
  after(() => world?.end());

  // As the model would see it: the letter holds it once, in base64.
  const fileOf = async (id, name) => {
    const letter = (await world.google.mail(alice, id)).toString('latin1');
    const part = letter.split(/\r\n--/).find((text) => text.includes(name));
    return Buffer.from(part.slice(part.indexOf('\r\n\r\n')), 'base64');
  };

  test('a link gives the file to its person, as it is, and once', limit, async () => {
    const file = await fileOf(papers, 'contract.docx');
    const url = await link();
    assertIsFile(await hers.visit(url), file);
    assertIsPage(await hers.visit(url), 404, /no longer good/);
    await isLogged(world, 'read', { tool: 'gmail_attachment', reason: 'linked' });
    await isLogged(world, 'file link', { reason: 'given', bytes: file.length });
    const [made] = linesOf(world, 'read').filter(({ reason }) => reason === 'linked');
    const [given] = linesOf(world, 'file link').filter(({ reason }) => reason === 'given');
    for (const field of ['user', 'client', 'object']) assert.equal(given[field], made[field], field);
  });

  test('who is not signed in signs in first, and comes back to the file', limit, async () => {
    const url = await link();
    const stranger = new FormBrowser();
    assertIsFile(await stranger.visit(url), await fileOf(papers, 'contract.docx'));
    assert.ok((await world.google.asked(/\/o\/oauth2\/v2\/auth$/)).length > 0);
  });

  test('another person is told so, and does not use it up', limit, async () => {
    const url = await link();
    assertIsPage(await his.visit(url), 403, /another person/);
    await world.google.set({ auto_login: bob });
    assertIsPage(await new FormBrowser().visit(url), 403, /another person/);
    await world.google.set({ auto_login: alice });
    await isLogged(world, 'file link', { reason: 'other person', bytes: 0 });
    assertIsFile(await hers.visit(url), await fileOf(papers, 'contract.docx'));
  });

  test('previews, guesses and other methods get nothing and use nothing up', limit, async () => {
    const url = await link();
    const before = await world.google.asked(new RegExp(anyAttachment));
    const head = await fetch(url, { method: 'HEAD', redirect: 'manual' });
    assert.deepEqual([head.status, head.headers.get('location'), head.headers.get('content-disposition')], [204, null, null]);
    assert.equal((await hers.visit(url, { method: 'HEAD' })).status, 204);
    assert.equal((await hers.visit(url, { headers: { 'sec-purpose': 'prefetch' } })).status, 503);
    assert.equal((await fetch(url, { redirect: 'manual' })).status, 302, 'to the sign-in');
    for (const method of ['DELETE', 'PATCH']) assert.equal((await hers.visit(url, { method })).status, 405, method);
    for (const ticket of ['x', 'A'.repeat(44), `${ticketOf(url)}x`, `${ticketOf(url).slice(0, 22)}${'A'.repeat(22)}`, `%41${ticketOf(url).slice(1)}`])
      assertIsPage(await hers.visit(`${world.gateway.url}/files/${ticket}`), 404, /no longer good/);
    for (const path of ['/files', '/files/', `/files/${ticketOf(url)}/`, `/files/x/${ticketOf(url)}`]) assert.equal((await hers.visit(world.gateway.url + path)).status, 404, path);
    assert.equal((await world.google.asked(new RegExp(anyAttachment))).length, before.length, 'Google was not asked');
    assertIsFile(await hers.visit(url, { headers: { range: 'bytes=0-3' } }), await fileOf(papers, 'contract.docx'));
  });

  test('of two that come at once one gets it', limit, async () => {
    const url = await link();
    await world.google.fault({ path: anyAttachment, status: 0, delay_ms: 400, times: 2 });
    const answers = await Promise.all([hers.visit(url), hers.visit(url)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 404]);
    assertIsPage(answers.find(({ status }) => status === 404), 404, /no longer good/);
  });

  test('when Google is away the link stays good', limit, async () => {
    const url = await link();
    await world.google.fault({ path: anyAttachment, status: 503, retry_after: 90 });
    assertIsPage(await hers.visit(url), 503, /Google does not answer[^]*not used up/);
    await world.google.fault({ path: anyAttachment, status: 200, body: { size: 3, data: '!!!' } });
    assertIsPage(await hers.visit(url), 503, /Google does not answer/);
    assertIsFile(await hers.visit(url), await fileOf(papers, 'contract.docx'));
  });

  test('a file that is gone, and a permission that is gone, are told apart', limit, async () => {
    const url = await link();
    await world.google.fault({ path: `/messages/${papers}$`, status: 404, reason: 'notFound' });
    assertIsPage(await hers.visit(url), 404, /no longer there/);
    await world.google.fault({ path: anyAttachment, status: 403, reason: 'insufficientPermissions' });
    assertIsPage(await hers.visit(url), 403, /Google no longer accepts/);
    await world.google.expire();
    assertIsPage(await hers.visit(url), 403, /Google no longer accepts/);
    assert.ok(!(await client.call('whoami')).isError, 'the session renews its own');
    assertIsFile(await hers.visit(await link()), await fileOf(papers, 'contract.docx'));
  });

  test('what cannot be shown comes with a link at once', limit, async () => {
    const bytes = Buffer.from('\x7fELF\0\0\0\0 a program', 'latin1');
    await world.google.fault({ path: anyAttachment, status: 200, body: { size: bytes.length, data: bytes.toString('base64url') }, times: 2 });
    const result = await client.call('gmail_attachment', { handle: `${papers}/1` });
    const url = linkIn(result, world);
    tickets.push(ticketOf(url));
    assert.match(textOf(result), /No text is read from this kind of file[^]*show it to them/);
    assertIsFile(await hers.visit(url), bytes);
    await world.google.fault({ path: anyAttachment, status: 200, body: { size: bytes.length, data: bytes.toString('base64url') } });
    assert.equal(errorOf(await client.call('gmail_attachment', { handle: `${papers}/1`, as: 'text' })).code, 'invalid_argument', 'who wants the text is told why not');
  });

  test('names of files do no harm, and stay readable', limit, async () => {
    const umlaut = await hers.visit(await link(`${figures}/2`));
    assert.equal(umlaut.headers.get('content-disposition'), `attachment; filename="Quartals_bersicht Q3 2026.pdf"; filename*=UTF-8''${encodeURIComponent('Quartalsübersicht Q3 2026.pdf')}`);
    const names = [
      [`attachment; filename="..\\\\..\\\\etc/passwd"`, /^attachment; filename="passwd"$/],
      [`attachment; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x=1%0D%0A.html`, /^attachment; filename="[^"\r\n]*"/],
      [`attachment; filename="a\\"; filename=b.exe; \\"c.txt"`, /^attachment; filename="[^"]*"(; filename\*=UTF-8''[A-Za-z0-9%._~-]*)?$/],
      [`attachment; filename*=UTF-8''gpj%E2%80%AEexe.evil`, /^attachment; filename="gpjexe.evil"$/],
    ];
    for (const [index, [disposition, expected]] of names.entries()) {
      const id = `19a1ce00000f000${index}`;
      const bytes = Buffer.from(`<script>alert(${index})</script>`);
      await world.google.place(alice, id, letterWith('', bytes, disposition));
      const answer = await hers.visit(await link(`${id}/1`));
      assertIsFile(answer, bytes);
      assert.match(answer.headers.get('content-disposition'), expected);
      assert.equal(answer.headers.get('set-cookie'), null);
    }
  });

  test('20 MB arrive whole', limit, async () => {
    const bytes = Buffer.alloc(20 * 1024 * 1024, 'a page of a large file\n');
    await world.google.place(alice, '19a1ce00000f0020', letterWith('large.bin', bytes));
    const large = await link('19a1ce00000f0020/1');
    assertIsFile(await hers.visit(large), bytes);
    assertIsPage(await hers.visit(large), 404, /no longer good/);
  });

  test('in Chromium it is saved and not shown', limit, async () => {
    const url = await link();
    const file = await fileOf(papers, 'contract.docx');
    await withChromium(async (page) => {
      const [saved] = await Promise.all([page.waitForEvent('download'), page.goto(url).catch(() => {})]);
      assert.equal(saved.suggestedFilename(), 'contract.docx');
      assert.equal(sha(readFileSync(await saved.path())), sha(file));
    });
  });

  test('a link ends with the session that made it', limit, async () => {
    const other = await clientOf(world, alice, { name: 'ends', make: SdkV1Client });
    const url = await linkTo(other, `${papers}/1`, world);
    const mine = await link();
    const { client_id: id } = other.provider.clientInformation();
    const revoked = await fetch(`${world.gateway.url}/revoke`, { method: 'POST', body: new URLSearchParams({ token: other.provider.tokens().refresh_token, client_id: id }) });
    assert.equal(revoked.status, 200);
    assertIsPage(await hers.visit(url), 403, /has ended/);
    await isLogged(world, 'file link', { reason: 'session ended' });
    assertIsFile(await hers.visit(mine), await fileOf(papers, 'contract.docx'));
  });

  test('no ticket and no token of Google in the log or the database', limit, async () => {
    const open = await link();
    const database = bytesOf(world.gateway.database);
    const log = Buffer.from(world.gateway.log);
    for (const ticket of [...new Set([...tickets, ticketOf(open)])]) {
      for (const half of [ticket.slice(0, 22), ticket.slice(22)]) assertAbsent(log, 'half of a ticket in the log', half);
      assertAbsent(database, 'what opens a link in the database', ticket.slice(22));
    }
    const held = JSON.parse(readFileSync(join(world.directory, 'google', 'grants.json'), 'utf8'));
    for (const [token] of held.access) for (const [what, where] of [['log', log], ['database', database]]) assertAbsent(where, `a Google token in the ${what}`, token);
    assertAbsent(database, 'the name of a file', 'contract.docx');
    assert.ok(seenBy(await client.call('whoami')).includes(alice));
  });

  test('signing out everywhere ends what is open', limit, async () => {
    const url = await link();
    const account = await hers.visit(`${world.gateway.url}/account`);
    const form = /name="form" value="([^"]+)"/.exec(account.text)[1];
    await hers.visit(`${world.gateway.url}/logout`, { method: 'POST', body: new URLSearchParams({ form, where: 'everywhere' }), headers: { origin: world.gateway.url } });
    const again = await browserOf(world, alice);
    assertIsPage(await again.visit(url), 403, /has ended/);
  });
});

describe('files that people bring', () => {
  let world;
  let client;
  let hers;
  let his;
  const secrets = [];
  let letters = 0;
  before(async () => {
    world = await World.start();
    client = await clientOf(world, alice, { writes: true });
    hers = await browserOf(world, alice);
    his = await browserOf(world, bob);
    await world.google.set({ auto_login: alice });
  }, limit);
  after(() => world?.end());

  const report = Buffer.from('%PDF-1.4\nthe report\n\0\x01\xff', 'latin1');

  async function asked(name = 'report.pdf', more = {}, by = client) {
    const result = await by.call('workspace_upload', { name, ...more });
    assert.ok(!result.isError, textOf(result));
    const { url, handle, expires, how } = result.structuredContent;
    assert.match(url, new RegExp(`^${world.gateway.url}/files/[A-Za-z0-9_-]{44}$`));
    assert.match(handle, /^file:[A-Za-z0-9_-]{32}$/);
    assert.match(how, /curl -T/);
    for (const words of [url, handle, expires]) assert.ok(textOf(result).includes(words));
    secrets.push(ticketOf(url).slice(22), handle.slice(5));
    return { url, handle };
  }
  const put = (url, body, headers = {}) => fetch(url, { method: 'PUT', body, headers, redirect: 'manual' });
  const told = async (response, status, words) => {
    const text = await response.text();
    assert.equal(response.status, status, text);
    assert.match(text, words);
  };
  const send = (attachments, more = {}, by = client) => {
    letters += 1;
    return by.call('gmail_send', { to: ['bob@acme.example'], subject: `Brought ${letters}`, body: 'Attached.', attachments, ...more });
  };
  const drafts = () => world.google.mailUnder('DRAFT');

  // The parts of the mail that went out last: {name: bytes}.
  async function filesSent(id) {
    const letter = (await world.google.mail(alice, id)).toString('latin1');
    const files = {};
    for (const part of letter.split(/\r\n--=_/).slice(1)) {
      const name = /filename="([^"]*)"/.exec(part)?.[1];
      if (name) files[name] = { bytes: Buffer.from(part.slice(part.indexOf('\r\n\r\n')), 'base64'), type: /content-type: ([^;\r]*)/i.exec(part)[1] };
    }
    return files;
  }

  test('curl -T brings a file, which a mail then carries, and the draft goes', limit, async () => {
    const { url, handle } = await asked();
    const early = errorOf(await send([handle]));
    assert.deepEqual([early.code, /has not been uploaded yet/.test(early.message)], ['conflict', true]);
    execFileSync('curl', ['-sSf', '-T', '-', url], { input: report, timeout: 30_000 });
    const kept = (await drafts()).filter(({ subject }) => /Upload for your assistant: report.pdf/.test(subject));
    assert.deepEqual(kept.map(({ owner }) => owner), [alice]);
    await isLogged(world, 'file link', { reason: 'uploaded', bytes: report.length });

    const result = await send([handle], { request_id: 'brought' });
    assert.ok(!result.isError, textOf(result));
    const files = await filesSent(result.structuredContent.id);
    assert.equal(sha(files['report.pdf'].bytes), sha(report));
    assert.equal(files['report.pdf'].type, 'application/pdf');
    assert.equal((await world.google.asked(/\/drafts\/[^/]+$/)).filter(({ method, status }) => method === 'DELETE' && status < 300).length, 1);
    letters -= 1;
    const again = await send([handle], { request_id: 'brought' });
    assert.equal(again.structuredContent.status, 'already_sent', 'a repeat is known, though the draft is gone');
    assert.match(errorOf(await send([handle])).message, /^(There is no attachment|Google does not accept the request)/, 'another mail has nothing to carry');
  });

  test('a link takes one file, of two at once too', limit, async () => {
    const { url } = await asked('twice.txt');
    await world.google.fault({ path: '/upload/.*/drafts', status: 0, delay_ms: 300, times: 2 });
    const answers = await Promise.all([put(url, report), put(url, report)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 404]);
    await told(await put(url, report), 404, /no longer good/);
    assert.equal((await drafts()).filter(({ subject }) => subject.includes('twice.txt')).length, 1);
  });

  test('by a form, in a browser, as the person chose it', limit, async () => {
    const { url, handle } = await asked('whatever.bin');
    const page = await hers.visit(url);
    assertIsPage(page, 200, /Give [^]* a file\?/);
    assert.ok(page.text.includes('whatever.bin') && page.text.includes(alice));
    const fill = (fields, filename = 'päper "1".csv') => {
      const form = new FormData();
      for (const [name, value] of fields) form.set(name, value);
      form.set('file', new Blob([report], { type: 'text/csv' }), filename);
      return form;
    };
    const { fields, action } = readForm(page.text);
    const post = (browser, form, headers = { origin: world.gateway.url, 'sec-fetch-site': 'same-origin' }) => browser.visit(world.gateway.url + action, { method: 'POST', body: form, headers });
    assertIsPage(await post(his, fill(fields)), 403, /another person/);
    assertIsPage(await post(hers, fill([['form', 'x']])), 403, /did not come from our page/);
    assertIsPage(await post(hers, fill(fields), { 'sec-fetch-site': 'cross-site' }), 403, /did not come from our page/);
    assertIsPage(await post(hers, new URLSearchParams(fields)), 400, /no file/);
    assert.match((await post(hers, fill(fields))).text, /Uploaded[^]*Go back to your assistant/);
    assertIsPage(await hers.visit(url), 404, /no longer good/);
    const result = await send([handle]);
    assert.ok(!result.isError, textOf(result));
    const letter = (await world.google.mail(alice, result.structuredContent.id)).toString('latin1');
    assert.match(letter, /filename\*(0\*)?=UTF-8''p%C3%A4per%20/i);
    assert.match(letter, /Content-Type: text\/csv/);
  });

  test('in Chromium, without scripts', limit, async () => {
    const { url, handle } = await asked('chosen.txt');
    await withChromium(async (page) => {
      await page.goto(url);
      await page.setInputFiles('#file', { name: 'chosen.txt', mimeType: 'text/plain', buffer: report });
      await Promise.all([page.waitForNavigation(), page.click('button[type=submit]')]);
      assert.match(await page.textContent('main'), /Uploaded/);
    });
    assert.ok(!(await send([handle])).isError);
  });

  test('a page cannot put, a stranger gets no form, a link that gives takes nothing', limit, async () => {
    const { url } = await asked();
    await told(await put(url, report, { origin: world.gateway.url }), 403, /Browsers cannot put/);
    await told(await put(url, report, { 'sec-fetch-site': 'none' }), 403, /Browsers cannot put/);
    assert.equal((await put(url, report, { origin: 'https://evil.example' })).status, 403);
    assertIsPage(await his.visit(url), 403, /another person/);
    await told(await put(url, ''), 400, /no file/);
    const down = await linkTo(client, `${papers}/1`, world);
    await told(await put(down, report), 405, /gives a file and takes none/);
    assert.equal((await hers.visit(down)).status, 200);
    await told(await put(`${world.gateway.url}/files/${'A'.repeat(44)}`, report), 404, /no longer good/);
    await told(await put(url, report), 201, /Uploaded/);
  });

  test('too large is refused early and in words', limit, async () => {
    const { url } = await asked('large.bin');
    const head = [`PUT ${new URL(url).pathname} HTTP/1.1`, `Host: ${new URL(url).host}`, 'Content-Length: 26000000', '', ''].join('\r\n');
    const answer = await rawAnswer(world, head);
    assert.match(answer, /^HTTP\/1\.1 413 [^]*too large[^]*25 MB/);
    await told(await put(url, Buffer.alloc(25_000_001)), 413, /too large[^]*Google Drive/);
    const other = await rawAnswer(world, head.replace(new URL(url).pathname, '/mcp'));
    assert.match(other, /^HTTP\/1\.1 413 /, 'elsewhere the limit is as it was');
  });

  test('a file that nothing would be done with is refused by its head, unread', limit, async () => {
    const head = (url, ...fields) => [`PUT ${new URL(url).pathname} HTTP/1.1`, `Host: ${new URL(url).host}`, 'Content-Length: 25000000', ...fields, '', ''].join('\r\n');
    const unknown = `${world.gateway.url}/files/${'A'.repeat(44)}`;
    const { url } = await asked('unread.bin');
    const given = await linkTo(client, `${papers}/1`, world);
    assert.match(await rawAnswer(world, head(unknown)), /^HTTP\/1\.1 404 [^]*Connection: close[^]*no longer good/);
    assert.match(await rawAnswer(world, head(unknown, 'Expect: 100-continue')), /^HTTP\/1\.1 404 /, 'and is not asked for');
    assert.match(await rawAnswer(world, head(unknown).replace('PUT', 'POST')), /^HTTP\/1\.1 404 [^]*<html/);
    assert.match(await rawAnswer(world, head(given)), /^HTTP\/1\.1 405 [^]*gives a file and takes none/);
    assert.match(await rawAnswer(world, head(url, `Origin: ${world.gateway.url}`)), /^HTTP\/1\.1 403 [^]*Browsers cannot put/);
    assert.match(await rawAnswer(world, head(`${world.gateway.url}/files/x/y`)), /^HTTP\/1\.1 404 /);

    const large = join(world.directory, 'large.bin');
    writeFileSync(large, Buffer.alloc(20_000_000, 'x'));
    const curl = (to) => execFileSync('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code} %{size_upload}', '-T', large, to], { timeout: 30_000 }).toString();
    assert.equal(curl(url), '201 20000000');
    assert.equal(curl(url), '404 0', 'it has taken its file');
    assert.equal(curl(unknown), '404 0');
  });

  test('25 MB come through, and a mail carries them', { timeout: 120_000 }, async () => {
    const bytes = Buffer.alloc(18 * 1024 * 1024, 'a page of a large file\n');
    const { url, handle } = await asked('large.bin');
    await told(await put(url, bytes), 201, /Uploaded/);
    const result = await send([handle]);
    assert.ok(!result.isError, textOf(result));
    assert.equal(sha((await filesSent(result.structuredContent.id))['large.bin'].bytes), sha(bytes));
    const most = await asked('most.bin');
    await told(await put(most.url, Buffer.alloc(25_000_000, 'x')), 201, /Uploaded/);
  });

  test('when Google refuses, the link stays good; when its answer is lost, not', limit, async () => {
    const { url, handle } = await asked('retried.txt');
    await world.google.fault({ path: '/upload/.*/drafts', status: 403, reason: 'rateLimitExceeded', retry_after: 90 });
    await told(await put(url, report), 503, /not used up/);
    await told(await put(url, report), 201, /Uploaded/);
    assert.ok(!(await send([handle])).isError);
    const lost = await asked('lost.txt');
    await world.google.fault({ path: '/upload/.*/drafts', drop: true, after: true });
    await told(await put(lost.url, report), 502, /may or may not/);
    await told(await put(lost.url, report), 404, /no longer good/);
  });

  test('what another person brought is not to be attached', limit, async () => {
    const { url, handle } = await asked('private.txt');
    await told(await put(url, report), 201, /Uploaded/);
    const bobs = await clientOf(world, bob, { writes: true });
    await world.google.set({ auto_login: alice });
    const error = errorOf(await send([handle], { to: ['alice@acme.example'] }, bobs));
    assert.deepEqual([error.code, /another person/.test(error.message)], ['not_found_or_no_access', true]);
    const made = errorOf(await send([`file:${'A'.repeat(32)}`]));
    assert.match(made.message, /no upload of this handle/);
    assert.match(errorOf(await send([`${handle}x`])).message, /no upload of this handle/);
    const draft = await client.call('gmail_draft', { to: [bob], subject: 'In a draft', body: 'x', attachments: [handle] });
    assert.ok(!draft.isError, textOf(draft));
    assert.ok(!(await send([handle])).isError, 'a draft does not use it up');
  });

  test('who may not write is asked for it by one consent', limit, async () => {
    const reader = await clientOf(world, alice, { name: 'reads', make: SdkV1Client });
    const error = errorOf(await reader.call('workspace_upload', { name: 'a.txt' }));
    assert.equal(error.code, 'scope_missing');
    assert.match(error.consent_url, /\/consent\?more=/);
  });

  test('an upload’s link ends with its session', limit, async () => {
    const other = await clientOf(world, alice, { name: 'ends', writes: true });
    const { url } = await asked('late.txt', {}, other);
    const { client_id: id } = other.provider.clientInformation();
    await fetch(`${world.gateway.url}/revoke`, { method: 'POST', body: new URLSearchParams({ token: other.provider.tokens().refresh_token, client_id: id }) });
    await told(await put(url, report), 403, /has ended/);
  });

  test('no ticket and no handle in the log or the database', limit, async () => {
    const { url, handle } = await asked('open.txt');
    const database = bytesOf(world.gateway.database);
    const log = Buffer.from(world.gateway.log);
    assertAbsent(log, 'half of a ticket', ticketOf(url).slice(0, 22));
    for (const secret of [...secrets, handle.slice(5)]) for (const [what, where] of [['log', log], ['database', database]]) assertAbsent(where, `what opens an upload in the ${what}`, secret);
    for (const words of ['report.pdf', 'the report', '100000000000000000011']) assertAbsent(database, 'a file', words);
  });
});

describe('links by the clock', () => {
  let world;
  before(async () => {
    world = await World.start({ wallClock: true });
  }, limit);
  after(() => world?.end());

  test('fifteen minutes, and Google’s token is renewed for them', limit, async () => {
    const client = await clientOf(world, alice);
    const browser = await browserOf(world, alice);
    await world.google.set({ auto_login: alice });
    assert.ok(!(await client.call('gmail_search', { query: 'quicksilver' })).isError);
    world.time.shift(minutes(50)); // of the hour that Google's token lives
    const renewals = async () => (await world.google.asked(/\/token$/)).length;
    const before = await renewals();
    const url = await linkTo(client, `${papers}/1`, world);
    const late = await linkTo(client, `${papers}/1`, world);
    assert.equal(await renewals(), before + 1, 'renewed once');
    world.time.shift(minutes(64));
    assert.equal((await browser.visit(url)).status, 200);
    world.time.shift(minutes(66));
    assertIsPage(await browser.visit(late), 404, /no longer good/);
  });

  test('a file that came can be attached for a day, one that did not is told apart', limit, async () => {
    world.time.shift(0);
    const client = await clientOf(world, alice, { name: 'writes', writes: true });
    const ask = async (name) => (await client.call('workspace_upload', { name })).structuredContent;
    const came = await ask('came.txt');
    const never = await ask('never.txt');
    assert.equal((await fetch(came.url, { method: 'PUT', body: 'here' })).status, 201);
    const draft = ({ handle }) => client.call('gmail_draft', { to: [bob], subject: 'x', body: 'x', attachments: [handle] });
    world.time.shift(minutes(16));
    assert.equal((await fetch(never.url, { method: 'PUT', body: 'late' })).status, 404);
    assert.match(errorOf(await draft(never)).message, /ended and nothing was uploaded/);
    assert.ok(!(await draft(came)).isError);
    world.time.shift(minutes(24 * 60 + 1));
    assert.match(errorOf(await draft(came)).message, /more than a day old/);
  });
});
