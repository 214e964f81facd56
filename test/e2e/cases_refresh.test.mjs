// SPDX-License-Identifier: Apache-2.0
//
// Chapter RF of the abuse cases: refresh, rotation, revocation, over three replicas. A ledger keeps every token that was given.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Audit } from './lib/audit.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { assertWorks, whoami } from './lib/outcomes.mjs';
import { callAlone, initialize, openSse, openStream } from './lib/raw_mcp.mjs';
import { assertOauthError } from './lib/refusals.mjs';
import { Replicas } from './lib/replicas.mjs';
import { World } from './lib/world.mjs';

const day = 86_400;
const graceSeconds = 30;
const redirects = ['https://app.example/cb'];
const audit = new Audit();
let world;
let short; // with sessions of a few seconds
let scopes;

before(async () => {
  world = await Replicas.start({ fast: true, wallClock: true });
  scopes = (await (await fetch(`${world.gateway.url}/.well-known/oauth-authorization-server`)).json()).scopes_supported;
}, { timeout: 120_000 });
after(() => Promise.all([world?.end(), short?.end()]));

const signedIn = (changes) => new CaseClient({ gateway: world.gateway, audit, redirects }).signIn(changes);

async function refuses(answer, status, error, event = 'token request refused') {
  const got = await answer;
  assertOauthError(got, status, error);
  audit.expect(event, { reason: error });
  return got;
}

async function gives(answer) {
  const got = await answer;
  assert.equal(got.status, 200, got.text);
  return got.json;
}

const accessIsDead = async (tokens, name) => assert.equal((await whoami(world, { tokens }, name)).status, 401, `the access token on ${name}`);

// Asked on every replica. The refresh token last: asking about a used one may itself end the grant.
async function isDead(client, tokens) {
  for (const name of world.names) await accessIsDead(tokens, name);
  for (const name of world.names) await refuses(client.refresh(tokens.refresh_token, {}, { replica: name }), 400, 'invalid_grant');
}

async function at(seconds, work) {
  await world.jump(seconds);
  try {
    return await work();
  } finally {
    await world.jump(0);
  }
}

// Everyone's clock stands still at this second.
const standAt = (second) => Promise.all([world.time.freeze(second), world.cloud.set({ clock_offset: second - Math.floor(Date.now() / 1000) })]);

