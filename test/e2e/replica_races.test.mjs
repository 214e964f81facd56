// SPDX-License-Identifier: Apache-2.0
//
// Races across three replicas, over a fast table: one successor per refresh generation, one redemption per code, whoever is first where.
//
// The counts are small enough for every run and large enough to fail when a condition is missing. GATEHOUSE_E2E_FULL=1 runs them all:
// 32 clients with 200 rounds each, 1,000 codes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertWorks, whoami } from './lib/outcomes.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';

const full = process.env.GATEHOUSE_E2E_FULL === '1';
const [clientsCount, rounds, codesCount, racers] = full ? [32, 200, 1000, 6] : [32, 6, 40, 6];
const minutes = full ? 60 : 8;
const people = ['alice@acme.example', 'bob@acme.example'];

let world;
before(async () => { world = await Replicas.start({ fast: true }); }, { timeout: 120_000 });
after(() => world?.end());

// All of `items` through `work`, so many at a time.
async function inParallel(items, width, work) {
  const results = [];
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index], index);
    }
  }));
  return results;
}

// A retry for what asks to come back; losing many conditions in a row is such a case.
async function renewed(client, token, name) {
  for (let tries = 0; tries < 10; tries += 1) {
    const answer = await client.refresh(token, name);
    if (answer.status !== 503) return answer;
    assert.ok(Number(answer.retryAfter) > 0, 'a 503 says when to come back');
  }
  return client.refresh(token, name);
}

describe('races', () => {
  test(`${clientsCount} clients, ${rounds} rounds of one refresh sent to three replicas at once: one successor each time, nobody loses a session`, { timeout: minutes * 60_000 }, async () => {
    const clients = [];
    for (let n = 0; n < clientsCount; n += 1) {
      await world.google.set({ auto_login: people[n % people.length] });
      clients.push(await new RawClient({ gateway: world.gateway, name: `racer ${n}` }).signIn());
    }
    const seen = new Set(clients.map(({ tokens }) => tokens.refresh_token));
    await Promise.all(clients.map(async (client, n) => {
      for (let round = 0; round < rounds; round += 1) {
        const token = client.tokens.refresh_token;
        const answers = await Promise.all(world.names.map((name) => renewed(client, token, name)));
        assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200], `client ${n}, round ${round}: ${answers.map(({ text }) => text).find((text) => /error/.test(text))}`);
        const successors = new Set(answers.map(({ json }) => json.refresh_token));
        assert.equal(successors.size, 1, `client ${n}, round ${round}: one successor`);
        const [successor] = successors;
        assert.ok(!seen.has(successor), 'a new one');
        seen.add(successor);
        client.tokens = answers[round % answers.length].json;
        if (round % 3 === 0) assertWorks(await whoami(world, client), `client ${n}, round ${round}`);
      }
    }));
    assert.equal(seen.size, clientsCount * (rounds + 1));
    for (const client of clients) {
      const answer = await whoami(world, client);
      assertWorks(answer);
      assert.ok(answer.text.includes('@acme.example'));
    }
    const used = new Set(world.balancer.requests.filter(({ path }) => path === '/token').map(({ replica }) => replica));
    assert.deepEqual([...used].sort(), world.names, 'all replicas took part');
  });

  test(`${codesCount} codes, each redeemed ${racers} times at once on three replicas: each gives tokens once`, { timeout: minutes * 60_000 }, async () => {
    const outcomes = await inParallel(Array.from({ length: codesCount }), 4, async (_, n) => {
      const client = new RawClient({ gateway: world.gateway, name: `coder ${n}` });
      await client.register();
      const code = await client.consent();
      assert.ok(code, `${client.page?.status} ${client.page?.url}`);
      const answers = await Promise.all(Array.from({ length: racers }, () => client.redeem(code)));
      const winners = answers.filter(({ status }) => status === 200);
      const losers = answers.filter(({ status }) => status !== 200);
      for (const { status, json, text, retryAfter } of losers) assert.ok((status === 400 && json?.error === 'invalid_grant') || (status === 503 && retryAfter > 0), `a loser: ${status} ${text}`);
      // The last word is the same everywhere: a second use may have ended what the first one gave.
      const fates = [];
      if (winners.length) {
        client.tokens = winners[0].json;
        for (const name of world.names) {
          fates.push((await whoami(world, client, name)).status);
        }
      }
      return { winners: winners.length, fates: new Set(fates).size };
    });
    assert.deepEqual(outcomes.filter(({ winners }) => winners > 1), [], 'no code gave tokens twice');
    const won = outcomes.filter(({ winners }) => winners === 1).length;
    assert.equal(won, codesCount, 'and each gave them once');
    assert.deepEqual(outcomes.filter(({ fates }) => fates > 1), [], 'all replicas agree on what became of them');
  });

  test('sign-outs race renewals: what was ended stays ended on every replica', { timeout: minutes * 60_000 }, async () => {
    const count = full ? 200 : 24;
    await inParallel(Array.from({ length: count }), 4, async (_, n) => {
      const client = await new RawClient({ gateway: world.gateway, name: `leaver ${n}` }).signIn();
      const [first, second, revoked] = await Promise.all([client.refresh(), client.refresh(), client.revoke()]);
      assert.ok([200, 503].includes(revoked.status), revoked.text);
      if (revoked.status === 503) assert.equal((await client.revoke()).status, 200);
      for (const tokens of [client.tokens, first.json, second.json].filter((json) => json?.access_token)) {
        for (const name of world.names) {
          assert.equal((await whoami(world, { ...client, tokens }, name)).status, 401, `leaver ${n} on ${name}`);
        }
        assert.equal((await client.refresh(tokens.refresh_token)).json?.error, 'invalid_grant', `leaver ${n}`);
      }
    });
  });

  test('every write was conditional, and no call failed for another reason than a lost race', () => {
    const writes = world.tableProxy.calls.filter(({ conditional }) => conditional !== undefined);
    assert.ok(writes.length > clientsCount);
    assert.deepEqual(writes.filter(({ conditional }) => !conditional), []);
    assert.ok(writes.some(({ status }) => status === 400), 'races were lost');
  });
});
