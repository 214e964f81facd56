// SPDX-License-Identifier: Apache-2.0
//
// DynamoDB and KMS throttled, slow, failing before and after they did what was asked, garbled, disabled, denied: what can go on goes on,
// the rest is told to come back, nothing is deleted, nobody is told to sign in, and all is well once they are.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FormBrowser } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { assertLater, assertWorks, outcomeOf, search, whoami } from './lib/outcomes.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';

let world;
let client;

const grantsIn = async () => (await world.table.rows()).map(({ sessionId }) => sessionId.S).filter((key) => key.startsWith('GRANT#')).sort();

// What a trouble that passes may do to a request: nothing, or a request to come back.
function assertPassing(answers, what) {
  const outcomes = answers.map(outcomeOf);
  assert.deepEqual(outcomes.filter((outcome) => !['works', 'later'].includes(outcome)), [], what);
  return outcomes;
}

// A renewal in the same terms.
async function assertRenewsOrLater(what) {
  const answer = await client.refresh();
  if (answer.status === 200) {
    client.tokens = answer.json;
    return;
  }
  assertLater(answer, what);
  assert.ok(answer.json?.error && !/invalid/.test(answer.json.error), `${what}: ${answer.text}`);
}

async function sessionsHold() {
  world.proxy.clear();
  for (const name of world.names) {
    const answer = await until('a call works again', async () => {
      const tried = await search(world, client, name);
      return outcomeOf(tried) === 'later' ? undefined : tried;
    }, 30);
    assertWorks(answer, `with the trouble over, on ${name}`);
  }
  const renewed = await client.refresh();
  assert.equal(renewed.status, 200, `and the refresh token renews: ${renewed.text}`);
  client.tokens = renewed.json;
}

const begin = async (options) => {
  world = await Replicas.start(options);
  client = await new RawClient({ gateway: world.gateway }).signIn();
  assertWorks(await search(world, client));
};
async function atRest() {
  world.proxy.clear();
  world.steerTo();
  await world.cloud.clear();
  await world.cloud.setKey('Enabled');
}

describe('KMS in trouble', () => {
  before(() => begin({ names: ['a', 'b'] }), { timeout: 120_000 });
  afterEach(atRest);
  after(() => world?.end());

  test('ST-01: a third of its calls throttled: answers, or 503 with Retry-After', { timeout: 180_000 }, async () => {
    const throttle = { service: 'kms', percent: 30, throttle: 'ThrottlingException' };
    const rule = world.proxy.add({ ...throttle, seed: 11 });
    for (let n = 0; n < 4; n += 1) {
      await world.kill('a');
      // A replica that starts in the middle of it gets up, sooner or later.
      await until('the replica starts', () => world.revive('a').then(() => true, () => false), 60);
      world.steerTo('a');
      assertPassing(await Promise.all([search(world, client), whoami(world, client), search(world, client)]), `start ${n}`);
      await assertRenewsOrLater(`renewal ${n}`);
    }
    assert.ok(rule.applied > 0, 'calls were throttled');
    world.steerTo();
    await sessionsHold();
  });

  const outages = [
    ['answers 503', { service: 'kms', status: 503 }],
    ['drops connections', { service: 'kms', drop: 'before' }],
    ['throttles everything', { service: 'kms', throttle: 'ThrottlingException' }],
    ['fails inside', { service: 'kms', error: { type: 'KMSInternalException', status: 500 } }],
    ['never answers', { service: 'kms', hold: 'before' }],
    ['has a dependency that times out', { service: 'kms', error: { type: 'DependencyTimeoutException', status: 503 } }],
  ];
  for (const [what, rule] of outages) {
    test(`ST-02: KMS ${what}: warm sessions go on, cold ones get 503 with Retry-After, nothing is deleted, no restart is needed`, { timeout: 180_000 }, async () => {
      const kept = await grantsIn();
      world.steerTo('a');
      assertWorks(await search(world, client), 'warm on a');
      await world.cool('b');
      const { pid } = world.get('b');
      world.proxy.add(rule);
      for (let n = 0; n < 5; n += 1) assertWorks(await search(world, client), 'still on a');
      await world.google.expire();
      assertWorks(await search(world, client), 'with a renewal at Google, which is written with the key at hand');
      world.steerTo('b');
      assertLater(await search(world, client), 'the cold one');
      await assertRenewsOrLater('a renewal on the cold one');
      assert.deepEqual(await grantsIn(), kept);
      await sessionsHold();
      assert.equal(world.get('b').pid, pid, 'the same process');
    });
  }

  const terminal = [
    ['disabled', () => world.cloud.setKey('Disabled'), () => world.cloud.setKey('Enabled'), /DisabledException/],
    ['about to be deleted', () => world.cloud.setKey('PendingDeletion'), () => world.cloud.setKey('Enabled'), /KMSInvalidStateException/],
    ['denied', () => world.cloud.deny('gatehouse', 'kms:*'), () => world.cloud.deny('gatehouse'), /AccessDeniedException/],
  ];
  for (const [what, break_, mend, cause] of terminal) {
    test(`ST-18: the key is ${what}: cold calls fail closed with 503, the log names the cause once, nothing is deleted, mending is enough`, { timeout: 180_000 }, async () => {
      const kept = await grantsIn();
      world.steerTo('a');
      assertWorks(await search(world, client), 'warm on a');
      await world.cool('b');
      const { pid } = world.get('b');
      const earlier = world.linesOf('b').length;
      await break_();
      for (let n = 0; n < 3; n += 1) assertWorks(await search(world, client), 'warm sessions go on');
      world.steerTo('b');
      for (let n = 0; n < 6; n += 1) assertLater(await search(world, client), 'the cold one');
      const naming = () => world.linesOf('b').slice(earlier).filter((line) => ['error', 'warn'].includes(line.level) && cause.test(JSON.stringify(line)));
      await until('the log names the cause', () => naming().length > 0);
      await sleep(300);
      const named = naming();
      assert.equal(named.length, 1, `named once, not with every call: ${JSON.stringify(named, null, 1)}`);
      assert.deepEqual(await grantsIn(), kept);
      await mend();
      await sessionsHold();
      assert.equal(world.get('b').pid, pid);
    });
  }
});