describe('rotation', () => {
  test('RF-01 rotation: a new refresh token each time, from whichever replica, and the end stays seven days after the sign-in', async () => {
    const client = await signedIn();
    const ledger = [client.tokens.refresh_token];
    for (let hours = 0; hours < 7 * 24; hours += 12) {
      await at(hours * 3600, async () => {
        client.tokens = await gives(client.refresh(undefined, {}, { replica: world.names[hours % 3] }));
        assertWorks(await whoami(world, client));
      });
      ledger.push(client.tokens.refresh_token);
    }
    assert.equal(new Set(ledger).size, ledger.length, 'no refresh token came twice');
    await at(7 * day, () => isDead(client, client.tokens));
  });

  test('RF-02 lost answer: the same refresh within the grace time gives the same successor on every replica, and no second one', async () => {
    const start = Math.floor(Date.now() / 1000);
    try {
      await standAt(start);
      const client = await signedIn();
      const first = client.tokens;
      const successor = await gives(client.refresh());
      for (const seconds of [0, 5, graceSeconds]) {
        await standAt(start + seconds);
        for (const name of world.names) {
          const again = await gives(client.refresh(first.refresh_token, {}, { replica: name }));
          assert.deepEqual([again.refresh_token, again.access_token], [successor.refresh_token, successor.access_token], `after ${seconds} s on ${name}`);
        }
      }
      const next = await gives(client.refresh(successor.refresh_token));
      assert.notEqual(next.refresh_token, successor.refresh_token);
      assertWorks(await whoami(world, { tokens: next }));
    } finally {
      await world.jump(0);
    }
  });

  test('RF-03 late replay: after the grace time invalid_grant, and the whole family is dead', async () => {
    const client = await signedIn();
    const family = [client.tokens];
    for (let n = 0; n < 2; n += 1) family.push(await gives(client.refresh(family.at(-1).refresh_token)));
    await at(graceSeconds + 1, async () => {
      assertWorks(await whoami(world, { tokens: family[2] }), 'the latest lives');
      await refuses(client.refresh(family[1].refresh_token), 400, 'invalid_grant');
      audit.expect('refresh token used again');
      for (const tokens of family.toReversed()) await isDead(client, tokens);
    });
  });

  test('RF-03 late replay: the grandparent of the latest, even within the grace time of its parent', async () => {
    const client = await signedIn();
    const first = client.tokens;
    const second = await gives(client.refresh());
    const third = await gives(client.refresh(second.refresh_token));
    await refuses(client.refresh(first.refresh_token), 400, 'invalid_grant');
    audit.expect('refresh token used again');
    await isDead(client, third);
  });

  test('RF-08 other client\'s token: invalid_grant, no rotation', async () => {
    const [client, stranger] = await Promise.all([signedIn(), signedIn()]);
    for (const name of world.names) await refuses(stranger.refresh(client.tokens.refresh_token, {}, { replica: name }), 400, 'invalid_grant');
    await at(graceSeconds + 1, async () => {
      client.tokens = await gives(client.refresh());
      assertWorks(await whoami(world, client), 'it had not rotated, and nobody was ended');
      assertWorks(await whoami(world, stranger));
    });
  });

  test('RF-09 scope on refresh: what nobody grants is invalid_scope, no rotation', async () => {
    const client = await signedIn({ scope: scopes[0] });
    for (const scope of ['everything', 'openid email', 'a"b', 'é', 'x'.repeat(3000)]) await refuses(client.refresh(undefined, { scope }), 400, 'invalid_scope');
    await at(graceSeconds + 1, async () => assertWorks(await whoami(world, { tokens: await gives(client.refresh()) })));
  });

  test('RF-09 scope on refresh: more than was granted is invalid_scope, no rotation; less is narrowed', async (t) => {
    if (scopes.length < 2) return t.skip('the gateway has one scope');
    const little = await signedIn({ scope: scopes[0] });
    await refuses(little.refresh(undefined, { scope: scopes.join(' ') }), 400, 'invalid_scope');
    await at(graceSeconds + 1, async () => assert.equal((await gives(little.refresh())).scope, scopes[0]));
    const much = await signedIn({ scope: scopes.join(' ') });
    assert.equal((await gives(much.refresh(undefined, { scope: scopes[0] }))).scope, scopes[0]);
    return undefined;
  });

  test('RF-09 scope on refresh: the same is granted, and what was never ours is left out', async () => {
    const client = await signedIn({ scope: scopes[0] });
    for (const scope of [scopes[0], `${scopes[0]} offline_access`, `openid ${scopes[0]}`, '']) {
      client.tokens = await gives(client.refresh(undefined, { scope }));
      assert.equal(client.tokens.scope, scopes[0]);
    }
  });

  test('RF-10 bad resource on refresh: invalid_target, state untouched', async () => {
    const client = await signedIn();
    for (const resource of ['https://mcp.evil.example/mcp', '/mcp', 'nonsense', `${world.gateway.mcpUrl}#x`, `${world.gateway.mcpUrl}?x=1`, [world.gateway.mcpUrl, 'https://mcp.evil.example/mcp']]) {
      await refuses(client.refresh(undefined, { resource }), 400, 'invalid_target');
    }
    await at(graceSeconds + 1, async () => {
      client.tokens = await gives(client.refresh(undefined, { resource: world.gateway.mcpUrl }));
      assertWorks(await whoami(world, client));
    });
  });

  test('RF-17 seven-day wall: refreshed at day 6.99, the new tokens die at day 7', async () => {
    const client = await signedIn();
    const late = Math.floor(6.99 * day);
    const last = await at(late, () => gives(client.refresh()));
    assert.ok(last.expires_in <= 7 * day - late, `expires_in is ${last.expires_in}`);
    await at(late + last.expires_in - 60, async () => assertWorks(await whoami(world, { tokens: last })));
    await at(7 * day, () => isDead(client, last));
  });
});

