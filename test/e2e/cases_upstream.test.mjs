// SPDX-License-Identifier: Apache-2.0
//
// Chapter UP of the abuse cases: the Google leg. A recorder before the test Google sees every request of the gateway.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Audit } from './lib/audit.mjs';
import { CaseClient, challengeOf } from './lib/case_client.mjs';
import { formsOf } from './lib/disguises.mjs';
import { assertWorks, search, whoami } from './lib/outcomes.mjs';
import { Profile } from './lib/profile.mjs';
import { Recorder } from './lib/recorder.mjs';
import { assertLocalPage, assertToldClient } from './lib/refusals.mjs';
import { World } from './lib/world.mjs';

const audit = new Audit();
const scope = (name) => `https://www.googleapis.com/auth/${name}`;
let recorder;
let world;
let client;

before(async () => {
  recorder = await new Recorder().listen();
  world = await World.start({ wallClock: true, env: { GOOGLE_ISSUER: recorder.url, GOOGLE_API_URL: recorder.url, GATEHOUSE_TRUSTED_PROXIES: '1' } });
  recorder.target = world.google.url;
  world.at = () => world.gateway;
  await google({});
  client = new CaseClient({ gateway: world.gateway, audit, redirects: ['https://app.example/cb'] });
  await client.register();
}, { timeout: 60_000 });
after(async () => {
  await world?.end();
  recorder?.close();
});

// The test Google, which calls itself by the recorder's address, with these settings and no others.
async function google({ claims = {}, without, sign, ...settings }) {
  await world.google.set({ auto_login: 'alice@acme.example', deny: false, untick: [], expires_in: 3599, id_token: { claims: { iss: recorder.url, ...claims }, without, sign }, ...settings });
}

const profileOf = () => new Profile({ headers: client.headers });
const grants = async () => (await world.records()).filter(({ sessionId }) => sessionId.startsWith('GRANT#')).length;
const toRecorder = (next) => next.origin === recorder.url;
const toCallback = (next) => next.pathname === '/oauth/google/callback';

// Up to the redirect to Google; what the gateway asks for there.
async function depart(profile, changes) {
  const page = await profile.submit(await profile.step(client.authorizeUrl(changes)), 'approve');
  assert.ok(page.location && toRecorder(new URL(page.location)), `${page.status} ${page.location}`);
  const asked = new URL(page.location);
  for (const name of ['state', 'nonce']) audit.note(`our ${name}`, asked.searchParams.get(name));
  return { page, asked, cookies: profile.cookieHeader(world.gateway.url) };
}

// As far as the address at which Google sends the browser back.
async function returning(profile, departure) {
  const back = await profile.onFrom(departure.page, toCallback);
  assert.ok(back.location && toCallback(new URL(back.location)), `${back.status} ${back.location}`);
  audit.note('Google\'s code', new URL(back.location).searchParams.get('code'));
  return new URL(back.location);
}

// The browser goes on from Google; the client is given a code.
async function finishes(profile, back) {
  const told = await profile.onFrom(await profile.step(back.href), (next) => next.href.startsWith(client.redirect));
  assert.ok(told.location?.startsWith(client.redirect), `${told.status} ${told.url}`);
  assert.ok(audit.note('a code', new URL(told.location).searchParams.get('code')));
}

// A sign-in that ends on a page of ours.
async function endsOnPage(status, words, event, fields) {
  const profile = profileOf();
  const { page } = await depart(profile);
  const last = await profile.onFrom(page);
  assertLocalPage(last, status);
  assert.match(last.text, words);
  assert.doesNotMatch(last.text, /eyJ[\w-]{10}|ya29\./);
  audit.expect(event, fields);
  assert.deepEqual([...profile.cookiesFor(world.gateway.url)], [], 'no cookie');
  return last;
}