describe('a replica that has opened but never sealed', () => {
  before(() => begin({ names: ['a', 'b'] }), { timeout: 120_000 });
  afterEach(atRest);
  after(() => world?.end());

  // Reading works, the first write needs a data key of its own: that must not look like a session that is gone.
  const troubles = [
    ['ST-18: with the key disabled', () => world.cloud.setKey('Disabled')], ['ST-18: with the key about to be deleted', () => world.cloud.setKey('PendingDeletion')],
    ['ST-18: with GenerateDataKey denied', () => world.cloud.deny('gatehouse', 'kms:GenerateDataKey')], ['ST-02: with KMS away', () => world.proxy.add({ service: 'kms', status: 503 })],
  ];
  for (const [what, break_] of troubles) {
    test(`${what} it goes on reading, and asks to come back for what it would have to write`, { timeout: 120_000 }, async () => {
      const kept = await grantsIn();
      await world.cool('b');
      world.steerTo('b');
      assertWorks(await search(world, client), 'opened');
      await break_();
      assertWorks(await search(world, client), 'reading');
      await world.google.expire();
      assert.equal(outcomeOf(await search(world, client)), 'later', 'a call that must renew Google\'s token');
      await assertRenewsOrLater('a renewal');
      assertLater(await new RawClient({ gateway: world.gateway }).register(), 'a registration');
      assert.deepEqual(await grantsIn(), kept);
      await world.cloud.clear();
      await world.cloud.setKey('Enabled');
      world.steerTo();
      await sessionsHold();
    });
  }
});

