// SPDX-License-Identifier: Apache-2.0
//
// `gatehouse doctor` tries the OAuth client at Google, as far as Google tells without a person: id, secret, kind and redirect URI, in all the
// forms that Google's answers have. And what is wrong with ALLOWED_DOMAINS, which Google tells of a person only.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { FormBrowser } from './lib/browser.mjs';
import { Child, freePort } from './lib/child.mjs';
import { Emulator } from './lib/emulator.mjs';
import { Gateway, gatewayBinary } from './lib/gateway.mjs';

const directory = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-'));
const limit = { timeout: 60_000 };
let google;
let gateway;

async function doctor(env = {}) {
  const child = new Child(gatewayBinary(), ['doctor'], { env: { ...gateway.settings, ...env } });
  const { code } = await child.gone;
  return { code, output: child.output + child.errors };
}

// The one line about the subject, when it has this verdict and the exit code agrees with it.
async function says(verdict, subject, env) {
  const { code, output } = await doctor(env);
  const lines = output.split('\n').filter((line) => line.slice(6).startsWith(subject));
  assert.equal(lines.length, 1, output);
  assert.ok(lines[0].startsWith(verdict), lines[0]);
  assert.equal(code, verdict === 'FAIL' ? 1 : 0, output);
  return lines[0];
}

before(async () => {
  const port = await freePort();
  google = await new Emulator({ directory: join(directory, 'google'), redirectUri: `http://localhost:${port}/oauth/google/callback`, port: await freePort() }).start();
  gateway = new Gateway({ directory, port, google });
}, limit);
afterEach(() => google.clear());
after(async () => {
  await gateway?.stop();
  await google?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('a sound client passes, and is left as it was', limit, async () => {
  const { code, output } = await doctor();
  assert.equal(code, 0, output);
  assert.match(output, /^ok +client +Google takes the OAuth client's id and secret\.$/m);
  assert.match(output, new RegExp(`^ok +redirect URI Google lets the OAuth client come back to ${gateway.url}/oauth/google/callback\\.$`, 'm'));
});

describe('as Google\'s pages say it', () => {
  const secret = 'GOCSPX-another-secret-of-no-value';
  test('the secret belongs to another client, or was replaced', limit, async () => {
    const line = await says('FAIL', 'client', { GOOGLE_CLIENT_SECRET: secret });
    assert.match(line, /Google refuses GOOGLE_CLIENT_ID with GOOGLE_CLIENT_SECRET \(token endpoint: invalid_client\)\. Copy both from https:\/\/console\.cloud\.google\.com\/apis\/credentials; a secret that was replaced there has ended, and the client must be of the type Web application\.$/);
    assert.ok(!line.includes(secret));
  });
  test('the redirect URI is not listed, as of a client that is no Web application', limit, async () => {
    const line = await says('FAIL', 'redirect URI', { GATEHOUSE_PUBLIC_URL: 'http://localhost:8099' });
    assert.match(line, /the OAuth client does not list http:\/\/localhost:8099\/oauth\/google\/callback\. Add it, letter by letter, at https:\S+\. A client that has no such list there is not of the type Web application: make one that is\.$/);
  });
  test('the id is nobody\'s', limit, async () => {
    const { code, output } = await doctor({ GOOGLE_CLIENT_ID: '1-another.apps.googleusercontent.invalid' });
    assert.equal(code, 1);
    assert.match(output, /^FAIL +client +Google does not know GOOGLE_CLIENT_ID\. Copy it from https:/m);
  });
  test('the client may not do that: it is of another kind', limit, async () => {
    await google.fault({ path: '^/token$', status: 401, reason: 'unauthorized_client' });
    assert.match(await says('FAIL', 'client'), /\(token endpoint: unauthorized_client\)\. Copy both from .*the client must be of the type Web application\.$/);
  });
});

// Google's own sign-in redirects to a page of errors, with the reason packed into an address.
describe('as Google\'s redirects say it', () => {
  const packed = (words) => Buffer.from(`\n\u0015${words}\u0012\u001f`, 'latin1').toString('base64url');
  const complain = (words) => google.fault({ path: '^/o/oauth2/v2/auth$', status: 302, headers: { location: `https://accounts.google.com/signin/oauth/error?authError=${packed(words)}&client_id=1` }, body: '' });
  const cases = [
    ['redirect_uri_mismatch', 'FAIL', 'redirect URI', /does not list .*Add it, letter by letter/],
    ['invalid_client', undefined, 'client', /Google does not know GOOGLE_CLIENT_ID\. Copy it from/],
    ['deleted_client', undefined, 'client', /Google does not know GOOGLE_CLIENT_ID\. Copy it from/],
    ['disabled_client', undefined, 'client', /Google has disabled the OAuth client\. Enable it, or make another, at https:/],
    ['org_internal', 'note', 'redirect URI', /for a reason that is not known here\. Open http:\S+\/login in a browser: it shows it\./],
  ];
  for (const [words, verdict, subject, expected] of cases) {
    test(words, limit, async () => {
      await complain(words);
      if (verdict) return assert.match(await says(verdict, subject), expected);
      const { code, output } = await doctor();
      assert.equal(code, 1, output);
      assert.ok(output.split('\n').some((line) => line.startsWith(`FAIL  ${subject}`) && expected.test(line)), output);
    });
  }
  test('on to the sign-in, all is well', limit, async () => {
    await google.fault({ path: '^/o/oauth2/v2/auth$', status: 302, headers: { location: 'https://accounts.google.com/v3/signin/identifier?continue=x' }, body: '' });
    await says('ok', 'redirect URI');
  });
});

describe('what cannot be found out is a note, with what to do', () => {
  test('the token endpoint is away', limit, async () => {
    await google.fault({ path: '^/token$', status: 503, reason: 'backendError', times: 9 });
    assert.match(await says('note', 'client'), /whether Google takes its secret could not be found out: .*\. Run doctor again in a minute\.$/);
  });
  test('the sign-in is cut off', limit, async () => {
    await google.fault({ path: '^/o/oauth2/v2/auth$', drop: true, times: 9 });
    assert.match(await says('note', 'redirect URI'), /could not be found out: .*The OAuth client must list exactly http:\S+\/oauth\/google\/callback\.$/);
  });
});

describe('domains', () => {
  test('are told, and by what a person is judged', limit, async () => {
    assert.match(await says('ok', 'domains', { ALLOWED_DOMAINS: 'acme.example, other.example' }), /accounts of acme\.example, other\.example may sign in; Google says whose an account is/);
  });
  test('everybody is a note', limit, async () => {
    assert.match(await says('note', 'domains', { ALLOWED_DOMAINS: '*' }), /lets every Google account in\. Name your domain/);
  });
  for (const domain of ['gmail.com', 'GoogleMail.com']) {
    test(`${domain} lets nobody in`, limit, async () => {
      assert.match(await says('FAIL', 'domains', { ALLOWED_DOMAINS: domain }), /names g\w+\.com, whose accounts belong to no organisation.*Name the domain of your Google Workspace\.$/);
    });
  }
  test('the log calls a person of another domain as the doctor says', limit, async () => {
    const [words] = /`wrong domain`/.exec(await says('ok', 'domains')) ?? [];
    assert.equal(words, '`wrong domain`');
    await gateway.restart({ env: { ALLOWED_DOMAINS: 'other.example' } });
    await google.set({ auto_login: 'alice@acme.example' });
    assert.equal((await new FormBrowser().visit(`${gateway.url}/login`)).status, 403);
    assert.match(gateway.log, /"event":"sign-in refused"[^\n]*"reason":"wrong domain"/);
  });
});
