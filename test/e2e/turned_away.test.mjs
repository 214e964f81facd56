// SPDX-License-Identifier: Apache-2.0
//
// Who may not come in is told why, and leaves nothing behind.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { FormBrowser } from './lib/browser.mjs';
import { SdkV1Client } from './lib/clients.mjs';
import { World } from './lib/world.mjs';

let world;
let client; // registered once, never let in

before(async () => {
  world = await World.start();
  client = new SdkV1Client({ gateway: world.gateway, name: 'hopeful' });
  client.signIn = async () => {
    throw new Error('stopped before signing in');
  };
  await assert.rejects(client.connect(), /stopped before signing in/);
}, { timeout: 60_000 });
beforeEach(() => world.google.clear());
after(async () => {
  await client?.close();
  await world?.end();
});

const kinds = async () => (await world.records()).map(({ sessionId }) => sessionId.split('#')[0]).sort();
const noneOf = (names, found) => assert.deepEqual(found.filter((kind) => names.includes(kind)), [], `records left behind: ${found}`);

async function tryToSignIn(settings) {
  await world.google.set(settings);
  const browser = new FormBrowser();
  const authorize = new URL(client.provider.authorizationUrl);
  return { browser, page: await browser.consent(authorize.href) };
}

const now = () => Math.floor(Date.now() / 1000);
const colleague = { auto_login: 'alice@acme.example' };
const cases = [
  ['a colleague of another domain', { auto_login: 'dave@other.example' }, /another organi[sz]ation/i],
  ['a consumer account without hd', { auto_login: 'carol@gmail.com' }, /personal/i],
  ['an unverified address', { auto_login: 'eve@acme.example' }, /verif/i],
  ['an ID token signed by somebody else', { ...colleague, id_token: { sign: 'wrong_key' } }, /could not be verified/i],
  ['an ID token under a key nobody published', { ...colleague, id_token: { sign: 'unknown_kid' } }, /could not be verified/i],
  ['an ID token without a signature', { ...colleague, id_token: { sign: 'none' } }, /could not be verified/i],
  ['an ID token with the public key as a shared secret', { ...colleague, id_token: { sign: 'hs256' } }, /could not be verified/i],
  ['an ID token with one bit turned', { ...colleague, id_token: { sign: 'garbled' } }, /could not be verified/i],
  ['an expired ID token', { ...colleague, id_token: { claims: { iat: now() - 90_000, exp: now() - 86_400 } } }, /could not be verified/i],
  ['an ID token for another application', { ...colleague, id_token: { claims: { aud: 'another.apps.googleusercontent.invalid', azp: 'another.apps.googleusercontent.invalid' } } }, /could not be verified/i],
  ['an ID token of another issuer', { ...colleague, id_token: { claims: { iss: 'https://accounts.evil.example' } } }, /could not be verified/i],
  ['an ID token of another sign-in', { ...colleague, id_token: { claims: { nonce: 'of-another-sign-in' } } }, /could not be verified/i],
  ['an ID token without a nonce', { ...colleague, id_token: { without: ['nonce'] } }, /could not be verified/i],
  ['an ID token without a subject', { ...colleague, id_token: { without: ['sub'] } }, /could not be verified/i],
  ['a domain that only looks alike', { ...colleague, id_token: { claims: { hd: 'acme.example.evil.example' } } }, /another organi[sz]ation/i],
  ['hd given as a list', { ...colleague, id_token: { claims: { hd: ['acme.example'] } } }, /organi[sz]ation|personal|could not be verified/i],
  ['someone who declines at Google', { deny: true }, /declined|did not sign in/i],
];

describe('the page says why, and no record stays behind', () => {
  for (const [who, settings, words] of cases) {
    test(who, { timeout: 30_000 }, async () => {
      const { page, browser } = await tryToSignIn(settings);
      assert.ok(new URL(page.url).origin === new URL(world.gateway.url).origin || /error=access_denied/.test(page.url), `ended at ${page.url}`);
      if (page.url.startsWith(world.gateway.url)) {
        assert.ok(page.status >= 400 && page.status < 500, `status ${page.status}`);
        assert.match(page.text, words, page.text);
        assert.ok(!/eyJ[\w-]{10}/.test(page.text), 'no token on the page');
      }
      noneOf(['GRANT', 'BROWSER', 'TXN', 'USER'], await kinds());
      assert.deepEqual([...browser.cookies.keys()], [], 'no cookie is left');
    });
  }

  test('the same through the browser sign-in', { timeout: 30_000 }, async () => {
    await world.google.set({ auto_login: 'dave@other.example' });
    const page = await new FormBrowser().visit(`${world.gateway.url}/login`);
    assert.equal(page.status, 403);
    assert.match(page.text, /another organi[sz]ation/i);
    noneOf(['GRANT', 'BROWSER', 'TXN', 'USER'], await kinds());
  });

  test('someone who says no on our page', { timeout: 30_000 }, async () => {
    await world.google.set(colleague);
    const page = await new FormBrowser().consent(client.provider.authorizationUrl.href, 'deny');
    assert.match(page.url, /error=access_denied/);
    noneOf(['GRANT', 'BROWSER', 'TXN', 'USER'], await kinds());
    assert.deepEqual(await world.google.asked(/\/o\/oauth2/), [], 'Google was never asked');
  });
});

describe('who never begins a sign-in', () => {
  test('leaves no record and gets no cookie', { timeout: 30_000 }, async () => {
    const earlier = await kinds();
    for (const path of ['/', '/account', '/healthz', '/mcp', '/sse', '/style.css', '/nosuchpage', '/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp',
      '/.well-known/oauth-authorization-server', '/oauth/google/callback', '/oauth/google/callback?code=x&state=y', '/authorize', '/authorize?client_id=unknown&redirect_uri=http://127.0.0.1/']) {
      const response = await fetch(world.gateway.url + path, { redirect: 'manual' });
      await response.arrayBuffer();
      assert.deepEqual(response.headers.getSetCookie(), [], `${path} (${response.status}) sets no cookie`);
    }
    for (const [path, body] of [['/token', 'grant_type=authorization_code&code=x'], ['/consent', 'decision=approve'], ['/revoke', 'token=x'], ['/logout', '']]) {
      const response = await fetch(world.gateway.url + path, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
      await response.arrayBuffer();
      assert.deepEqual(response.headers.getSetCookie().filter((line) => !/max-age=0/i.test(line)), [], `${path} sets no cookie`);
    }
    assert.deepEqual(await kinds(), earlier);
  });
});
