// SPDX-License-Identifier: Apache-2.0
//
// Three gateways over one table: it does not matter which one answers, nor that one is killed in the middle of anything.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { idsOf } from './lib/answers.mjs';
import { FormBrowser } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { McpRemoteClient, SdkV1Client, SdkV2Client } from './lib/clients.mjs';
import { assertWorks, assertWorksEverywhere, outcomeOf, persist, search, tally, whoami } from './lib/outcomes.mjs';
import { callTool, initialize, openStream } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';

const works = async (client) => assert.deepEqual(idsOf(await client.call('gmail_search', { query: 'quicksilver' })), ['19a1ce0000000020']);
const answeredBy = (world, from, path) => world.balancer.requests.slice(from).filter((request) => request.path === path).map(({ replica }) => replica);

describe('no stickiness', () => {
  let world;
  before(async () => { world = await Replicas.start(); }, { timeout: 120_000 });
  afterEach(() => world.steerTo());
  after(() => world?.end());

  test('MR-01: authorize on one replica, come back from Google on another, redeem on the third, call on the first', { timeout: 60_000 }, async () => {
    const places = { '/register': 'c', '/authorize': 'a', '/consent': 'b', '/oauth/google/callback': 'b', '/token': 'c', '/mcp': 'a' };
    world.balancer.steer(({ path }) => places[path]);
    const from = world.balancer.requests.length;
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    assertWorks(await search(world, client));
    for (const [path, name] of Object.entries(places)) assert.deepEqual([...new Set(answeredBy(world, from, path))], [name], path);
    assert.equal((await client.refresh()).status, 200, 'and renew');
  });

  test('MR-02: a session made on one replica is used and ended on the others', { timeout: 60_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    const token = client.tokens.access_token;
    world.steerTo('a');
    const { sessionId } = await initialize(world.gateway, token);
    assert.ok(sessionId);
    for (const name of ['b', 'c', 'a']) {
      world.steerTo(name);
      assertWorks(await callTool(world.gateway, token, sessionId, 'gmail_search', { query: 'quicksilver' }), `the session on ${name}`);
    }
  });

  const kinds = [
    ['@modelcontextprotocol/sdk 1.32', (name) => new SdkV1Client({ gateway: world.gateway, name })],
    ['@modelcontextprotocol/client 2.4', (name) => new SdkV2Client({ gateway: world.gateway, name })],
    ['@modelcontextprotocol/client 2.4, legacy era', (name) => new SdkV2Client({ gateway: world.gateway, name, mode: 'legacy' })],
    ['mcp-remote 0.15', () => new McpRemoteClient({ gateway: world.gateway, directory: join(world.directory, 'mcp-remote') })],
  ];
  for (const [what, make] of kinds) {
    test(`${what} signs in on one replica and works on all`, { timeout: 120_000 }, async () => {
      world.steerTo('a');
      const client = make(what);
      world.atEnd(() => client.close());
      await client.connect();
      for (const name of ['a', 'b', 'c']) {
        world.steerTo(name);
        const from = world.balancer.requests.length;
        await works(client);
        assert.ok(answeredBy(world, from, '/mcp').includes(name), `${name} has answered`);
      }
      world.steerTo();
      for (let n = 0; n < 4; n += 1) await works(client);
      assert.equal(client.signIns ?? client.provider.signIns, 1, 'one sign-in for all replicas');
    });
  }

  test('a renewal on one replica counts on the others at once', { timeout: 60_000 }, async () => {
    const client = await new SdkV2Client({ gateway: world.gateway, name: 'renewing' }).connect();
    world.atEnd(() => client.close());
    for (const name of ['b', 'c', 'a']) {
      const before = client.provider.tokens().refresh_token;
      client.forgetAccess();
      world.balancer.steer(({ path }) => (path === '/token' ? name : undefined));
      await works(client);
      assert.notEqual(client.provider.tokens().refresh_token, before);
    }
    assert.equal(client.provider.signIns, 1);
  });

  test('a sign-out on one replica is the end on all', { timeout: 60_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    await assertWorksEverywhere(world, client);
    world.balancer.next('b');
    assert.equal((await client.revoke()).status, 200);
    for (const name of ['a', 'b', 'c', 'a', 'b', 'c']) {
      assert.equal((await whoami(world, client, name)).status, 401, `refused on ${name}`);
      assert.equal((await client.refresh(undefined, name)).json?.error, 'invalid_grant', `no renewal on ${name}`);
    }
  });

  test('a browser is signed in on every replica', { timeout: 60_000 }, async () => {
    const browser = new FormBrowser();
    world.steerTo('a');
    await browser.visit(`${world.gateway.url}/login`);
    for (const name of ['b', 'c', 'a']) {
      world.steerTo(name);
      assert.match((await browser.visit(`${world.gateway.url}/account`)).text, /alice@acme\.example/, name);
    }
  });

  test('MR-13: the stream of a lost replica is opened again on another, and calls go on', { timeout: 90_000 }, async () => {
    const client = await new SdkV1Client({ gateway: world.gateway, name: 'streaming' }).connect();
    world.atEnd(() => client.close());
    await works(client);
    const streams = () => world.balancer.requests.filter(({ method, path, status }) => method === 'GET' && path === '/mcp' && status === 200);
    await until('the client has its stream', () => streams().length > 0);
    const held = streams().at(-1);
    const opened = streams().length;
    await world.kill(held.replica);
    await until('the client opens it again', () => streams().length > opened, 30);
    assert.notEqual(streams().at(-1).replica, held.replica);
    await works(client);
    assert.equal(client.provider.signIns, 1);
    await world.revive(held.replica);
  });
});

