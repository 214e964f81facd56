// SPDX-License-Identifier: Apache-2.0
//
// When Google is away, slow, full or wrong: the tool says what happened and what to do, and nobody loses a session over it.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { assertSays, errorOf, idsOf } from './lib/answers.mjs';
import { FormBrowser } from './lib/browser.mjs';
import { SdkV1Client, SdkV2Client } from './lib/clients.mjs';
import { World } from './lib/world.mjs';

const list = '/gmail/v1/users/me/messages$';
const get = '/gmail/v1/users/me/messages/[^/]+$';
const search = (client) => client.call('gmail_search', { query: 'quicksilver' });
const works = async (client) => assert.deepEqual(idsOf(await search(client)), ['19a1ce0000000020']);

describe('Google is away when the gateway starts', () => {
  let world;
  after(() => world?.end());

  test('/healthz answers, pages say so, and all works once Google is there', { timeout: 90_000 }, async () => {
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

describe('Google fails while people work', () => {
  let world;
  let client;

  before(async () => {
    world = await World.start();
    await world.google.set({ auto_login: 'alice@acme.example' });
    client = await new SdkV1Client({ gateway: world.gateway, name: 'steady' }).connect();
    world.atEnd(() => client.close());
  }, { timeout: 60_000 });
  afterEach(() => world.google.clear());
  after(() => world?.end());

  // Still signed in, with the same tokens or their successors, and nobody was asked to sign in.
  async function sessionHolds() {
    await world.google.clear();
    await works(client);
    assert.equal(client.provider.signIns, 1, 'nobody had to sign in again');
  }

  const passing = [
    ['401 once: the token is renewed', { path: list, status: 401, reason: 'authError', message: 'Invalid Credentials' }],
    ['403 for the rate, once', { path: list, status: 403, reason: 'userRateLimitExceeded', message: 'User Rate Limit Exceeded' }],
    ['429 with Retry-After, once', { path: list, status: 429, reason: 'rateLimitExceeded', retry_after: 1 }],
    ['500 once', { path: list, status: 500, reason: 'backendError' }],
    ['503 once, on one of the messages', { path: get, status: 503, reason: 'backendError' }],
    ['a reset connection once', { path: list, drop: true }],
    ['a body cut half way, once', { path: list, truncate: true }],
    ['an answer that is no JSON, once', { path: list, status: 502, body: '<html>Bad gateway</html>', headers: { 'content-type': 'text/html' } }],
  ];
  for (const [what, fault] of passing) {
    test(`${what}: the call succeeds all the same`, { timeout: 90_000 }, async () => {
      await world.google.fault(fault);
      const result = await search(client);
      assert.deepEqual(idsOf(result), ['19a1ce0000000020']);
      await sessionHolds();
    });
  }

  const lasting = [
    ['429 with a long Retry-After', { path: list, status: 429, reason: 'rateLimitExceeded', retry_after: 900 }, 'rate_limited', 900],
    ['403 for the rate with a long Retry-After', { path: list, status: 403, reason: 'rateLimitExceeded', retry_after: 900 }, 'rate_limited', 900],
    ['500 for good', { path: list, status: 500, reason: 'backendError', message: 'Backend Error' }, 'google_unavailable'],
    ['resets for good', { path: list, drop: true }, 'google_unavailable'],
    ['cut bodies for good', { path: list, truncate: true }, 'google_unavailable'],
    ['403 because the administrator switched Gmail off', { path: list, status: 403, reason: 'accessNotConfigured', message: 'Gmail API has not been used in project before or it is disabled.' }, 'blocked_by_admin'],
    ['403 by a policy of the domain', { path: list, status: 403, reason: 'domainPolicy', message: 'The domain administrators have disabled Gmail apps.' }, 'blocked_by_admin'],
    ['403 for a missing scope', { path: list, status: 403, reason: 'insufficientPermissions', message: 'Insufficient Permission' }, 'scope_missing'],
    ['400', { path: list, status: 400, reason: 'invalidArgument', message: 'Invalid query' }, 'invalid_argument'],
  ];
  for (const [what, fault, code, seconds] of lasting) {
    test(`${what}: the tool says ${code}`, { timeout: 120_000 }, async () => {
      await world.google.fault({ ...fault, times: 1000 });
      const error = errorOf(await search(client));
      assert.equal(error.code, code, JSON.stringify(error));
      if (seconds) assert.ok(error.retry_after_s > seconds - 120 && error.retry_after_s <= seconds, `retry_after_s ${error.retry_after_s}`);
      assert.doesNotMatch(`${error.message} ${error.fix}`, /ya29|gth_|127\.0\.0\.1|Bearer/, 'no internals in the words');
      if (code === 'rate_limited' || code === 'google_unavailable') assert.doesNotMatch(error.message, /sign in/i, 'trouble of Google’s is not dressed as a login problem');
      await sessionHolds();
    });
  }

  test('trouble while renewing Google’s token ends no session', { timeout: 120_000 }, async () => {
    for (const fault of [{ status: 500, reason: 'internal_failure' }, { status: 503, reason: 'temporarily_unavailable' }, { drop: true }, { truncate: true }, { status: 429, reason: 'rate_limit_exceeded' }]) {
      await world.google.expire();
      await world.google.fault({ path: '^/token$', ...fault, times: 1000 });
      const error = errorOf(await search(client));
      assert.match(error.code, /^(google_unavailable|rate_limited)$/, `${JSON.stringify(fault)}: ${JSON.stringify(error)}`);
      await sessionHolds();
    }
  });

  test('a wrong client secret is the operator’s trouble, not the user’s', { timeout: 60_000 }, async () => {
    await world.google.expire();
    await world.google.fault({ path: '^/token$', status: 401, reason: 'invalid_client', times: 1000 });
    const error = errorOf(await search(client));
    assert.notEqual(error.code, 'reconsent_needed', JSON.stringify(error));
    await sessionHolds();
  });

  test('some messages fail, the others are shown', { timeout: 90_000 }, async () => {
    await world.google.fault({ path: '/messages/19a1ce0000000012$', status: 404, reason: 'notFound', times: 1000 });
    const result = await client.call('gmail_search', { query: 'subject:"Harbour lease"' });
    assert.ok(!result.isError);
    assertSays(result, 'Harbour lease');
    assert.ok(!idsOf(result).includes('19a1ce0000000012') || result.structuredContent.notes?.length, 'and a note tells that one is missing');
    await sessionHolds();
  });

  test('many calls at once renew an ended token once', { timeout: 60_000 }, async () => {
    await world.google.expire();
    await world.google.clear();
    await Promise.all(Array.from({ length: 8 }, () => works(client)));
    const renewals = await world.google.asked(/^\/token$/);
    assert.equal(renewals.length, 1, `${renewals.length} renewals`);
  });

  test('a slow Google delays one person only', { timeout: 60_000 }, async () => {
    await world.google.set({ auto_login: 'bob@acme.example' });
    const bob = await new SdkV2Client({ gateway: world.gateway, name: 'other' }).connect();
    try {
      await world.google.fault({ path: list, status: 0, delay_ms: 3000, email: 'alice@acme.example' });
      let aliceIsDone = false;
      const slow = works(client).then(() => { aliceIsDone = true; });
      assert.equal(idsOf(await bob.call('gmail_search', { query: 'salary' })).length, 1);
      assert.equal(aliceIsDone, false, 'Bob was answered while Alice waited');
      await slow;
    } finally {
      await bob.close();
    }
  });

  test('a grant that Google ended asks for one sign-in, and then works', { timeout: 90_000 }, async () => {
    await world.google.revoke('alice@acme.example');
    const outcome = await search(client).catch((error) => error);
    assert.equal(errorOf(outcome).code, 'reconsent_needed');
    assert.equal(client.provider.signIns, 1, 'the answer itself opens no browser');
    await world.google.set({ auto_login: 'alice@acme.example' });
    await client.connect();
    await works(client);
    const signIns = client.provider.signIns;
    await works(client);
    assert.equal(client.provider.signIns, signIns, 'asked once');
    assert.equal(signIns, 2, 'one new sign-in was enough');
  });
});