describe('DynamoDB in trouble', () => {
  before(() => begin({ names: ['a', 'b'] }), { timeout: 120_000 });
  afterEach(atRest);
  after(() => world?.end());

  const shares = [
    ['throttled', { throttle: 'ProvisionedThroughputExceededException' }], ['throttled by request rate', { throttle: 'ThrottlingException' }],
    ['failing inside', { error: { type: 'InternalServerError', status: 500 } }], ['unavailable', { status: 503 }],
    ['dropped before they happen', { drop: 'before' }], ['answered into the void', { drop: 'after' }],
  ];
  for (const [n, [what, action]] of shares.entries()) {
    test(`ST-03: a third of its calls ${what}: whoever tries again gets everything done`, { timeout: 180_000 }, async () => {
      const rule = world.proxy.add({ service: 'dynamodb', percent: 30, seed: 100 + n, ...action });
      for (let round = 0; round < 3; round += 1) {
        assertPassing(await Promise.all(Array.from({ length: 4 }, () => search(world, client))), `round ${round}`);
        await assertRenewsOrLater(`renewal ${round}`);
      }
      assert.ok(rule.applied > 0);
      await sessionsHold();
    });
  }

  const outages = [['answers 503', { status: 503 }], ['throttles everything', { throttle: 'ProvisionedThroughputExceededException' }], ['drops connections', { drop: 'before' }], ['never answers', { hold: 'before' }]];
  for (const [what, action] of outages) {
    test(`ST-03: DynamoDB ${what}: everything gets 503 with Retry-After, no token is called invalid, and it recovers alone`, { timeout: 180_000 }, async () => {
      const kept = await grantsIn();
      world.proxy.add({ service: 'dynamodb', ...action });
      const [call, renewal, registration, revocation] = await Promise.all([search(world, client), client.refresh(), new RawClient({ gateway: world.gateway }).register(), client.revoke(client.tokens.access_token)]);
      assertLater(call, 'a tool call');
      assertLater(renewal, 'a renewal');
      assertLater(registration, 'a registration');
      assertLater(revocation, 'a revocation');
      const page = await new FormBrowser({ headers: client.headers }).visit(client.begin());
      assert.equal(page.status, 503, 'a page says so');
      world.proxy.clear();
      assert.deepEqual(await grantsIn(), kept);
      await sessionsHold();
    });
  }

  const garbled = [['cut short', { truncate: true }], ['broken off', { truncate: 'cut' }], ['with a wrong checksum', { wrong_crc32: true }], ['called text/html', { content_type: 'text/html' }]];
  for (const [what, action] of garbled) {
    for (const service of ['dynamodb', 'kms']) {
      if (service === 'kms' && action.wrong_crc32) continue; // KMS sends none
      test(`ST-05: an answer of ${service} ${what} is no answer: once it is asked again, for good it is 503`, { timeout: 120_000 }, async () => {
        if (service === 'kms') await world.cool('b');
        world.steerTo('b');
        const once = world.proxy.add({ service, door: 'b', times: 1, ...action });
        assertWorks(await search(world, client), 'one garbled answer');
        assert.equal(once.applied, 1);
        world.proxy.remove(once);
        if (service === 'kms') await world.cool('b');
        world.proxy.add({ service, door: 'b', ...action });
        // A label alone may be ignored, as AWS's own SDKs do; then all works.
        const answer = await search(world, client);
        if (action.content_type) assertPassing([answer]);
        else assertLater(answer, 'garbled for good');
        await sessionsHold();
      });
    }
  }

  test('ST-03: slow answers delay and lose nothing', { timeout: 120_000 }, async () => {
    world.proxy.add({ service: 'dynamodb', delay_ms: 400 });
    assertPassing(await Promise.all(Array.from({ length: 6 }, () => whoami(world, client))));
    await sessionsHold();
  });
});

