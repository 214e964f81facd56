// SPDX-License-Identifier: Apache-2.0
//
// Time moves as the test says, for gateways, Google and AWS; timers run on. DynamoDB deletes nothing here by time to live, so whatever ends
// does so by the gateway's own judgement. (How long an opened data key serves is counted by the monotonic clock: data_keys_test.cc.)
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { FormBrowser } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { assertWorks, search, whoami } from './lib/outcomes.mjs';
import { initialize } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';

const [minute, day] = [60, 86_400];

describe('jumps', () => {
  let world;
  before(async () => { world = await Replicas.start({ names: ['a', 'b'], wallClock: true }); }, { timeout: 120_000 });
  afterEach(async () => {
    world.proxy.clear();
    world.googleProxy.clear();
    await world.jump(0);
  });
  after(() => world?.end());

  test('TM-01: renewed every day a session lives for seven days, and then all of it ends, on every replica, with its rows still there', { timeout: 180_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    const browser = new FormBrowser();
    await browser.visit(`${world.gateway.url}/login`);
    for (let passed = 1; passed <= 6; passed += 1) {
      await world.jump(passed * day);
      assert.equal((await whoami(world, client)).status, 401, 'the access token of yesterday has ended');
      const renewed = await client.refresh();
      assert.equal(renewed.status, 200, `day ${passed}: ${renewed.text}`);
      client.tokens = renewed.json;
      assertWorks(await search(world, client), `day ${passed}`);
    }
    await world.jump(7 * day - 2 * minute);
    const last = await client.refresh();
    assert.equal(last.status, 200, last.text);
    client.tokens = last.json;
    assert.ok(last.json.expires_in <= 2 * minute, `the last access token does not outlive the session: ${last.json.expires_in} s`);
    assertWorks(await whoami(world, client), 'two minutes before the end');
    assert.match((await browser.visit(`${world.gateway.url}/account`)).text, /alice@acme\.example/);

    await world.jump(7 * day + 5);
    for (const name of world.names) {
      assert.equal((await whoami(world, client, name)).status, 401, `the access token on ${name}`);
      assert.equal((await client.refresh(undefined, name)).json?.error, 'invalid_grant', `the refresh token on ${name}`);
    }
    world.steerTo();
    await world.google.set({ auto_login: null });
    assert.doesNotMatch((await browser.visit(`${world.gateway.url}/account`)).text, /alice@acme\.example.*sign out/is, 'the browser is signed out');
    await world.google.set({ auto_login: 'alice@acme.example' });
    const rows = (await world.table.rows()).filter(({ sessionId }) => sessionId.S.startsWith('GRANT#'));
    assert.ok(rows.length > 0, 'the row is there still: it ended by the clock');
    const again = await new RawClient({ gateway: world.gateway }).signIn();
    assertWorks(await search(world, again), 'one new sign-in is enough');
  });

  test('TM-01: an MCP session does not outlive it either', { timeout: 60_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    const { sessionId } = await initialize(world.gateway, client.tokens.access_token);
    assert.ok(sessionId);
    await world.jump(7 * day + 5);
    const late = await initialize(world.gateway, client.tokens.access_token);
    assert.equal(late.status, 401);
  });

  for (const [what, seconds] of [['ten minutes ahead', 10 * minute], ['ten minutes back', -10 * minute], ['half an hour ahead', 30 * minute]]) {
    test(`TM-05: the clock jumps ${what} while calls wait for DynamoDB, KMS and Google: none hangs, none gives up at once`, { timeout: 120_000 }, async () => {
      const client = await new RawClient({ gateway: world.gateway }).signIn();
      const waits = [
        [world.googleProxy, { door: 'a', nth: 1, hold: 'before' }, false], [world.proxy, { door: 'a', service: 'dynamodb', nth: 1, hold: 'before' }, false], [world.proxy, { door: 'a', service: 'kms', nth: 1, hold: 'before' }, true],
      ];
      for (const [proxy, rule, cold] of waits) {
        await world.jump(0);
        if (cold) await world.cool('a');
        world.steerTo('a');
        if (!cold) assertWorks(await search(world, client), 'before');
        const held = proxy.add(rule);
        let over = false;
        const call = search(world, client).finally(() => { over = true; });
        await until('the call waits', () => held.holding === 1);
        world.time.shift(seconds);
        await new Promise((resolve) => setTimeout(resolve, 300));
        assert.equal(over, false, 'it waits on');
        held.release();
        assertWorks(await call, JSON.stringify(rule));
        proxy.remove(held);
        assertWorks(await search(world, client), 'and so does the next');
      }
      world.steerTo();
    });
  }

  test('TM-05: a clock that was put back extends nothing', { timeout: 60_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    await world.jump(-2 * minute);
    const renewed = await client.refresh();
    assert.ok([200, 503].includes(renewed.status), renewed.text);
    if (renewed.status === 200) client.tokens = renewed.json;
    await world.jump(7 * day + 5);
    assert.equal((await whoami(world, client)).status, 401);
    assert.equal((await client.refresh()).json?.error, 'invalid_grant');
  });
});

describe('the very second', () => {
  let world;
  const start = Math.floor(Date.now() / 1000);
  before(async () => { world = await Replicas.start({ names: ['a', 'b'], wallClock: true }); }, { timeout: 120_000 });
  after(() => world?.end());

  // Everyone's clock stands still at this second.
  async function standAt(second) {
    world.time.freeze(second);
    await world.cloud.set({ clock_offset: second - Math.floor(Date.now() / 1000) });
  }

  test('TM-06: an access token works one second before its end and is refused in that second', { timeout: 60_000 }, async () => {
    await standAt(start);
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    const end = start + client.tokens.expires_in;
    await standAt(end - 1);
    for (const name of world.names) {
      assertWorks(await whoami(world, client, name), `one second before, on ${name}`);
    }
    await standAt(end);
    for (const name of world.names) {
      assert.equal((await whoami(world, client, name)).status, 401, `in the second of its end, on ${name}`);
    }
  });

  test('TM-06: a session ends in the second seven days after the sign-in', { timeout: 60_000 }, async () => {
    await standAt(start);
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    await standAt(start + 7 * day - 1);
    const last = await client.refresh();
    assert.equal(last.status, 200, last.text);
    assert.equal(last.json.expires_in, 1, 'its access token ends with it');
    await standAt(start + 7 * day);
    assert.equal((await client.refresh(last.json.refresh_token)).json?.error, 'invalid_grant');
    client.tokens = last.json;
    assert.equal((await whoami(world, client)).status, 401);
  });

  test('TM-06: a code is refused in the second of its end', { timeout: 60_000 }, async () => {
    const codeSeconds = 60;
    for (const [second, status] of [[codeSeconds - 1, 200], [codeSeconds, 400]]) {
      await standAt(start);
      const client = new RawClient({ gateway: world.gateway });
      await client.register();
      const code = await client.consent();
      await standAt(start + second);
      const answer = await client.redeem(code);
      assert.equal(answer.status, status, `after ${second} s: ${answer.text}`);
      if (status === 400) assert.equal(answer.json.error, 'invalid_grant');
    }
  });
});
