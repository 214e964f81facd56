// SPDX-License-Identifier: Apache-2.0
//
// Chapter CO of the abuse cases: consent and the confused deputy. Two browser profiles; the test Google skips its own consent for those
// who have given it before.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Audit } from './lib/audit.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { exchange } from './lib/exchange.mjs';
import { Profile } from './lib/profile.mjs';
import { assertLocalPage } from './lib/refusals.mjs';
import { World } from './lib/world.mjs';

const redirects = ['https://app.example:8443/cb'];
const publicUrl = 'https://gatehouse.example';
const audit = new Audit();
let world;
let secure; // called https by the world outside

before(async () => {
  [world, secure] = await Promise.all([World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } }), World.start({ publicUrl })]);
  await Promise.all([world, secure].map(({ google }) => google.set({ auto_login: 'alice@acme.example' })));
}, { timeout: 60_000 });
after(() => Promise.all([world?.end(), secure?.end()]));

async function registered(options = {}) {
  const client = new CaseClient({ gateway: world.gateway, audit, redirects, ...options });
  await client.register();
  return client;
}

const profileOf = (client) => new Profile({ headers: client.headers });
const records = async () => (await world.records()).map(({ sessionId }) => sessionId).sort();
const grants = async () => (await records()).filter((id) => id.startsWith('GRANT#'));
const askedGoogle = () => world.google.asked(/\/o\/oauth2/);
const toGoogle = (page) => page.location?.startsWith(`${world.google.url}/o/oauth2/`);

// The consent page; its form and the cookies are noted as secrets.
async function open(profile, client, changes) {
  const page = await profile.step(client.authorizeUrl(changes));
  assert.equal(page.status, 200, page.location ?? page.text.slice(0, 300));
  audit.note('a consent form', profile.fieldOf(page, 'form'));
  for (const [name, value] of profile.cookiesFor(page.url)) audit.note(`the cookie ${name}`, value);
  return page;
}

// From an approving answer through Google to the client; the address it is told at.
async function finish(profile, client, departure) {
  assert.ok(toGoogle(departure), `${departure.status} ${departure.location}`);
  const last = await profile.onFrom(departure, (next) => next.href.startsWith(client.redirect));
  assert.ok(last.location?.startsWith(client.redirect), `${last.status} ${last.url} ${last.text.slice(0, 300)}`);
  const told = new URL(last.location);
  audit.note('a code', told.searchParams.get('code'));
  return told;
}