// Loses the answer of the first, second, third ... write of a flow that DynamoDB carried out; once, and then every time from there on.
describe('answers lost after the write', () => {
  before(() => begin({ names: ['a', 'b'] }), { timeout: 120_000 });
  afterEach(atRest);
  after(() => world?.end());

  const writes = ['PutItem', 'UpdateItem', 'DeleteItem'];
  async function sweep(flow, afterLasting) {
    let met = 0;
    for (const lasting of [false, true]) {
      for (let nth = 1; ; nth += 1) {
        assert.ok(nth < 40, 'a flow ends');
        const what = `answer ${nth} lost ${lasting ? 'and all after it' : 'once'}`;
        const rule = world.proxy.add({ service: 'dynamodb', operation: writes, drop: 'after', ...(lasting ? { from: nth } : { nth }) });
        const state = await flow(what, lasting, rule);
        world.proxy.remove(rule);
        if (rule.applied === 0) break;
        met += 1;
        if (lasting) await afterLasting(what, state);
      }
    }
    return met;
  }
  const newClient = () => new RawClient({ gateway: world.gateway, name: 'swept' });

  test('of a sign-in: a write is known again as one\'s own, nobody notices; when all are lost the person starts again and gets in', { timeout: 600_000 }, async () => {
    const met = await sweep(async (what, lasting) => {
      const one = newClient();
      const made = await one.register();
      if (lasting && made.status === 503) return one;
      assert.equal(made.status, 201, `${what}: ${made.text}`);
      const code = await one.consent().catch((error) => assert.ok(lasting, `${what}: ${error.message}`));
      if (lasting && !code) return one;
      assert.ok(code, `${what}: ${one.page?.status} ${one.page?.url}`);
      const answer = await one.redeem(code);
      if (lasting && answer.status === 503) return one;
      assert.equal(answer.status, 200, `${what}: ${answer.text}`);
      one.tokens = answer.json;
      assertWorks(await whoami(world, one), what);
      return one;
    }, async (what, one) => {
      const again = one.tokens ? one : await newClient().signIn();
      assertWorks(await whoami(world, again), `${what}: afterwards`);
    });
    assert.ok(met >= 4, `${met} writes`);
    await sessionsHold();
  });

  test('of a redemption: one code gives one pair of tokens', { timeout: 300_000 }, async () => {
    const met = await sweep(async (what, lasting, rule) => {
      world.proxy.remove(rule);
      const one = newClient();
      await one.register();
      const code = await one.consent();
      const again = world.proxy.add({ service: 'dynamodb', operation: writes, drop: 'after', ...(lasting ? { from: rule.from } : { nth: rule.nth }) });
      const answer = await one.redeem(code);
      rule.applied = again.applied;
      world.proxy.remove(again);
      if (lasting && answer.status !== 200) assertLater(answer, what);
      else assert.equal(answer.status, 200, `${what}: ${answer.text}`);
      const second = await one.redeem(code);
      assert.notEqual(second.status === 200 && answer.status === 200, true, `${what}: the code worked twice`);
      return one;
    }, async () => {});
    assert.ok(met >= 1, `${met} writes`);
  });

  test('of a renewal: the successor is the same whoever asks again', { timeout: 300_000 }, async () => {
    const one = await newClient().signIn();
    const met = await sweep(async (what, lasting) => {
      const before = one.tokens.refresh_token;
      const answer = await one.refresh(before);
      if (lasting && answer.status !== 200) {
        assertLater(answer, what);
        return { before };
      }
      assert.equal(answer.status, 200, `${what}: ${answer.text}`);
      one.tokens = answer.json;
      assertWorks(await whoami(world, one), what);
      return { before, successor: answer.json.refresh_token };
    }, async (what, { before, successor }) => {
      const again = await one.refresh(before);
      assert.equal(again.status, 200, `${what}: ${again.text}`);
      if (successor) assert.equal(again.json.refresh_token, successor, what);
      one.tokens = again.json;
      assertWorks(await whoami(world, one), what);
    });
    assert.ok(met >= 1, `${met} writes`);
  });

  test('of a renewal of Google\'s token during a call: the call is answered, the newest token is kept', { timeout: 300_000 }, async () => {
    const met = await sweep(async (what, lasting) => {
      await world.google.expire();
      const answer = await search(world, client);
      if (lasting) assertPassing([answer], what);
      else assertWorks(answer, what);
    }, async (what) => assertWorks(await search(world, client), `${what}: afterwards`));
    assert.ok(met >= 1, `${met} writes`);
    await sessionsHold();
  });

  test('of a sign-out: it is the end all the same, and nothing brings it back', { timeout: 300_000 }, async () => {
    const met = await sweep(async (what, lasting, rule) => {
      world.proxy.remove(rule);
      const one = await newClient().signIn();
      const again = world.proxy.add({ service: 'dynamodb', operation: writes, drop: 'after', ...(lasting ? { from: rule.from } : { nth: rule.nth }) });
      const answer = await one.revoke();
      rule.applied = again.applied;
      world.proxy.remove(again);
      if (answer.status === 503 && lasting) assert.equal((await one.revoke()).status, 200, `${what}: asked again`);
      else assert.equal(answer.status, 200, `${what}: ${answer.text}`);
      for (const name of world.names) {
        assert.equal((await whoami(world, one, name)).status, 401, `${what}: refused on ${name}`);
      }
      assert.equal((await one.refresh()).json?.error, 'invalid_grant', what);
    }, async () => {});
    assert.ok(met >= 1, `${met} writes`);
  });
});