// Kills replica `a` at its first, second, third ... call to AWS, before the call is carried out and after, until a run needs no more calls.
async function sweep(world, flow) {
  const killed = { before: 0, after: 0 };
  for (const moment of ['before', 'after']) {
    for (let nth = 1; ; nth += 1) {
      assert.ok(nth < 60, 'a flow ends');
      world.steerTo('a');
      const kill = () => world.kill('a');
      const rule = world.proxy.add({ door: 'a', nth, drop: moment, ...(moment === 'before' ? { call: kill } : { call_after: kill }) });
      await flow(`killed ${moment} call ${nth}`);
      world.proxy.remove(rule);
      if (rule.applied === 0) break;
      killed[moment] += 1;
      if (!world.get('a').running) await world.revive('a');
    }
  }
  world.steerTo();
  return killed;
}

describe('kill -9 at any moment', () => {
  let world;
  let bystander; // signed in before; nothing that happens to others may touch them
  before(async () => {
    world = await Replicas.start();
    bystander = await new RawClient({ gateway: world.gateway, name: 'bystander' }).signIn();
  }, { timeout: 120_000 });
  afterEach(async () => {
    world.steerTo();
    world.proxy.clear();
    world.googleProxy.clear();
    for (const name of world.names) if (!world.get(name).running) await world.revive(name);
  });
  after(() => world?.end());

  async function bystanderIsWell(what) {
    for (const name of ['b', 'c']) {
      assertWorks(await whoami(world, bystander, name), `${what}: the bystander on ${name}`);
    }
  }

  test('of a sign-in: who tries again gets in, once, and no code works twice', { timeout: 600_000 }, async () => {
    const killed = await sweep(world, async (what) => {
      const client = new RawClient({ gateway: world.gateway, name: what });
      assert.equal((await persist(() => client.register())).status, 201, what);
      const browser = new FormBrowser({ headers: client.headers });
      let code;
      for (let tries = 0; tries < 3 && !client.tokens; tries += 1) {
        // A page that failed is loaded again from the client's link, as a person does.
        code = await client.consent(browser).catch((error) => void assert.match(String(error), /50[23]|terminated|fetch failed/, `${what}: ${error.message}`));
        if (!code) continue;
        const answer = await persist(() => client.redeem(code));
        if (answer.status === 200) client.tokens = answer.json;
        else assert.equal(answer.json?.error, 'invalid_grant', `${what}: a code that was used up when the answer was lost: ${answer.text}`);
      }
      assert.ok(client.tokens, `${what}: signed in after all; the last page was ${client.page?.status} ${client.page?.url}`);
      for (const name of ['b', 'c']) {
        assertWorks(await search(world, client, name), `${what}: on ${name}`);
      }
      await bystanderIsWell(what);
      const again = await persist(() => client.redeem(code));
      assert.equal(again.json?.error, 'invalid_grant', `${what}: the code again`);
    });
    assert.ok(killed.before >= 5 && killed.after >= 5, `the sweep met the calls of a sign-in: ${JSON.stringify(killed)}`);
  });

  test('of a token refresh: the retry on another replica gets the successor, nobody signs in', { timeout: 600_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway, name: 'renewing' }).signIn();
    const killed = await sweep(world, async (what) => {
      const before = client.tokens;
      const answer = await persist(() => client.refresh());
      assert.equal(answer.status, 200, `${what}: ${answer.text}`);
      client.tokens = answer.json;
      assert.notEqual(client.tokens.refresh_token, before.refresh_token, what);
      const repeated = await persist(() => client.refresh(before.refresh_token));
      assert.equal(repeated.json?.refresh_token, client.tokens.refresh_token, `${what}: one successor, whoever answers`);
      for (const name of ['b', 'c']) {
        assertWorks(await whoami(world, client, name), `${what}: on ${name}`);
      }
      await bystanderIsWell(what);
    });
    assert.ok(killed.before >= 2 && killed.after >= 2, JSON.stringify(killed));
  });

  test('of a tool call that must renew Google\'s token: the retry on another replica answers, no 401', { timeout: 600_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway, name: 'calling' }).signIn();
    const killed = await sweep(world, async (what) => {
      await world.google.expire();
      const answer = await persist(() => search(world, client));
      assertWorks(answer, what);
      for (const name of ['b', 'c']) {
        assertWorks(await search(world, client, name), `${what}: on ${name}`);
      }
      await bystanderIsWell(what);
    });
    assert.ok(killed.before >= 2 && killed.after >= 2, JSON.stringify(killed));
  });

  test('of a tool call while it waits for Google', { timeout: 120_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway, name: 'waiting' }).signIn();
    for (const moment of ['before', 'after']) {
      for (const nth of [1, 2]) {
        world.steerTo('a');
        const rule = world.googleProxy.add({ door: 'a', nth, drop: moment, ...(moment === 'before' ? { call: () => world.kill('a') } : { call_after: () => world.kill('a') }) });
        assertWorks(await persist(() => search(world, client)), `${moment} Google's answer ${nth}`);
        assert.equal(rule.applied, 1);
        world.googleProxy.remove(rule);
        await world.revive('a');
      }
    }
    world.steerTo();
    await assertWorksEverywhere(world, client);
  });

  test('real clients go on when the replica that served them is killed', { timeout: 180_000 }, async () => {
    const one = await new SdkV1Client({ gateway: world.gateway, name: 'one' }).connect();
    const two = await new SdkV2Client({ gateway: world.gateway, name: 'two' }).connect();
    const remote = new McpRemoteClient({ gateway: world.gateway, directory: join(world.directory, 'mcp-remote') });
    await remote.connect();
    const clients = [one, two, remote];
    clients.forEach((client) => world.atEnd(() => client.close()));
    for (const name of ['a', 'b', 'c']) {
      world.steerTo(name);
      for (const client of clients) await works(client);
      await world.kill(name);
      for (const client of clients) await works(client);
      await world.revive(name);
    }
    world.steerTo();
    assert.deepEqual([one.provider.signIns, two.provider.signIns, remote.signIns], [1, 1, 1], 'nobody signed in again');
  });

  test('all replicas at once: whoever had tokens has them still', { timeout: 60_000 }, async () => {
    await Promise.all(world.names.map((name) => world.kill(name)));
    assert.equal(outcomeOf(await whoami(world, bystander)).startsWith('503'), true, 'nobody is there');
    await Promise.all(world.names.map((name) => world.revive(name)));
    await assertWorksEverywhere(world, bystander);
    const renewed = await bystander.refresh();
    assert.equal(renewed.status, 200, renewed.text);
    bystander.tokens = renewed.json;
  });
});