describe('our own page', () => {
  test('CO-01 own consent first: it is shown before any redirect to Google, and names client, redirect host and what is asked', async () => {
    await world.google.clear();
    await world.google.set({ auto_login: 'alice@acme.example' });
    const client = await registered({ name: 'Mail sorter' });
    const profile = profileOf(client);
    const page = await open(profile, client);
    for (const words of ['Mail sorter', 'app.example:8443', 'unverified', 'Search and read your mail', 'e-mail address']) assert.ok(page.text.includes(words), words);
    assert.deepEqual(await askedGoogle(), []);
    const departure = await profile.submit(page, 'approve');
    assert.ok(toGoogle(departure), 'and only then Google');
  });

  test('CO-02 second client, same user: consent is shown for B although Google would skip its own, and no code is issued without approval', async () => {
    const [a, b] = [await registered({ name: 'Client A' }), await registered({ name: 'Client B', redirects: ['https://attacker.example/cb'] })];
    const victim = profileOf(a);
    assert.ok((await finish(victim, a, await victim.submit(await open(victim, a), 'approve'))).searchParams.get('code'), 'they use A');
    await victim.onFrom(await victim.step(`${world.gateway.url}/login`));
    await world.google.clear();
    await world.google.set({ auto_login: 'alice@acme.example' });
    const before = await grants();
    for (const prompt of [undefined, 'login', 'consent']) {
      const page = await open(victim, b, { prompt });
      assert.ok(page.text.includes('Client B') && page.text.includes('attacker.example'));
    }
    // What a link or an image could still send without the person pressing anything.
    const page = await open(victim, b);
    for (const [method, url] of [['GET', `${world.gateway.url}/consent?decision=approve&form=${victim.fieldOf(page, 'form')}`], ['POST', `${world.gateway.url}/authorize`], ['POST', `${world.gateway.url}/consent?decision=approve&form=${victim.fieldOf(page, 'form')}`]]) {
      const answer = await victim.step(url, { method, headers: { 'Sec-Fetch-Site': 'cross-site' }, ...(method === 'POST' ? { body: '' } : {}) });
      assert.ok([403, 404, 405].includes(answer.status), `${method} ${answer.status}`); // GET /consent takes links of its own, and this is none
    }
    audit.expect('consent form refused', { reason: 'form rejected' });
    assert.deepEqual(await askedGoogle(), [], 'Google was never asked');
    assert.deepEqual(await grants(), before);
  });

  test('CO-08 deny: access_denied with state and iss to the registered redirect only, no grant row', async () => {
    const client = await registered();
    const before = await records();
    for (const state of ['a state & more', undefined]) {
      const profile = profileOf(client);
      const answer = await profile.submit(await open(profile, client, { state }), 'deny');
      assert.equal(answer.status, 303);
      const told = new URL(answer.location);
      assert.equal(told.origin + told.pathname, client.redirect);
      assert.equal(told.searchParams.get('error'), 'access_denied');
      assert.deepEqual(told.searchParams.getAll('state'), state === undefined ? [] : [state]);
      assert.deepEqual(told.searchParams.getAll('iss'), [world.gateway.url]);
      assert.equal(told.searchParams.has('code'), false);
      audit.expect('consent denied', { client: client.id });
      assert.deepEqual([...profile.cookiesFor(world.gateway.url)], [], 'and no cookie');
    }
    assert.deepEqual(await records(), before);
  });

  test('CO-10 parallel tabs: two transactions of two clients in one browser, each ends with its own result', async () => {
    const clients = [await registered({ name: 'first' }), await registered({ name: 'second', redirects: ['https://second.example/cb'] })];
    for (const order of [[0, 1], [1, 0]]) {
      const profile = profileOf(clients[0]);
      const pages = [await open(profile, clients[0]), await open(profile, clients[1])];
      const departures = [];
      for (const n of order) departures[n] = await profile.submit(pages[n], 'approve');
      for (const n of order.toReversed()) {
        const told = await finish(profile, clients[n], departures[n]);
        assert.equal(told.searchParams.get('state'), clients[n].state);
        const answer = await clients[n].redeem(told.searchParams.get('code'));
        assert.equal(answer.status, 200, `client ${n}: ${answer.text}`);
      }
      assert.deepEqual([...profile.cookiesFor(world.gateway.url).keys()], ['gth_account']);
    }
  });

  test('CO-10 parallel tabs: one is denied, the other finished', async () => {
    const [one, other] = [await registered(), await registered()];
    const profile = profileOf(one);
    const [first, second] = [await open(profile, one), await open(profile, other)];
    assert.match((await profile.submit(first, 'deny')).location, /error=access_denied/);
    assert.ok((await finish(profile, other, await profile.submit(second, 'approve'))).searchParams.get('code'));
  });

  const local = [['127.0.0.1', 'http://127.0.0.1/cb', 'http://127.0.0.1:49152/cb', '127.0.0.1:49152'], ['localhost', 'http://localhost:4000/cb', 'http://localhost:4001/cb', 'localhost:4001'], ['[::1]', 'http://[::1]/cb', 'http://[::1]:8123/cb', '[::1]:8123']];
  for (const [what, listed, redirect, place] of local) {
    test(`CO-12 loopback warning: ${what}: an extra warning, and the host and port that will receive the code`, async () => {
      const client = await registered({ redirects: [listed] });
      const page = await open(profileOf(client), client, { redirect_uri: redirect });
      assert.match(page.text, /class="warning"[^]*Did you start this yourself\?/);
      assert.ok(page.text.includes(place), place);
    });
  }
  test('CO-12 loopback warning: none for a client of the web', async () => {
    const client = await registered();
    assert.doesNotMatch((await open(profileOf(client), client)).text, /class="warning"/);
  });

  test('CO-16 redirect status: 303 after the approving and the denying POST', async () => {
    const client = await registered();
    for (const decision of ['approve', 'deny']) {
      const profile = profileOf(client);
      assert.equal((await profile.submit(await open(profile, client), decision)).status, 303, decision);
    }
  });
});

