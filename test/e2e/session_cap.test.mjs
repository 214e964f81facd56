// SPDX-License-Identifier: Apache-2.0
//
// Fifty sessions of one person live at once; one more ends the one that was renewed the longest ago. Google keeps a hundred refresh tokens of an
// account and drops the oldest without a word, and revoking one ends them all, so nobody's sign-out here asks Google to.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FormBrowser } from './lib/browser.mjs';
import { assertWorks } from './lib/outcomes.mjs';
import { callAlone } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';
import { World } from './lib/world.mjs';

const most = 50;
const alice = 'alice@acme.example';
const limit = { timeout: 120_000 };

const signIn = (world, name) => new RawClient({ gateway: world.gateway, name }).signIn();
const whoami = (world, client, replica) => callAlone(replica ? world.at(replica) : world.gateway, client.tokens.access_token, 'whoami', {});
const status = async (world, client, replica) => (await whoami(world, client, replica)).status;
const isOver = async (world, client, replica) => {
  assert.equal(await status(world, client, replica), 401, client.name);
  const renewal = await client.refresh();
  assert.deepEqual([renewal.status, renewal.json?.error], [400, 'invalid_grant'], renewal.text);
};
const revocations = async (world) => (await world.google.asked(/revoke/)).length;

// Fifty clients, of which the first has renewed its token since.
async function filled(world) {
  const clients = [];
  for (let n = 0; n < most; n += 1) clients.push(await signIn(world, `client ${n}`));
  await new Promise((resolve) => setTimeout(resolve, 1100)); // rows count in seconds
  const renewed = await clients[0].refresh();
  assert.equal(renewed.status, 200, renewed.text);
  clients[0].tokens = renewed.json;
  return clients;
}

describe('on one machine', () => {
  let world;
  let clients;
  before(async () => {
    world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
    await world.google.set({ auto_login: alice });
    clients = await filled(world);
  }, limit);
  after(() => world?.end());

  test('fifty work', limit, async () => {
    for (const client of clients) assertWorks(await whoami(world, client));
    assert.doesNotMatch(world.gateway.log, /session ended to make room/);
  });

  test('the next one works too, and the one renewed the longest ago gets the ordinary 401', limit, async () => {
    const latest = await signIn(world, 'the latest');
    assertWorks(await whoami(world, latest));
    const ended = [];
    for (const client of clients) if (await status(world, client) !== 200) ended.push(client);
    assert.equal(ended.length, 1, `ended: ${ended.map(({ name }) => name)}`);
    assert.notEqual(ended[0], clients[0], 'which was renewed after all others');
    await isOver(world, ended[0]);
    clients = [...clients.filter((client) => client !== ended[0]), latest];
    assert.equal(world.gateway.log.split('\n').filter((line) => line.includes('session ended to make room')).length, 1);
  });

  test('/account lists fifty and says why the other ended', limit, async () => {
    const browser = new FormBrowser({ headers: { 'x-forwarded-for': '203.0.113.9' } });
    await browser.visit(`${world.gateway.url}/login`);
    const { text } = await browser.visit(`${world.gateway.url}/account`);
    assert.equal(text.match(/name="session"/g).length, most);
    assert.match(text, /Ended to make room/);
    assert.equal(text.match(/Ended to make room/g).length, 1);
  });

  test('somebody else is counted apart', limit, async () => {
    await world.google.set({ auto_login: 'bob@acme.example' });
    assertWorks(await whoami(world, await signIn(world, 'of bob')));
    await world.google.set({ auto_login: alice });
    for (const client of clients) assert.equal(await status(world, client), 200, client.name);
  });

  test('who has signed out makes room by that, and Google is never asked to revoke anything', limit, async () => {
    const leaving = clients.pop();
    assert.equal((await leaving.revoke()).status, 200);
    clients.push(await signIn(world, 'after a sign-out'));
    for (const client of clients) assert.equal(await status(world, client), 200, client.name);
    const browser = new FormBrowser({ headers: { 'x-forwarded-for': '203.0.113.9' } });
    await browser.visit(`${world.gateway.url}/login`);
    const account = await browser.visit(`${world.gateway.url}/account`);
    const [, one] = /name="session" value="([^"]+)"/.exec(account.text);
    assert.equal((await browser.submit(account, ['session', one])).status, 200);
    const works = [];
    for (const client of clients) if (await status(world, client) === 200) works.push(client);
    assert.equal(works.length, most - 1, 'only that one has ended');
    await browser.submit(await browser.visit(`${world.gateway.url}/account`), ['where', 'everywhere']);
    for (const client of clients) assert.equal(await status(world, client), 401, client.name);
    assert.equal(await revocations(world), 0);
  });
});

test('over three replicas, with sign-ins side by side: fifty and no more, none ended without need', { timeout: 240_000 }, async () => {
  const world = await Replicas.start({ fast: true });
  try {
    const clients = await filled(world);
    const more = 9;
    const latest = await Promise.all(Array.from({ length: more }, (_, n) => signIn(world, `side by side ${n}`)));
    for (const client of latest) assertWorks(await whoami(world, client));
    assertWorks(await whoami(world, clients[0]), 'renewed after all others');
    const works = [];
    for (const client of clients) if (await status(world, client) === 200) works.push(client);
    assert.equal(works.length + latest.length, most);
    const fates = await Promise.all(clients.map((client) => Promise.all(world.names.map((name) => status(world, client, name)))));
    for (const [n, fate] of fates.entries()) assert.equal(new Set(fate).size, 1, `${clients[n].name}: all replicas are of one mind: ${fate}`);
    assert.equal(await revocations(world), 0);
  } finally {
    await world.end();
  }
});