describe('starting', () => {
  before(async () => { world = await Replicas.start({ names: ['a'], serving: false }); }, { timeout: 120_000 });
  afterEach(async () => {
    await world.get('a').stop('SIGKILL');
    await atRest();
  });
  after(() => world?.end());

  async function assertRefuses(env, ...words) {
    const gateway = world.get('a');
    const settings = { ...gateway.settings };
    Object.assign(gateway.settings, env);
    const before = gateway.log.length;
    // It may listen while it tries, so that a balancer sees it alive; what counts is that it gives up.
    await gateway.start().catch(() => {});
    await until('the gateway gives up', () => !gateway.running, 40).finally(() => { gateway.settings = settings; });
    const { code, signal } = await gateway.stop('SIGKILL');
    assert.equal(signal, null);
    assert.notEqual(code, 0);
    for (const word of words) assert.match(gateway.log.slice(before), word);
  }

  test('ST-11: without the table it refuses and says what to do', { timeout: 60_000 }, () => assertRefuses({}, /gatehouse/, /ResourceNotFoundException|no (such )?table|does not exist/i, /store init/));

  test('ST-11: with the table it starts', { timeout: 60_000 }, async () => {
    await world.init();
    await world.get('a').start();
  });

  const wrong = {
    'without permission': async () => assertRefuses(await world.awsEnvironment('stranger', { role: 'stranger' }), /AccessDenied|not authorized/),
    'in the wrong region': () => assertRefuses({ AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' }, /ResourceNotFoundException|table|region|Invalid arn/i),
    'with a wrong secret': () => assertRefuses({ AWS_SECRET_ACCESS_KEY: 'wrong' }, /InvalidSignatureException|signature/i),
    'with an unknown key id': () => assertRefuses({ AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN000000000' }, /UnrecognizedClientException|security token/),
    'without credentials': () => assertRefuses({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, /credentials/i),
    'with a KMS key that does not exist': () => assertRefuses({ GATEHOUSE_KEY: `kms:${world.cloud.key.replace(/key\/.*/, 'key/00000000-0000-0000-0000-000000000000')}` }, /NotFoundException|does not exist/),
    'with a disabled KMS key': async () => {
      await world.cloud.setKey('Disabled');
      await assertRefuses({}, /DisabledException|disabled/);
    },
  };
  for (const [how, attempt] of Object.entries(wrong)) test(`ST-11: ${how} it refuses to start and says why`, { timeout: 60_000 }, attempt);
});

describe('credentials that end', () => {
  const askedFor = async () => (await world.cloud.log()).filter(({ service }) => service === 'credentials').length;
  before(async () => {
    world = await Replicas.start({ names: ['a', 'b'], credentials: 'container' });
    client = await new RawClient({ gateway: world.gateway }).signIn();
  }, { timeout: 120_000 });
  afterEach(atRest);
  after(() => world?.end());

  test('ST-12: they are renewed ahead of their end, and nobody notices', { timeout: 120_000 }, async () => {
    await world.cloud.set({ credential_seconds: 320 }); // due five minutes before the end
    await world.cool('a');
    await world.cool('b');
    const first = await askedFor();
    await until('the source is asked again', async () => {
      assertWorks(await whoami(world, client));
      return (await askedFor()) >= first + 2;
    }, 60);
    assert.deepEqual((await world.cloud.log()).filter(({ error }) => /Expired|Unrecognized|InvalidSignature/.test(error ?? '')), []);
  });

  test('ST-12: while the source is slow or down, the old ones serve to their end', { timeout: 120_000 }, async () => {
    await world.cloud.set({ credential_seconds: 303 });
    await world.cool('a');
    world.steerTo('a');
    assertWorks(await whoami(world, client));
    for (const trouble of [{ credential_status: 503 }, { credential_status: 0, credential_delay_ms: 1500 }]) {
      await world.cloud.set(trouble);
      const end = Date.now() + 6_000;
      while (Date.now() < end) {
        assertWorks(await whoami(world, client), JSON.stringify(trouble));
        await sleep(200);
      }
    }
  });

  test('ST-12: credentials that ended early are fetched anew; with the source down too it is 503, and it recovers alone', { timeout: 120_000 }, async () => {
    assertWorks(await whoami(world, client));
    await world.cloud.revoke('gatehouse');
    assertWorks(await whoami(world, client), 'fetched anew');
    await world.cloud.set({ credential_status: 500 });
    await world.cloud.revoke('gatehouse');
    assertLater(await whoami(world, client), 'with no credentials to be had');
    await world.cloud.set({ credential_status: 0 });
    await until('it works again', async () => outcomeOf(await whoami(world, client)) === 'works', 40);
    await sessionsHold();
  });
});
