// SPDX-License-Identifier: Apache-2.0
//
// Two replicas, a clock of the test's own, and everybody at once: consents, callbacks, redemptions, renewals, sign-outs, kill -9. A ledger
// keeps every token that was given; at the end it is asked for the invariants I1 to I7, one by one.
//
// GATEHOUSE_E2E_FULL=1: 10,000 raced redemptions and 10,080 raced renewals. Otherwise some hundreds.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ledger, invariants } from './lib/ledger.mjs';
import { outcomeOf, search, whoami } from './lib/outcomes.mjs';
import { Profile } from './lib/profile.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';

const full = process.env.GATEHOUSE_E2E_FULL === '1';
const counts = full ? { codes: 1250, clients: 40, rounds: 63, leavers: 60, kills: 40 } : { codes: 32, clients: 16, rounds: 6, leavers: 16, kills: 4 };
const redeemersOfOne = 8;
const renewersOfOne = 4;
const limit = { timeout: (full ? 30 : 4) * 60_000 };
const [minute, day] = [60, 86_400];
const people = ['alice@acme.example', 'bob@acme.example'];

let world;
let ledger;
const families = []; // of the renewals
const sent = { consents: 0, callbacks: 0, begunAgain: 0, redemptions: 0, renewals: 0, signOuts: 0 };
before(async () => {
  world = await Replicas.start({ names: ['a', 'b'], fast: true, wallClock: true });
  ledger = new Ledger(() => Math.floor(Date.now() / 1000) + world.time.offset);
}, { timeout: 120_000 });
after(() => world?.end());

// All of `items` through `work`, so many at a time; when one fails no other begins, and none is under way when this returns.
async function inParallel(items, width, work) {
  let next = 0;
  const workers = Array.from({ length: Math.min(width, items.length) }, async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index], index).catch((error) => {
        next = items.length;
        throw error;
      });
    }
  });
  const failed = (await Promise.allSettled(workers)).find(({ reason }) => reason);
  if (failed) throw failed.reason;
}

const replicaFor = (n) => world.names[n % world.names.length];
const atOnce = (count, work) => Promise.all(Array.from({ length: count }, (_, n) => work(replicaFor(n))));
const range = (count) => Array.from({ length: count }, (_, n) => n);

// Asks again what asked to be asked again: losing many conditions in a row is such a case.
async function patiently(ask) {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask();
    if (answer.status !== 503 || tries === 10) return answer;
  }
}

// Twice the same step of a browser at once: the answer that leads on. Undefined after a 503, from which a person begins again.
async function racedStep(name, step, leadsOn) {
  const answers = await atOnce(2, step);
  for (const { status, text } of answers) assert.ok(status < 500 || status === 503, `${name}: ${status} ${text.slice(0, 300)}`);
  const winners = answers.filter(leadsOn);
  ledger.once(name, winners.length);
  assert.ok(winners.length > 0 || answers.some(({ status }) => status === 503), `${name}: nobody got on: ${answers.map(({ status }) => status)}`);
  return winners[0];
}

// A client's code, with the consent given and each callback called on both replicas at once; undefined when it is to be begun again.
async function tryForCode(client) {
  const profile = new Profile({ headers: client.headers });
  const page = await profile.step(client.begin());
  assert.equal(page.status, 200, page.text.slice(0, 300));
  sent.consents += 2;
  let at = await racedStep(`${client.name}: its consent`, (name) => profile.submit(page, 'approve', { headers: { 'x-replica': name } }), ({ status }) => status === 303);
  while (at && !at.location.startsWith(client.redirect)) {
    const google = await profile.step(new URL(at.location, at.url).href);
    sent.callbacks += 2;
    at = await racedStep(`${client.name}: its callback`, (name) => profile.step(google.location, { headers: { 'x-replica': name } }), ({ status, location }) => status === 302 && location);
  }
  return at && new URL(at.location).searchParams.get('code');
}

async function racedCode(client) {
  for (let tries = 0; tries < 3; tries += 1) {
    const code = await tryForCode(client);
    if (code) return code;
    sent.begunAgain += 1;
  }
  return assert.fail(`${client.name}: three times no code`);
}

async function signedIn(name, person) {
  const client = await new RawClient({ gateway: world.gateway, name }).signIn();
  const family = ledger.begin(client, person);
  ledger.redeemed(family, `the code of ${name}`, [{ status: 200, json: client.tokens }], ledger.now() - minute);
  return family;
}