describe('what we send', () => {
  test('UP-01 request we send: PKCE S256, random state, nonce, the configured redirect only, offline access', async () => {
    const seen = new Set();
    for (let n = 0; n < 8; n += 1) {
      const profile = profileOf();
      const { asked } = await depart(profile, n % 2 ? { login_hint: 'x', access_type: 'online', scope: 'workspace.read', nonce: 'theirs', hd: 'evil.example', prompt: 'login' } : {});
      const values = Object.fromEntries(asked.searchParams);
      assert.equal([...asked.searchParams.keys()].length, Object.keys(values).length, 'nothing twice');
      assert.equal(asked.origin + asked.pathname, `${recorder.url}/o/oauth2/v2/auth`);
      assert.equal(values.response_type, 'code');
      assert.equal(values.code_challenge_method, 'S256');
      assert.match(values.code_challenge, /^[\w-]{43}$/);
      assert.match(values.state, /^[\w-]{43,}$/, 'at least 256 bits');
      assert.match(values.nonce, /^[\w-]{22,}$/, 'at least 128 bits');
      assert.equal(values.redirect_uri, `${world.gateway.url}/oauth/google/callback`);
      assert.equal(values.access_type, 'offline');
      assert.equal(values.hd, 'acme.example');
      assert.equal('client_secret' in values, false);
      for (const name of ['state', 'nonce', 'code_challenge']) {
        assert.ok(!seen.has(values[name]), `${name} is new`);
        seen.add(values[name]);
      }
    }
  });

  test('UP-01 request we send: no Host or forwarding header moves the redirect', async () => {
    for (const headers of [{ 'X-Forwarded-Host': 'evil.example' }, { Forwarded: 'host=evil.example' }, { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '1' }]) {
      const profile = new Profile({ headers: { ...client.headers, ...headers } });
      const { asked } = await depart(profile);
      assert.equal(asked.searchParams.get('redirect_uri'), `${world.gateway.url}/oauth/google/callback`);
    }
  });

  test('UP-01 request we send: the verifier at Google\'s token endpoint is that of the challenge', async () => {
    recorder.requests = [];
    const profile = profileOf();
    const departure = await depart(profile);
    await profile.onFrom(departure.page, (next) => next.href.startsWith(client.redirect));
    const [exchange] = recorder.asked(/^\/token$/);
    const form = new URLSearchParams(exchange.body);
    assert.equal(challengeOf(audit.note('our verifier at Google', form.get('code_verifier'))), departure.asked.searchParams.get('code_challenge'));
    assert.equal(form.get('redirect_uri'), `${world.gateway.url}/oauth/google/callback`);
  });

  test('UP-15 secret hygiene: the client secret is in bodies to the token endpoint of the configured host, and nowhere else', async () => {
    recorder.requests = [];
    await google({ expires_in: 60 });
    await client.signIn();
    await google({});
    assertWorks(await search(world, client), 'with a refresh at Google before it');
    const secret = world.google.client_secret;
    const exchanges = recorder.asked(/^\/token$/);
    assert.ok(exchanges.some(({ body }) => /grant_type=refresh_token/.test(body)) && exchanges.some(({ body }) => /grant_type=authorization_code/.test(body)));
    for (const { method, path, headers, body } of recorder.requests) {
      const isExchange = method === 'POST' && path === '/token';
      for (const [form, bytes] of formsOf(secret)) {
        assert.ok(!Buffer.from(path + JSON.stringify(headers)).includes(bytes), `${method} ${path} shows it in its head (${form})`);
        if (!isExchange) assert.ok(!Buffer.from(body).includes(bytes), `${method} ${path} shows it (${form})`);
      }
      if (isExchange) assert.equal(new URLSearchParams(body).get('client_secret'), secret);
      assert.equal(headers.host, new URL(recorder.url).host);
    }
  });
});

