// SPDX-License-Identifier: Apache-2.0
//
// A person who signed in for reading gains sending by one more consent, and only then: by clients that ask for it themselves, and by a link
// for those that cannot (docs/decisions/0008).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { errorOf, rowsOf, textOf } from './lib/answers.mjs';
import { FormBrowser, allowAtGoogle, clickThrough, readForm, withChromium } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { SdkV1Client, SdkV1SseClient, SdkV2Client, byForms } from './lib/clients.mjs';
import { World } from './lib/world.mjs';

const alice = 'alice@acme.example';
const scope = (name) => `https://www.googleapis.com/auth/${name}`;
let world;
let letters = 0;

before(async () => {
  world = await World.start();
}, { timeout: 60_000 });
after(() => world?.end());

const reads = async (client) => assert.ok(rowsOf(await client.call('gmail_search', { query: 'quicksilver' })).length > 0);

// A letter of its own for each attempt, so that what arrived can be told.
function letter() {
  letters += 1;
  return { to: ['bob@acme.example'], subject: `Step up ${letters}`, body: 'One more consent.' };
}

const sent = async () => (await world.google.asked(/\/messages\/send/)).filter(({ status }) => status === 200).length;

// What Google was asked for on its page, latest last.
async function askedOfGoogle() {
  const pages = (await world.google.asked(/\/o\/oauth2\/v2\/auth$/)).map(({ query }) => new URLSearchParams(query));
  return pages.map((query) => ({ ...Object.fromEntries(query), scopes: query.get('scope').split(' ').filter((one) => one.startsWith('https:')) }));
}

const challenged = () => world.gateway.log.split('\n').filter((line) => line.includes('"scope missing"') && line.includes('"challenged"')).length;

// The call, which must not send.
async function isRefused(client, how) {
  const before = await sent();
  await how(client.call('gmail_send', letter()));
  assert.equal(await sent(), before, 'nothing was sent');
}

async function sends(client) {
  const before = await sent();
  const result = await client.call('gmail_send', letter());
  assert.ok(!result.isError, textOf(result));
  assert.equal(await sent(), before + 1);
}

const isChallenged = (client) => isRefused(client, (call) => assert.rejects(call, (error) => client.isUnauthorized(error)));

// The explanation that SDK 1.32 and the older transport get; gives the link.
async function isExplained(client) {
  let link;
  await isRefused(client, async (call) => {
    const result = await call;
    const { code, consent_url: url } = errorOf(result);
    assert.equal(code, 'scope_missing');
    assert.ok(url.startsWith(`${world.gateway.url}/consent?more=`), url);
    assert.ok(textOf(result).includes(url), 'a person who only sees text sees it');
    assert.doesNotMatch(textOf(result).replace(url, ''), /googleapis|insufficient|upscop|403/i); // a ticket may spell 403
    link = url;
  });
  return link;
}

async function follow(link, { decision = 'approve', browser = new FormBrowser() } = {}) {
  const page = await browser.visit(link);
  assert.equal(page.status, 200, page.text);
  assert.equal(readForm(page.text).action, '/consent/more');
  return { page, end: await browser.submit(page, ['decision', decision]) };
}

describe('clients that ask for more by themselves', () => {
  const kinds = [['2026-07-28', { pin: '2026-07-28' }], ['their own choice', 'auto'], ['initialize', 'legacy']];
  for (const [what, mode] of kinds) {
    test(`client 2.4, ${what}: one more consent, and it sends`, { timeout: 60_000 }, async () => {
      await world.google.set({ auto_login: alice, untick: [] });
      let consentPage;
      const person = new FormBrowser();
      const signIn = async (url) => {
        consentPage = (await person.visit(url)).text;
        return person.consent(url);
      };
      const client = await new SdkV2Client({ gateway: world.gateway, name: `two ${what}`, mode, signIn }).connect();
      try {
        assert.equal(client.provider.granted.scope, 'workspace.read');
        assert.deepEqual((await askedOfGoogle()).at(-1).scopes, [scope('gmail.readonly')], 'Google is asked for reading only');
        assert.doesNotMatch(consentPage, /send mail/i);
        await reads(client);

        await isChallenged(client);
        const asked = new URL(client.provider.authorizationUrl).searchParams;
        assert.deepEqual(asked.get('scope').split(' ').sort(), ['workspace.read', 'workspace.write'], 'what it had, and what the challenge names');
        await client.authorize();
        assert.match(consentPage, /send mail/i);
        const google = (await askedOfGoogle()).at(-1);
        assert.deepEqual(google.scopes.sort(), [scope('gmail.modify')], 'which includes reading');
        assert.equal(google.include_granted_scopes, 'true');
        assert.equal(client.provider.granted.scope, 'workspace.read workspace.write');
        await sends(client);
        await reads(client);
        assert.equal(client.provider.signIns, 2);
      } finally {
        await client.close();
      }
    });
  }

  test('client 2.4: who declines on our page keeps reading, and does not send', { timeout: 60_000 }, async () => {
    await world.google.set({ auto_login: alice, untick: [] });
    const person = new FormBrowser();
    const client = await new SdkV2Client({ gateway: world.gateway, name: 'declines', signIn: byForms(person) }).connect();
    try {
      await isChallenged(client);
      const arrived = client.callback.next();
      await person.consent(client.provider.authorizationUrl.href, 'deny');
      assert.equal((await arrived).get('error'), 'access_denied');
      await reads(client);
      await isChallenged(client);
    } finally {
      await client.close();
    }
  });

  test('client 2.4: what is left unticked at Google is explained, not asked for in circles', { timeout: 60_000 }, async () => {
    await world.google.set({ auto_login: 'bob@acme.example', untick: [scope('gmail.send'), scope('gmail.compose'), scope('gmail.modify')] });
    const client = await new SdkV2Client({ gateway: world.gateway, name: 'unticks' }).connect();
    try {
      await isChallenged(client);
      await client.authorize();
      assert.equal(client.provider.granted.scope, 'workspace.read', 'granted is what Google granted');
      for (let i = 0; i < 3; i += 1) await isExplained(client);
      assert.equal(client.provider.signIns, 2, 'no more authorizations');
      const link = await isExplained(client);
      await world.google.set({ untick: [] });
      assert.equal((await follow(link)).end.status, 200);
      await sends(client);
      assert.equal(client.provider.signIns, 2);
    } finally {
      await client.close();
      await world.google.set({ auto_login: alice, untick: [] });
    }
  });
});

