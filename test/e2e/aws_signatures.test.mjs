// SPDX-License-Identifier: Apache-2.0
//
// Signature Version 4 against botocore: every request that the gateway sent is signed again by it and must come out the same; and a
// wrong clock is put right once, and reported when that does not help.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { until } from './lib/child.mjs';
import { assertLater, assertWorks, outcomeOf, search, whoami } from './lib/outcomes.mjs';
import { runPython } from './lib/python.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';

const signedAgain = (captured, credentials) => runPython('resign.py', [], { input: [{ credentials }, ...captured].map((line) => `${JSON.stringify(line)}\n`).join('') });
const signedOnly = (captured) => captured.filter(({ headers }) => headers.some(([name]) => name.toLowerCase() === 'authorization'));

async function everything(world) {
  await world.cool('a');
  const client = await new RawClient({ gateway: world.gateway, name: 'ünïcode ☃ client' }).signIn();
  client.tokens = (await client.refresh()).json;
  assertWorks(await search(world, client));
  await world.google.expire();
  assertWorks(await search(world, client));
  assert.equal((await client.revoke()).status, 200);
}

function assertSame(answers, temporary) {
  assert.ok(answers.length > 15, `${answers.length} requests`);
  assert.deepEqual(answers.filter(({ differences }) => differences.length), []);
  assert.deepEqual(answers.filter(({ unsigned }) => unsigned.length), [], 'host, content type and everything of AWS is signed');
  assert.ok(answers.every((answer) => answer.temporary === temporary));
  for (const service of ['dynamodb', 'kms']) assert.ok(answers.some((answer) => answer.service === service), service);
  const operations = new Set(answers.map(({ target }) => target.split('.')[1]));
  for (const operation of ['PutItem', 'Decrypt']) assert.ok(operations.has(operation), `${operation} among ${[...operations]}`);
}

describe('ST-14: signed again by botocore', () => {
  test('ST-14: with long-lived keys', { timeout: 120_000 }, async () => {
    const world = await Replicas.start({ names: ['a'] });
    try {
      world.proxy.capturing = true;
      await everything(world);
      const own = world.cloud.identities.gatehouse;
      assertSame(await signedAgain(signedOnly(world.proxy.captured), { [own.access_key_id]: own }), false);
    } finally {
      await world.end();
    }
  });

  test('ST-14: with temporary ones and their session token', { timeout: 120_000 }, async () => {
    const world = await Replicas.start({ names: ['a'] });
    try {
      const lent = await world.cloud.lend('gatehouse');
      await world.get('a').stop();
      Object.assign(world.get('a').settings, { AWS_ACCESS_KEY_ID: lent.access_key_id, AWS_SECRET_ACCESS_KEY: lent.secret_access_key, AWS_SESSION_TOKEN: lent.session_token });
      world.proxy.capturing = true;
      await everything(world);
      assertSame(await signedAgain(signedOnly(world.proxy.captured), { [lent.access_key_id]: lent }), true);
      assert.ok(!world.log.includes(lent.session_token) && !world.log.includes(lent.secret_access_key), 'neither is logged');
    } finally {
      await world.end();
    }
  });

  test('ST-14: STS too, for a role of the profile', { timeout: 120_000 }, async () => {
    const world = await Replicas.start({ names: ['a'] });
    try {
      const gateway = world.get('a');
      const own = world.cloud.identities.gatehouse;
      await gateway.stop();
      const folder = join(gateway.directory, '.aws');
      mkdirSync(folder, { mode: 0o700 });
      const role = `arn:aws:iam::${world.cloud.key.split(':')[4]}:role/gatehouse`;
      writeFileSync(join(folder, 'config'), `[profile base]\naws_access_key_id = ${own.access_key_id}\naws_secret_access_key = ${own.secret_access_key}\n
[profile gate]\nrole_arn = ${role}\nsource_profile = base\nrole_session_name = odd+name=with,marks.@-_\nexternal_id = a/b:c=d+e@f\n`, { mode: 0o600 });
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete gateway.settings[name];
      gateway.settings.AWS_PROFILE = 'gate';
      world.proxy.capturing = true;
      await gateway.start();
      const client = await new RawClient({ gateway: world.gateway }).signIn();
      assertWorks(await whoami(world, client));
      const assumed = signedOnly(world.proxy.captured).filter(({ headers }) => headers.some(([, value]) => /\/sts\/aws4_request/.test(value)));
      assert.ok(assumed.length > 0, 'the role was assumed');
      const answers = await signedAgain(assumed, { [own.access_key_id]: own });
      assert.equal(answers.length, assumed.length);
      assert.deepEqual(answers.filter(({ differences, unsigned }) => differences.length || unsigned.length), []);
    } finally {
      await world.end();
    }
  });

  test('ST-14: the maintenance commands too', { timeout: 120_000 }, async () => {
    const world = await Replicas.start({ names: ['a'], serving: false });
    try {
      world.proxy.capturing = true;
      await world.init();
      const own = world.cloud.identities.maintenance;
      const answers = await signedAgain(signedOnly(world.proxy.captured), { [own.access_key_id]: own });
      assert.ok(answers.some(({ target }) => target.endsWith('.CreateTable')));
      assert.deepEqual(answers.filter(({ differences, unsigned }) => differences.length || unsigned.length), []);
    } finally {
      await world.end();
    }
  });
});