describe('what comes back', () => {
  // what, the query of the callback from Google's own, whose cookie, status
  const states = [
    ['missing', (url) => { url.searchParams.delete('state'); }, 400], ['empty', (url) => { url.searchParams.set('state', ''); }, 400], ['wrong', (url) => { url.searchParams.set('state', 'A'.repeat(44)); }, 400], ['cut', (url) => { url.searchParams.set('state', url.searchParams.get('state').slice(0, -1)); }, 400],
    ['changed in its last character', (url) => { const state = url.searchParams.get('state'); url.searchParams.set('state', state.slice(0, -1) + (state.endsWith('A') ? 'Q' : 'A')); }, 400],
    ['twice', (url) => { url.searchParams.append('state', url.searchParams.get('state')); }, 400],
  ];
  for (const [what, change, status] of states) {
    test(`UP-02 state: ${what}: refused, and Google is asked nothing`, async () => {
      const profile = profileOf();
      const back = await returning(profile, await depart(profile));
      recorder.requests = [];
      change(back);
      const last = await profile.step(back.href);
      assertLocalPage(last, status);
      audit.expect('sign-in refused', { reason: /sign-in gone|bad request/ });
      assert.deepEqual(recorder.requests, []);
    });
  }

  test('UP-02 state: of another browser, and of a browser without cookies: refused', async () => {
    const [mine, other] = [profileOf(), profileOf()];
    const back = await returning(mine, await depart(mine));
    await depart(other);
    recorder.requests = [];
    for (const profile of [other, profileOf()]) {
      assertLocalPage(await profile.step(back.href), 400);
      audit.expect('sign-in refused', { reason: /sign-in gone|no cookie/ });
    }
    assert.deepEqual(recorder.requests, []);
    await finishes(mine, back);
  });

  test('UP-02 state: reused: refused, with the cookie it had', async () => {
    const profile = profileOf();
    const departure = await depart(profile);
    const back = await returning(profile, departure);
    await finishes(profile, back);
    recorder.requests = [];
    const before = await grants();
    for (let n = 0; n < 2; n += 1) {
      const last = await profile.step(back.href, { headers: departure.cookies });
      assertLocalPage(last, last.status);
      assert.ok([400, 403].includes(last.status), last.text);
      audit.expect('sign-in refused', { reason: /sign-in gone|already answered/ });
    }
    assert.deepEqual(recorder.requests, []);
    assert.equal(await grants(), before);
  });

  test('UP-02 state: expired: refused after ten minutes', async () => {
    const profile = profileOf();
    const back = await returning(profile, await depart(profile));
    recorder.requests = [];
    world.time.shift(601);
    try {
      assertLocalPage(await profile.step(back.href), 400);
      audit.expect('sign-in refused', { reason: 'sign-in gone' });
      assert.deepEqual(recorder.requests, []);
    } finally {
      world.time.shift(0);
    }
  });

  const now = () => Math.floor(Date.now() / 1000);
  const foreign = 'another.apps.googleusercontent.invalid';
  const idTokens = [
    ['a bad signature', { sign: 'garbled' }], ['signed by another key', { sign: 'wrong_key' }], ['a key nobody published', { sign: 'unknown_kid' }], ['alg none', { sign: 'none' }], ['HS256 with the public key', { sign: 'hs256' }],
    ['another aud', { claims: { aud: foreign } }], ['ours and another aud', () => ({ claims: { aud: [world.google.client_id, foreign] } })], ['no aud', { without: ['aud'] }], ['another iss', { claims: { iss: 'https://accounts.evil.example' } }], ['no iss', { without: ['iss'] }], ['Google\'s iss, which is not the configured one', { claims: { iss: 'https://accounts.google.com' } }],
    ['another azp', { claims: { azp: foreign } }], ['azp that is no text', { claims: { azp: 7 } }], ['expired', () => ({ claims: { iat: now() - 7200, exp: now() - 3600 } })], ['issued in the future', () => ({ claims: { iat: now() + 3600, exp: now() + 7200 } })], ['no exp', { without: ['exp'] }], ['no iat', { without: ['iat'] }],
    ['exp as text', () => ({ claims: { exp: String(now() + 3600) } })], ['good for a year', () => ({ claims: { exp: now() + 365 * 86_400 } })], ['another nonce', { claims: { nonce: 'of-another-sign-in' } }], ['no nonce', { without: ['nonce'] }], ['an empty nonce', { claims: { nonce: '' } }], ['no sub', { without: ['sub'] }], ['sub that is no text', { claims: { sub: 7 } }],
  ];
  let grantsBefore;
  test('(what is stored before)', async () => { grantsBefore = await grants(); });
  for (const [what, settings] of idTokens) {
    test(`UP-03 ID token: ${what}: refused`, async () => {
      await google(typeof settings === 'function' ? settings() : settings);
      await endsOnPage(403, /could not be verified/, 'identity refused', { detail: /^ID token: / });
      await google({});
    });
  }
  test('UP-03 ID token: none in the answer: refused', async () => {
    await world.google.fault({ path: '^/token$', status: 200, body: { access_token: 'ya29.x', expires_in: 3599, token_type: 'Bearer', scope: 'openid' } });
    await endsOnPage(403, /could not be verified/, 'identity refused', { detail: /^ID token: / });
  });

  const domains = [['missing', { without: ['hd'] }, /personal/], ['another', { claims: { hd: 'other.example' } }, /another organization/], ['one that ends alike', { claims: { hd: 'evil-acme.example' } }, /another organization/], ['a subdomain', { claims: { hd: 'sub.acme.example' } }, /another organization/], ['empty', { claims: { hd: '' } }, /personal|organization/], ['a list', { claims: { hd: ['acme.example'] } }, /personal|organization|verified/], ['with an address of ours', { claims: { hd: 'other.example', email: 'alice@acme.example' } }, /another organization/]];
  for (const [what, settings, words] of domains) {
    test(`UP-06 hosted domain: ${what}: refused`, async () => {
      await google(settings);
      await endsOnPage(403, words, 'identity refused', { detail: /^ID token: / });
      await google({});
    });
  }

  test('UP-03, UP-06: and none of these has left a grant', async () => assert.equal(await grants(), grantsBefore));

  test('UP-09 upstream denial: the client gets access_denied', async () => {
    await google({ deny: true });
    const profile = profileOf();
    const last = await profile.onFrom((await depart(profile)).page, (next) => next.href.startsWith(client.redirect));
    assertToldClient(last, 'access_denied', { redirect: client.redirect, state: client.state, issuer: world.gateway.url });
    audit.expect('sign-in refused', { reason: 'declined at Google', client: client.id });
    await google({});
  });

  test('UP-10 granted subset: stored as granted, and the tools that need more say so', async () => {
    await google({ auto_login: 'bob@acme.example', untick: [scope('gmail.readonly'), scope('gmail.modify')] });
    await client.signIn();
    assert.equal(client.tokens.scope, '', 'the sign-in works, and says that it is good for nothing so far');
    const who = (await whoami(world, client)).message.result.structuredContent;
    assert.equal(who.email, 'bob@acme.example');
    assert.ok(who.toolsets.gmail.missing.includes('gmail.readonly'));
    const { result } = (await search(world, client)).message;
    assert.equal(result.isError, true);
    assert.equal(result.structuredContent.code, 'scope_missing');
    assert.match(result.structuredContent.message, /was not given at Google/);
    assert.ok(result.structuredContent.consent_url.startsWith(`${world.gateway.url}/consent?more=`));
    assert.doesNotMatch(JSON.stringify(result), /googleapis|ACCESS_TOKEN_SCOPE|PERMISSION_DENIED|ya29/, 'nothing of Google\'s own error');
    await google({});
  });

  const texts = [['in error', { error: '<script>alert(1)</script>' }], ['in error_description', { error: 'server_error', error_description: '<img src=x onerror=alert(1)>' }], ['in both', { error: '"><svg onload=alert(1)>', error_description: '</title><script>1</script>' }], ['in error_uri', { error: 'x', error_uri: 'javascript:alert(1)' }], ['line ends', { error: 'a\r\nSet-Cookie: x=y' }]];
  for (const [what, fields] of texts) {
    test(`UP-12 error text: HTML ${what}: it is not on the page`, async () => {
      const profile = profileOf();
      const back = await returning(profile, await depart(profile));
      back.search = new URLSearchParams({ state: back.searchParams.get('state'), ...fields });
      const last = await profile.step(back.href);
      assertLocalPage(last, 502);
      for (const value of Object.values(fields)) {
        if (value.length > 12) assert.ok(!last.text.includes(value), value);
      }
      assert.doesNotMatch(last.text, /alert|onerror|onload|javascript:/);
      assert.ok(last.setCookies.every((line) => !line.startsWith('x=')));
      audit.expect('sign-in refused', { reason: 'google error' });
    });
  }

  test('UP-16 subject mismatch: nobody but the ID token is asked who it is, so nothing can disagree with it', async () => {
    recorder.requests = [];
    await world.google.fault({ path: 'userinfo', status: 200, times: 10, body: { sub: '100000000000000000022', email: 'bob@acme.example', email_verified: true, hd: 'acme.example' } });
    await client.signIn();
    assert.equal((await whoami(world, client)).message.result.structuredContent.email, 'alice@acme.example');
    assert.deepEqual(recorder.asked(/userinfo|tokeninfo/), []);
    await world.google.clear();
    await google({});
  });
});