describe('clients that cannot', () => {
  test('SDK 1.32 reads why, and its person allows it in Chromium: the same session sends', { timeout: 120_000 }, async () => {
    await world.google.set({ auto_login: null, untick: [] });
    await withChromium(async (page) => {
      const signIn = (url) => clickThrough(page, url, alice);
      const client = await new SdkV1Client({ gateway: world.gateway, name: 'one', signIn }).connect();
      try {
        await reads(client);
        const session = client.sessionId;
        const before = challenged();
        const link = await isExplained(client);
        await until('it was challenged once, refreshed, and was told', () => challenged() === before + 1, 4);

        await page.goto(link);
        const asks = await page.textContent('main');
        assert.match(asks, /one/);
        assert.match(asks, /send mail in your name/);
        assert.doesNotMatch(asks, /Search and read/);
        assert.match(asks, /Until \d+ \w+ \d{4}, \d\d:\d\d UTC, when this session ends/);
        await page.click('button[name=decision][value=approve]');
        await allowAtGoogle(page, alice);
        assert.match(await page.textContent('main'), /Go back to it/);

        await sends(client);
        await reads(client);
        assert.equal(client.provider.signIns, 1, 'nobody signed in again');
        assert.equal(client.sessionId, session);
        client.forgetAccess();
        await sends(client);
      } finally {
        await client.close();
      }
    });
  });

  test('SDK 1.32 over HTTP+SSE', { timeout: 60_000 }, async () => {
    await world.google.set({ auto_login: alice, untick: [] });
    const client = await new SdkV1SseClient({ gateway: world.gateway, name: 'one by SSE' }).connect();
    try {
      await reads(client);
      const link = await isExplained(client);
      const { page, end } = await follow(link);
      assert.match(page.text, /one by SSE/);
      assert.equal(end.status, 200, end.text);
      const google = (await askedOfGoogle()).at(-1);
      assert.equal(google.include_granted_scopes, 'true');
      assert.match(google.login_hint, /^\d+$/, 'the session\'s own person is proposed');
      await sends(client);
    } finally {
      await client.close();
    }
  });
});

describe('who never consented cannot send', () => {
  let client;
  before(async () => {
    await world.google.set({ auto_login: alice, untick: [] });
    client = await new SdkV1Client({ gateway: world.gateway, name: 'never' }).connect();
  });
  after(() => client?.close());

  test('a link that nobody follows changes nothing, nor one that is declined', { timeout: 60_000 }, async () => {
    const link = await isExplained(client);
    await new FormBrowser().visit(link);
    await isExplained(client);
    const { end } = await follow(link, { decision: 'deny' });
    assert.match(end.text, /Nothing was changed/);
    await isExplained(client);
  });

  test('nor one that somebody else follows, with their own account', { timeout: 60_000 }, async () => {
    const link = await isExplained(client);
    await world.google.set({ auto_login: 'bob@acme.example' });
    const { end } = await follow(link);
    assert.equal(end.status, 403);
    assert.match(end.text, /another Google account/);
    await world.google.set({ auto_login: alice });
    await isExplained(client);
  });

  test('nor what the same person allowed another session', { timeout: 60_000 }, async () => {
    const other = await new SdkV1Client({ gateway: world.gateway, name: 'other' }).connect();
    try {
      assert.equal((await follow(await isExplained(other))).end.status, 200);
      await isExplained(client);
      await sends(other);
      await isExplained(client);
    } finally {
      await other.close();
    }
  });

  test('and the last word is the person\'s: allowed at last, it sends', { timeout: 60_000 }, async () => {
    assert.equal((await follow(await isExplained(client))).end.status, 200);
    await sends(client);
  });
});

describe('never beyond the mode', () => {
  test('readonly: writing is neither announced nor granted nor asked of Google', { timeout: 60_000 }, async () => {
    await world.gateway.restart({ env: { GATEHOUSE_MODE: 'readonly' } });
    const metadata = await (await fetch(`${world.gateway.url}/.well-known/oauth-authorization-server`)).json();
    assert.deepEqual(metadata.scopes_supported, ['workspace.read']);
    await world.google.set({ auto_login: alice, untick: [] });
    const client = new SdkV2Client({ gateway: world.gateway, name: 'readonly' });
    await client.connect();
    try {
      client.provider.authorizationUrl.searchParams.set('scope', 'workspace.read workspace.write');
      await client.authorize();
      assert.equal(client.provider.granted.scope, 'workspace.read');
      assert.deepEqual((await askedOfGoogle()).at(-1).scopes, [scope('gmail.readonly')]);
      assert.ok(!(await client.tools()).some(({ name }) => name === 'gmail_send'));
    } finally {
      await client.close();
    }
  });
});