describe('a wrong clock', () => {
  let world;
  before(async () => { world = await Replicas.start({ names: ['a'], wallClock: true }); }, { timeout: 120_000 });
  afterEach(async () => {
    world.proxy.clear();
    world.time.shift(0);
    await world.cloud.clear();
  });
  after(() => world?.end());

  // How often AWS said that the time was wrong.
  const refusals = async () => (await world.cloud.log()).filter(({ error }) => error === 'InvalidSignatureException').length;

  for (const minutes of [20, -20, 24 * 60]) {
    test(`${Math.abs(minutes)} minutes ${minutes > 0 ? 'fast' : 'slow'} it is corrected once per service, and all works`, { timeout: 90_000 }, async () => {
      world.time.shift(minutes * 60); // the gateway and Google; AWS has the right time
      await world.cool('a');
      const client = await new RawClient({ gateway: world.gateway }).signIn();
      for (let n = 0; n < 10; n += 1) assertWorks(await search(world, client), `call ${n}`);
      const refused = await refusals();
      assert.ok(refused >= 1 && refused <= 2, `AWS pointed it out ${refused} times, once for each service`);
    });
  }

  test('a clock that begins to be wrong while serving is corrected too', { timeout: 90_000 }, async () => {
    await world.cool('a');
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    assertWorks(await search(world, client));
    await world.cloud.set({ clock_offset: 1200 }); // the same as a gateway that is twenty minutes slow
    for (let n = 0; n < 10; n += 1) assertWorks(await search(world, client), `call ${n}`);
    assert.ok((await refusals()) <= 2);
  });

  test('when the correction does not help, it asks no third time but reports the clock', { timeout: 90_000 }, async () => {
    await world.cool('a');
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    assertWorks(await whoami(world, client));
    const rule = world.proxy.add({ service: 'dynamodb', error: { type: 'InvalidSignatureException', status: 400, message: 'Signature expired: 20261125T120000Z is now earlier than 20261125T121500Z (20261125T122000Z - 5 min.)' } });
    assertLater(await whoami(world, client));
    assert.ok(rule.applied >= 1 && rule.applied <= 2, `${rule.applied} attempts`);
    await until('the log tells of it', () => world.linesOf('a').some((line) => ['error', 'warn'].includes(line.level) && /clock|Signature expired/i.test(JSON.stringify(line))));
    world.proxy.remove(rule);
    await until('it works again by itself', async () => outcomeOf(await whoami(world, client)) === 'works', 30);
  });
});