describe('keys', () => {
  test('UP-04 key rotation: a new kid is fetched once and then known', async () => {
    await world.gateway.restart({ signal: 'SIGTERM' });
    await client.signIn();
    await world.google.rotateKeys();
    recorder.requests = [];
    for (let n = 0; n < 3; n += 1) await client.signIn();
    assert.equal(recorder.asked(/certs/).length, 1);
  });

  test('UP-04 key rotation: a flood of unknown kids does not become a flood of fetches', async () => {
    await world.gateway.restart({ signal: 'SIGTERM' });
    await client.signIn();
    await google({ sign: 'unknown_kid' });
    recorder.requests = [];
    const rounds = 6;
    await Promise.all(Array.from({ length: rounds }, async () => {
      const profile = profileOf();
      assertLocalPage(await profile.onFrom((await depart(profile)).page), 403);
      audit.expect('identity refused', { detail: /^ID token: / });
    }));
    assert.equal(recorder.asked(/^\/token$/).length, rounds);
    assert.ok(recorder.asked(/certs/).length <= 1, `${recorder.asked(/certs/).length} fetches`);
    await google({});
    await client.signIn();
  });
});

describe('the log', () => {
  test('I14: each refusal has left an event that says why', () => audit.assertTold(() => world.gateway.log));
  test('I8: no secret, code, state, nonce, verifier or token can be read in it', () => {
    audit.note('the client secret at Google', world.google.client_secret);
    audit.assertSilent(() => world.gateway.log);
  });
});