describe('revocation', () => {
  test('RF-11 revocation semantics: of a refresh token ends everything on every replica at once', async () => {
    for (const which of ['the latest', 'the one before']) {
      const client = await signedIn();
      const first = client.tokens;
      const second = await gives(client.refresh());
      for (const name of world.names) assertWorks(await whoami(world, { tokens: second }, name), 'every replica knows it');
      assert.equal((await client.revoke((which === 'the latest' ? second : first).refresh_token)).status, 200);
      audit.expect('grant revoked', { client: client.id });
      for (const tokens of [second, first]) {
        for (const name of world.names) await accessIsDead(tokens, name);
      }
      await isDead(client, second);
    }
  });

  test('RF-11 revocation semantics: of an access token ends only itself', async () => {
    const client = await signedIn();
    const first = client.tokens;
    const second = await gives(client.refresh());
    assert.equal((await client.revoke(first.access_token, { token_type_hint: 'refresh_token' })).status, 200, 'whatever the hint says');
    audit.expect('token revoked', { client: client.id });
    for (const name of world.names) {
      await accessIsDead(first, name);
      assertWorks(await whoami(world, { tokens: second }, name));
    }
    assertWorks(await whoami(world, { tokens: await gives(client.refresh(second.refresh_token)) }));
  });

  test('RF-12 foreign revocation: client B revokes A\'s tokens: 200, no effect', async () => {
    const [client, stranger] = await Promise.all([signedIn(), signedIn()]);
    for (const name of world.names) {
      for (const token of [client.tokens.refresh_token, client.tokens.access_token]) {
        const answer = await stranger.revoke(token, {}, { replica: name });
        assert.equal(answer.status, 200, answer.text);
        audit.expect('nothing to revoke', { client: stranger.id });
      }
    }
    assertWorks(await whoami(world, client));
    assertWorks(await whoami(world, { tokens: await gives(client.refresh()) }));
  });

  describe('RF-15', () => {
    let client;
    let rows;
    before(async () => {
      client = await signedIn();
      rows = await world.table.rows();
    });

    const garbage = [['unknown', `gth_r_${'A'.repeat(92)}`, 200], ['a word', 'x', 200], ['Google\'s', `ya29.${'a'.repeat(200)}`, 200], ['of 12 KB', 'x'.repeat(12_000), 200], ['empty', '', 400], ['none', undefined, 400], ['of 100 KB', 'x'.repeat(100_000), 400], ['twice', ['x', 'x'], 400]];
    for (const [what, token, status] of garbage) {
      test(`RF-15 garbage revocation: ${what} gets ${status}`, async () => {
        const answer = client.form('/revoke', { token, client_id: client.id });
        if (status === 400) return refuses(answer, 400, 'invalid_request', 'revocation refused');
        audit.expect('nothing to revoke', { client: client.id });
        return assert.equal((await answer).status, 200);
      });
    }
    test('RF-15 garbage revocation: by a client that is none is invalid_client', async () => {
      for (const id of ['gth_app_AAAAAAAAAAAAAAAAAAAAAA', undefined]) await refuses(client.revoke(undefined, { client_id: id }), 401, 'invalid_client', 'revocation refused');
    });
    test('RF-15 garbage revocation: no state has changed', async () => {
      assert.deepEqual(await world.table.rows(), rows);
      assertWorks(await whoami(world, client));
      assertWorks(await whoami(world, { tokens: await gives(client.refresh()) }));
    });
  });
});

describe('streams', () => {
  test('RF-20 streams at expiry: every open stream is closed when the session ends, and to connect again gets 401', { timeout: 90_000 }, async () => {
    const seconds = 8;
    short = await World.start({ env: { GATEHOUSE_SESSION_TTL: `${seconds}s` } });
    await short.google.set({ auto_login: 'alice@acme.example' });
    const client = await new CaseClient({ gateway: short.gateway, audit, redirects }).signIn();
    const token = client.tokens.access_token;
    const { sessionId } = await initialize(short.gateway, token);
    const stream = await openStream(short.gateway, token, sessionId);
    const old = await openSse(short.gateway, token);
    assert.deepEqual([stream.status, old.status], [200, 200]);
    assert.equal((await callAlone(short.gateway, token, 'whoami', {})).status, 200);
    await Promise.race([Promise.all([stream.rest(), old.ended]), new Promise((_, reject) => { setTimeout(() => reject(new Error('open a minute after the end')), (seconds + 60) * 1000).unref(); })]);
    assert.equal((await callAlone(short.gateway, token, 'whoami', {})).status, 401, 'it was closed because the session has ended');
    assert.equal((await openStream(short.gateway, token, sessionId)).status, 401);
    assert.equal((await openSse(short.gateway, token)).status, 401);
    assertOauthError(await client.refresh(), 400, 'invalid_grant');
  });
});

describe('the log', () => {
  test('I14: each refusal has left an event that says why', () => audit.assertTold(() => world.log));
  test('I8: no code, verifier or token can be read in it', () => audit.assertSilent(() => world.log + short.gateway.log));
});