describe('replicas come and go', () => {
  let world;
  let client;
  before(async () => {
    world = await Replicas.start();
    client = await new RawClient({ gateway: world.gateway }).signIn();
  }, { timeout: 120_000 });
  afterEach(async () => {
    world.steerTo();
    world.proxy.clear();
    world.googleProxy.clear();
    for (const name of world.names) {
      world.balancer.register(name);
      if (!world.get(name).running) await world.revive(name);
    }
  });
  after(() => world?.end());

  // As ECS does: out of the balancer, a moment for what is on its way, then SIGTERM.
  async function leave(name) {
    world.balancer.deregister(name);
    await sleep(200);
  }

  test('MR-03: one drains while the others serve: no request fails, streams end cleanly, exit code 0', { timeout: 90_000 }, async () => {
    const token = client.tokens.access_token;
    world.steerTo('a');
    const { sessionId } = await initialize(world.gateway, token);
    const stream = await openStream(world.gateway, token, sessionId);
    assert.equal(stream.status, 200);
    const rest = stream.rest();
    const held = world.googleProxy.add({ door: 'a', nth: 1, hold: 'before' });
    const slow = search(world, client);
    await until('a call waits for Google on a', () => held.holding === 1);
    world.steerTo();

    const outcomes = [];
    let running = true;
    const load = Array.from({ length: 6 }, async () => {
      while (running) outcomes.push(outcomeOf(await whoami(world, client)));
    });
    await until('the load runs', () => outcomes.length > 20);
    await leave('a');
    const gone = world.get('a').stop('SIGTERM');
    await sleep(500);
    held.release();
    assertWorks(await slow, 'the call under way');
    await rest; // throws if the stream was torn
    assert.deepEqual(await gone, { code: 0, signal: null });
    const soFar = outcomes.length;
    await until('the others go on', () => outcomes.length > soFar + 20);
    running = false;
    await Promise.all(load);
    assert.deepEqual(Object.keys(tally(outcomes)), ['works'], JSON.stringify(tally(outcomes)));
    const again = await openStream(world.gateway, token, sessionId);
    assert.equal(again.status, 200, 'the stream is opened on another replica');
    again.cut();
  });

  test('a rolling restart of all, under load, is not noticed', { timeout: 120_000 }, async () => {
    const outcomes = [];
    let running = true;
    const load = Array.from({ length: 4 }, async () => {
      while (running) outcomes.push(outcomeOf(await search(world, client)));
    });
    for (const name of world.names) {
      await leave(name);
      assert.deepEqual(await world.get(name).stop('SIGTERM'), { code: 0, signal: null });
      await world.revive(name);
      world.balancer.register(name);
    }
    running = false;
    await Promise.all(load);
    assert.ok(outcomes.length > 10);
    assert.deepEqual(Object.keys(tally(outcomes)), ['works'], JSON.stringify(tally(outcomes)));
  });

  const ready = async () => {
    const response = await fetch(`${world.get('a').adminUrl}/readyz`);
    return { status: response.status, parts: await response.json() };
  };
  for (const [part, rule] of [['key', { service: 'kms', status: 503 }], ['store', { service: 'dynamodb', status: 503 }]]) {
    test(`MR-10: without its ${part} a replica is alive but not ready, and gets well by itself`, { timeout: 90_000 }, async () => {
      const { pid } = world.get('a');
      world.proxy.add(rule);
      const sick = await until('it says that it is not ready', async () => {
        const answer = await ready();
        return answer.status === 503 && answer;
      }, 60);
      assert.notEqual(sick.parts[part], 'ok');
      assert.equal((await fetch(`${world.get('a').adminUrl}/livez`)).status, 200);
      assert.equal((await fetch(`${world.get('a').url}/healthz`)).status, 200, 'the balancer keeps it');
      world.proxy.clear();
      await until('it is ready again', async () => (await ready()).status === 200, 60);
      assert.equal(world.get('a').pid, pid);
      assert.ok(world.get('a').running);
    });
  }

  test('MR-16: HUP and PIPE are survived; INT, and TERM twice, end it without a crash', { timeout: 90_000 }, async () => {
    const gateway = world.get('a');
    const { pid } = gateway;
    for (const signal of ['SIGHUP', 'SIGPIPE']) {
      gateway.signal(signal);
      await sleep(200);
      assert.ok(gateway.running && gateway.pid === pid, `alive after ${signal}`);
      assertWorks(await whoami(world, client, 'a'), `serving after ${signal}`);
    }
    assert.deepEqual(await gateway.stop('SIGINT'), { code: 0, signal: null });
    await world.revive('a');
    world.steerTo('a');
    const held = world.googleProxy.add({ door: 'a', nth: 1, hold: 'before' });
    const slow = search(world, client).catch(() => undefined);
    await until('a call is under way', () => held.holding === 1);
    gateway.signal('SIGTERM');
    await sleep(200);
    const gone = gateway.stop('SIGTERM');
    held.release();
    await slow;
    assert.equal((await gone).signal, null, 'it left by itself');
  });
});