// A call with the latest token: whoever gave it, this replica knows it.
async function serves(family, name, call = whoami) {
  const answer = await patiently(() => call(world, { tokens: { access_token: family.latest.access } }, name));
  ledger.expect('I1', answer.status !== 401, `${family.name}: its access token is unknown on ${name}`);
  assert.equal(outcomeOf(answer), 'works', `${family.name} on ${name}`);
  if (call === whoami) ledger.served(family, answer, people);
}

// An address that shows too many refused tokens hears 429 in place of their 401s.
const isRefused = ({ status, text }) => status === 401 || (status === 429 && /refused tokens/.test(text));

// Nothing of a family is any good on any replica. Refresh tokens last: asking about a used one may itself end the family.
async function isOver(family, invariant) {
  const words = `${family.name} after ${family.ended ?? 'seven days'}`;
  for (const { access } of family.tokens) {
    for (const name of world.names) ledger.expect(invariant, isRefused(await whoami(world, { tokens: { access_token: access } }, name)), `${words}: an access token on ${name}`);
  }
  for (const { refresh } of family.tokens.toReversed()) {
    for (const name of world.names) ledger.expect(invariant, (await family.client.refresh(refresh, name)).json?.error === 'invalid_grant', `${words}: a refresh token on ${name}`);
  }
}

async function renewOnce(family) {
  const parent = family.latest.refresh;
  const sentAt = ledger.now();
  const answers = await atOnce(renewersOfOne, (name) => patiently(() => family.client.refresh(parent, name)));
  sent.renewals += renewersOfOne;
  assert.deepEqual(answers.map(({ status }) => status), answers.map(() => 200), `${family.name} loses nothing: ${answers.map(({ text }) => text).find((text) => /error/.test(text))}`);
  ledger.renewed(family, parent, answers, sentAt);
}

async function takeStock() {
  const rows = await world.table.rows();
  ledger.seen(rows);
  ledger.lostRows(rows);
  return rows;
}

test(`${counts.codes} sign-ins: consent and callback twice at once, the code ${redeemersOfOne} times at once`, limit, async () => {
  for (const person of people) {
    await world.google.set({ auto_login: person });
    const come = async (n) => {
      const client = new RawClient({ gateway: world.gateway, name: `code ${n} of ${person}` });
      await client.register();
      return { code: await racedCode(client), family: ledger.begin(client, person) };
    };
    const [first, others] = [range(8), range(counts.codes / people.length).slice(8)];
    const waiting = [];
    await inParallel(first, 4, async (n) => waiting.push(await come(n)));
    const rows = await world.table.rows();
    for (const { code, family } of waiting) ledger.liesAsCode(family.name, code, rows);
    await Promise.all(waiting.map(redeem));
    await inParallel(others, 4, async (n) => redeem(await come(n)));
  }

  async function redeem({ code, family }) {
    const sentAt = ledger.now();
    const answers = await atOnce(redeemersOfOne, () => family.client.redeem(code));
    sent.redemptions += redeemersOfOne;
    for (const { status, json, text, retryAfter } of answers) assert.ok(status === 200 || (status === 400 && json?.error === 'invalid_grant') || (status === 503 && retryAfter > 0), `${status} ${text}`);
    assert.equal(ledger.redeemed(family, code, answers, sentAt), 1, `${family.name}: tokens once`);
    // A use that came after the first has ended what it gave; both replicas are of one mind.
    const fates = [];
    for (const name of world.names) {
      const answer = await whoami(world, { tokens: { access_token: family.latest.access } }, name);
      if (answer.status === 200) ledger.served(family, answer, people);
      fates.push(answer.status);
    }
    ledger.expect('I4', new Set(fates).size === 1, `${family.name}: ${fates}`);
    if (fates[0] === 401) family.ended = 'a second use of its code';
  }
});

test(`${counts.clients} clients renew ${counts.rounds} times in six days, each time ${renewersOfOne} at once, while Google's tokens end`, limit, async () => {
  for (const [n, person] of [...people, ...people].entries()) {
    await world.jump(n < people.length ? 0 : day);
    await world.google.set({ auto_login: person });
    await inParallel(range(counts.clients / 4), 4, async (m) => families.push(await signedIn(`client ${m} of ${person} on day ${n < people.length ? 0 : 1}`, person)));
  }
  const step = Math.floor((5.9 * day) / counts.rounds);
  for (let round = 1; round <= counts.rounds; round += 1) {
    await Promise.all(families.map(renewOnce));
    await Promise.all(families.map((one, n) => serves(one, replicaFor(n + round))));
    if (round % 3 === 0) {
      await world.google.expire();
      await Promise.all(families.flatMap((one) => world.names.map((name) => serves(one, name, search))));
      const rows = await takeStock();
      for (const family of families) ledger.lies(family, rows);
    }
    await world.jump(day + round * step);
  }
});

