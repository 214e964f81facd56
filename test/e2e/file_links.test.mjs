// SPDX-License-Identifier: Apache-2.0
//
// One-time links for bytes (docs/decisions/0010): files that people fetch, and files that they bring, past the model.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { errorOf, seenBy, textOf } from './lib/answers.mjs';
import { FormBrowser, withChromium } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { SdkV1Client, SdkV2Client } from './lib/clients.mjs';
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

async function clientOf(world, person, { name = `client of ${person}`, make = SdkV2Client, scope } = {}) {
  await world.google.set({ auto_login: person });
  const client = await new make({ gateway: world.gateway, name, ...(scope ? { scope } : {}) }).connect();
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
});