describe('CO-03', () => {
  let client;
  let own;
  let page;
  let other; // another browser with the same page open
  let otherPage;
  let rows;
  before(async () => {
    await world.google.clear();
    client = await registered();
    [own, other] = [profileOf(client), profileOf(client)];
    [page, otherPage] = [await open(own, client), await open(other, client)];
    rows = await records();
  });

  const flipped = (text) => text.slice(0, 40) + (text[40] === 'A' ? 'B' : 'A') + text.slice(41);
  // what, how the form and headers are changed
  const forgeries = [
    ['no token', () => ({ fields: { form: undefined } })],
    ['an empty token', () => ({ fields: { form: '' } })],
    ['garbage', () => ({ fields: { form: 'A'.repeat(200) } })],
    ['a changed token', () => ({ fields: { form: flipped(own.fieldOf(page, 'form')) } })],
    ['a cut token', () => ({ fields: { form: own.fieldOf(page, 'form').slice(0, -4) } })],
    ['another session\'s token', () => ({ fields: { form: other.fieldOf(otherPage, 'form') } })],
    ['the token twice', () => ({ fields: { form: [own.fieldOf(page, 'form'), own.fieldOf(page, 'form')] } })],
    ['no cookie', () => ({ headers: { Cookie: undefined } })],
    ['another session\'s cookie', () => ({ headers: other.cookieHeader(page.url) })],
    ['a foreign origin', () => ({ headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } }), true],
    ['an origin that is hidden, from another site', () => ({ headers: { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' } })],
    ['an origin that is hidden, from nobody knows where', () => ({ headers: { Origin: 'null', 'Sec-Fetch-Site': undefined } })],
    ['our origin but another site', () => ({ headers: { 'Sec-Fetch-Site': 'cross-site' } })],
    ['our origin but a sibling site', () => ({ headers: { 'Sec-Fetch-Site': 'same-site' } })],
    ['no Origin and another site', () => ({ headers: { Origin: undefined, 'Sec-Fetch-Site': 'cross-site' } })],
    ['another media type', () => ({ headers: { 'Content-Type': 'text/plain' } })],
  ];
  for (const [what, change, atTheDoor = false] of forgeries) {
    test(`CO-03 CSRF on approve: ${what} is 403`, async () => {
      for (const decision of ['approve', 'deny']) {
        const answer = await own.submit(page, decision, change());
        assert.equal(answer.status, 403, answer.text.slice(0, 200));
        assert.equal(answer.location, undefined);
        assert.deepEqual(answer.setCookies, []);
        if (!atTheDoor) {
          assertLocalPage(answer, 403);
          audit.expect('consent form refused', { reason: 'form rejected' });
        }
      }
    });
  }

  test('CO-03 CSRF on approve: none of these has changed a record or asked Google', async () => {
    assert.deepEqual(await records(), rows);
    assert.deepEqual(await askedGoogle(), []);
  });

  test('CO-03 CSRF on approve: the true form works after all of these, and is 403 when it is replayed', async () => {
    await world.google.set({ auto_login: 'alice@acme.example' });
    const cookies = own.cookieHeader(page.url);
    const departure = await own.submit(page, 'approve');
    assert.ok(toGoogle(departure));
    rows = await records();
    for (const moment of ['before the end', 'after the end']) {
      const again = await own.submit(page, 'approve', { headers: cookies });
      assertLocalPage(again, 403);
      assert.match(again.text, /answered already/);
      audit.expect('sign-in refused', { reason: 'already answered' });
      if (moment === 'before the end') {
        assert.deepEqual(await records(), rows);
        assert.ok((await finish(own, client, departure)).searchParams.get('code'), 'the first one is none the worse');
      }
    }
  });
});

describe('pages and cookies', () => {
  test('CO-04 framing: every HTML response forbids it, and any script', async () => {
    const client = await registered();
    const person = profileOf(client);
    const url = world.gateway.url;
    const pages = [];
    const see = async (what, page) => pages.push([what, await page]);
    await see('how to connect', person.step(`${url}/`));
    await see('account, signed out', person.step(`${url}/account`));
    const consent = await open(person, client);
    await see('consent', consent);
    await see('unknown client', person.step(client.authorizeUrl({ client_id: 'x' })));
    await see('wrong redirect', person.step(client.authorizeUrl({ redirect_uri: 'https://evil.example/' })));
    await see('bad request', person.step(`${url}/authorize`));
    await see('form rejected', person.submit(consent, 'approve', { fields: { form: 'x' } }));
    await see('no decision', person.submit(consent, 'perhaps'));
    const departure = await person.submit(consent, 'approve');
    await see('already answered', person.submit(consent, 'approve', { headers: { Cookie: [...consent.setCookies.map((line) => line.split(';')[0])].join('; ') } }));
    await see('sign-in gone', profileOf(client).step(`${url}/oauth/google/callback?code=x&state=y`));
    await world.google.set({ auto_login: 'dave@other.example' });
    await see('wrong domain', person.onFrom(departure));
    await world.google.set({ auto_login: 'alice@acme.example' });
    await see('account', person.onFrom(await person.step(`${url}/login`)));
    await see('signed out', person.submit(pages.at(-1)[1], 'x'));
    for (const [what, page] of pages) {
      assert.match(page.headers['content-type'] ?? '', /^text\/html/, `${what}: ${page.status} ${page.location}`);
      const policy = page.headers['content-security-policy'] ?? '';
      assert.match(policy, /frame-ancestors 'none'/, what);
      assert.match(policy, /default-src 'none'/, what);
      assert.doesNotMatch(policy, /unsafe|script-src/, what);
      assert.equal(page.headers['x-frame-options'], 'DENY', what);
      assert.doesNotMatch(page.text, /<script|<iframe|\son\w+=|style=/i, what);
    }
    assert.ok(new Set(pages.map(([, { text }]) => /<h1>(.*?)<\/h1>/.exec(text)[1])).size >= 10, 'these were different pages');
    for (const path of ['/nosuchpage', '/token', '/register']) {
      const answer = await exchange(url + path);
      assert.doesNotMatch(answer.headers['content-type'] ?? '', /html/, path);
    }
  });

  test('CO-14 cookie attributes: __Host-, Secure, HttpOnly, SameSite=Lax, Path=/, no Domain, small, cleared after use', async () => {
    const outside = { url: publicUrl, mcpUrl: `${publicUrl}/mcp` };
    const { port } = new URL(secure.gateway.url);
    const client = new CaseClient({ gateway: outside, audit, redirects, port });
    await client.register();
    const profile = new Profile({ ports: { 'gatehouse.example': port } });
    await client.code({}, { profile });
    assert.deepEqual([...profile.cookiesFor(publicUrl).keys()], ['__Host-gth_account'], 'form and sign-in cookie are cleared after use');
    await profile.onFrom(await profile.step(`${publicUrl}/login`));
    const account = await profile.step(`${publicUrl}/account`);
    assert.match(account.text, /alice@acme\.example/);
    await profile.submit(account, 'x');
    assert.deepEqual([...profile.cookiesFor(publicUrl)], [], 'and so are the session\'s and the account\'s by signing out');

    const lines = profile.setCookies.filter(({ from }) => from.startsWith(publicUrl)).map(({ line }) => line);
    const names = new Set();
    for (const line of lines) {
      const [pair, ...attributes] = line.split(/;\s*/);
      names.add(pair.split('=')[0]);
      assert.match(pair, /^__Host-\w+=/, line);
      for (const wanted of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) assert.ok(attributes.includes(wanted), `${wanted} in ${line}`);
      assert.equal(attributes.filter((one) => /^(domain|expires)/i.test(one)).length, 0, line);
      assert.equal(attributes.filter((one) => /^max-age=\d+$/i.test(one)).length, 1, line);
      assert.ok(line.length < 256, `${line.length} bytes`);
    }
    assert.equal(names.size, 4, [...names].join(' '));
  });

  test('CO-14 cookie attributes: on a machine of one\'s own without https still HttpOnly, Lax and host-only', async () => {
    const client = await registered();
    const profile = profileOf(client);
    await client.code({}, { profile });
    assert.ok(profile.setCookies.length >= 3);
    for (const { line } of profile.setCookies.filter(({ from }) => from.startsWith(world.gateway.url))) {
      assert.match(line, /; HttpOnly/);
      assert.match(line, /; SameSite=Lax/);
      assert.match(line, /; Path=\//);
      assert.doesNotMatch(line, /domain/i);
    }
  });

  const unfinished = 1000;
  test(`CO-15 abandoned logins: ${unfinished} in one browser: the cookies stay under 4 KB, and the next login works`, { timeout: 120_000 }, async () => {
    const client = await registered();
    const profile = profileOf(client);
    for (let n = 0; n < unfinished; n += 1) {
      const page = await profile.step(client.authorizeUrl());
      assert.equal(page.status, 200);
      if (n % 3 === 0) assert.ok(toGoogle(await profile.submit(page, 'approve')), `the ${n}th could go on`);
      if (n % 25 === 0 || n === unfinished - 1) assert.ok((profile.cookieHeader(page.url).Cookie ?? '').length < 4096);
    }
    assert.ok((await client.consentTo({}, { profile })).searchParams.get('code'));
  });
});

describe('the log', () => {
  test('I14: each refusal has left an event that says why', () => audit.assertTold(() => world.gateway.log));
  test('I8: no code, form, cookie or verifier can be read in it', () => audit.assertSilent(() => world.gateway.log + secure.gateway.log));
});