test('what is stored of Google is the newest: replicas that know nothing call with it, and need no other', limit, async () => {
  await Promise.all(families.map(renewOnce));
  await Promise.all(families.flatMap((one) => world.names.map((name) => serves(one, name, search))));
  for (const name of world.names) await world.cool(name);
  const refreshes = async () => (await world.google.asked(/\/token$/)).length;
  const known = await refreshes();
  await Promise.all(families.flatMap((one) => world.names.map((name) => serves(one, name, search))));
  ledger.expect('I5', (await refreshes()) === known, 'a stored token was not the newest, so Google was asked for another');
});

test(`${counts.kills} times a replica is killed as soon as it has answered: the other knows the token`, limit, async () => {
  for (const n of range(counts.kills)) {
    const family = families[n % families.length];
    const [name, other] = n % 2 ? ['a', 'b'] : ['b', 'a'];
    const parent = family.latest.refresh;
    const sentAt = ledger.now();
    const answer = await family.client.refresh(parent, name);
    await world.kill(name);
    assert.equal(answer.status, 200, answer.text);
    ledger.renewed(family, parent, [answer], sentAt);
    await serves(family, other);
    ledger.renewed(family, parent, [await family.client.refresh(parent, other)], sentAt);
    await world.revive(name);
  }
});

test(`${counts.leavers} sign-outs race renewals`, limit, async () => {
  await inParallel(range(counts.leavers), 4, async (n) => {
    // Whoever Google signs in: bob, since the last of the sign-ins. Fewer than a hundred: then Google drops the oldest of theirs.
    const family = await signedIn(`leaver ${n}`, people[1]);
    const { client } = family;
    const parent = family.latest.refresh;
    const sentAt = ledger.now();
    const [revoked, ...renewals] = await Promise.all([client.revoke(), ...world.names.map((name) => client.refresh(parent, name))]);
    sent.signOuts += 1;
    ledger.renewed(family, parent, renewals, sentAt);
    if (revoked.status !== 200) assert.equal((await patiently(() => client.revoke())).status, 200);
    family.ended = 'a sign-out';
    await isOver(family, 'I4');
  });
  await takeStock();
});

test('seven days: who signed in first ends, who came a day later goes on for that day', limit, async () => {
  const [first, later] = ['day 0', 'day 1'].map((start) => families.filter(({ name }) => name.endsWith(start)));
  const jumpTo = (second) => world.jump(second - Math.floor(Date.now() / 1000));
  await jumpTo(Math.min(...first.map(({ endsBy }) => endsBy)) - 2 * minute);
  await Promise.all(families.map(renewOnce));
  await Promise.all(families.map((one, n) => serves(one, replicaFor(n))));
  await jumpTo(Math.max(...first.map(({ endsBy }) => endsBy)) + 1);
  for (const family of first) await isOver(family, 'I7');
  await Promise.all(later.map(renewOnce));
  await Promise.all(later.map((one, n) => serves(one, replicaFor(n))));
  await jumpTo(Math.max(...later.map(({ endsBy }) => endsBy)) + 1);
  for (const family of later) await isOver(family, 'I7');
});

test('what has ended is still over when both replicas were killed and came back', limit, async () => {
  for (const name of world.names) await world.cool(name);
  const ended = ledger.families.filter(({ ended: how }) => how);
  assert.ok(ended.length >= counts.leavers);
  await inParallel(ended.slice(-300), 4, (family) => isOver(family, 'I4'));
  await takeStock();
});

test('enough was raced, on both replicas', (t) => {
  t.diagnostic(`sent at once: ${JSON.stringify(sent)}`);
  for (const line of ledger.summary.split('\n')) t.diagnostic(line);
  assert.ok(sent.redemptions >= counts.codes * redeemersOfOne && sent.renewals >= counts.clients * counts.rounds * renewersOfOne);
  if (full) assert.ok(sent.redemptions >= 10_000 && sent.renewals >= 10_000);
  const replicas = new Set(world.balancer.requests.filter(({ path }) => path === '/token').map(({ replica }) => replica).filter(Boolean));
  assert.deepEqual([...replicas].sort(), world.names);
  assert.ok(world.tableProxy.calls.some(({ conditional, status }) => conditional && status === 400), 'races were lost');
  assert.ok(ledger.googleRenewals >= counts.clients, `Google's tokens were renewed: ${ledger.googleRenewals}`);
});

for (const [name, words] of Object.entries(invariants)) {
  test(`${name} ${words}`, () => {
    assert.ok(ledger.checked[name] > 0, 'it was looked at');
    assert.deepEqual(ledger.broken[name], []);
  });
}
