// SPDX-License-Identifier: Apache-2.0
//
// What operators do while people work: see and end sessions, move to another key, ask the doctor. On one machine and on AWS.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, utimesSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Child } from './lib/child.mjs';
import { gatewayBinary } from './lib/gateway.mjs';
import { assertWorks, whoami } from './lib/outcomes.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';
import { World } from './lib/world.mjs';
import { documented } from '../documented.mjs';

// Runs a command on one machine, with the settings of the gateway that serves there.
async function command(world, args) {
  const child = new Child(gatewayBinary(), args, { env: world.gateway.settings });
  const how = await child.gone;
  return { ...how, output: child.output, errors: child.errors };
}

const at = (world) => ({ at: () => world.gateway });

describe('on one machine', () => {
  let world;
  before(async () => {
    world = await World.start();
    await world.google.set({ auto_login: 'alice@acme.example' });
  }, { timeout: 60_000 });
  after(() => world?.end());

  const signIn = () => new RawClient({ gateway: world.gateway }).signIn();
  const list = async () => JSON.parse((await command(world, ['sessions', 'list', '--json'])).output);

  test('sessions are listed without naming anybody, and ended one by one', { timeout: 60_000 }, async () => {
    const first = await signIn();
    const second = await signIn();
    const table = await command(world, ['sessions', 'list']);
    assert.equal(table.code, 0, table.errors);
    assert.match(table.output, /2 sessions/);
    assert.doesNotMatch(table.output, /alice|acme/);
    const sessions = await list();
    const ended = await command(world, ['sessions', 'revoke', '--grant', sessions[0].grant]);
    assert.equal(ended.code, 0, ended.errors);
    const statuses = [(await whoami(at(world), first)).status, (await whoami(at(world), second)).status];
    assert.deepEqual(statuses.sort(), [200, 401]);
    assert.equal((await list()).length, 1);
  });

  test('everything of a person ends by the hash, and everything of everybody at once', { timeout: 60_000 }, async () => {
    for (const choose of [(hash) => ['--user', hash.slice(0, 12)], () => ['--all']]) {
      const client = await signIn();
      assertWorks(await whoami(at(world), client));
      const [{ user }] = await list();
      const ended = await command(world, ['sessions', 'revoke', ...choose(user)]);
      assert.equal(ended.code, 0, ended.errors);
      assert.equal((await whoami(at(world), client)).status, 401);
      assert.equal((await client.refresh()).json?.error, 'invalid_grant');
      // A session made in the same second as the end belongs to the time after it.
      await new Promise((resolve) => setTimeout(resolve, 1100));
    }
  });

  test('mistakes are told, and end nothing', { timeout: 60_000 }, async () => {
    const client = await signIn();
    for (const args of [['--grant', 'AAAAAAAAAAAAAAAAAAAAAA'], ['--grant', 'nonsense'], ['--user', 'short'], ['--user', 'nobody_has_this_hash'], []]) {
      const refused = await command(world, ['sessions', 'revoke', ...args]);
      assert.notEqual(refused.code, 0, args.join(' '));
      assert.ok((refused.errors + refused.output).length > 20, args.join(' '));
    }
    assertWorks(await whoami(at(world), client));
  });

  test('the master key changes while serving, and everyone goes on', { timeout: 60_000 }, async () => {
    const client = await signIn();
    const keyFile = world.gateway.settings.GATEHOUSE_KEY.replace('file:', '');
    const masters = () => readFileSync(keyFile, 'utf8').split('\n').filter((line) => line.startsWith('master '));
    assert.equal(masters().length, 1);

    const begun = await command(world, ['keys', 'rotate']);
    assert.equal(begun.code, 0, begun.errors);
    assert.match(begun.output, /wrapped anew/);
    assert.equal(masters().length, 2);
    assertWorks(await whoami(at(world), client));
    client.tokens = (await client.refresh()).json;
    assertWorks(await whoami(at(world), client));

    const early = await command(world, ['keys', 'rotate', '--finish']);
    assert.equal(early.code, 1);
    assert.match(early.errors, /Finish in \d+ hours/);

    // A day later, and after a restart, so that nothing is sealed under the old key any more.
    await world.gateway.restart();
    const yesterday = new Date(Date.now() - 26 * 3600 * 1000);
    utimesSync(keyFile, yesterday, yesterday);
    await command(world, ['keys', 'rotate', '--finish']);
    utimesSync(keyFile, yesterday, yesterday);
    const finished = await command(world, ['keys', 'rotate', '--finish']);
    assert.equal(finished.code, 0, finished.errors);
    assert.equal(masters().length, 1, 'the old key is gone');
    assertWorks(await whoami(at(world), client));
    await world.gateway.restart();
    assertWorks(await whoami(at(world), client));
    client.tokens = (await client.refresh()).json;
    assertWorks(await whoami(at(world), client));
  });
});

describe('on AWS', () => {
  let world;
  before(async () => { world = await Replicas.start({ names: ['a', 'b'] }); }, { timeout: 120_000 });
  after(() => world?.end());

  test('sessions are listed and ended with the maintenance role, on every replica', { timeout: 60_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    const listed = await world.command(['sessions', 'list', '--json']);
    assert.equal(listed.code, 0, listed.errors);
    const [session] = JSON.parse(listed.output);
    const ended = await world.command(['sessions', 'revoke', '--grant', session.grant]);
    assert.equal(ended.code, 0, ended.errors);
    for (const name of ['a', 'b']) assert.equal((await whoami(world, client, name)).status, 401, name);
  });

  test('everything of a person ends everywhere, by the hash or by Google’s id of the account', { timeout: 60_000 }, async () => {
    const subject = '100000000000000000011'; // of Alice, test/emulator/people.mjs
    for (const choose of [(hash) => ['--user', hash], () => ['--subject', subject]]) {
      const client = await new RawClient({ gateway: world.gateway }).signIn();
      const [{ user }] = JSON.parse((await world.command(['sessions', 'list', '--json'])).output);
      const ended = await world.command(['sessions', 'revoke', ...choose(user)], { role: 'administrator' });
      assert.equal(ended.code, 0, ended.errors);
      for (const name of ['a', 'b']) assert.equal((await whoami(world, client, name)).status, 401, name);
      await new Promise((resolve) => setTimeout(resolve, 1100));
    }
  });

  test('docs/aws.md: its commands work as they stand there, with the credentials that it names', { timeout: 60_000 }, async () => {
    const sessions = async () => JSON.parse((await world.command(['sessions', 'list', '--json'])).output);
    const others = (await sessions()).map(({ grant }) => grant);
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    const bin = join(world.directory, 'bin');
    mkdirSync(bin);
    symlinkSync(resolve(gatewayBinary()), join(bin, 'gatehouse'));
    // Settings come from the page, what is particular to this machine from here.
    const follow = async (words, role) => {
      const { AWS_REGION, ...where } = await world.awsEnvironment('command', { role, credentials: 'static' });
      const env = { PATH: `${bin}:${process.env.PATH}`, ...where };
      const page = documented('docs/aws.md', 'store-init').replace('eu-central-1', AWS_REGION).replace('KEY-ARN', world.cloud.key).replace('https://gatehouse.example.com', world.gateway.url);
      const child = new Child('bash', ['-ec', words(page)], { env, cwd: world.directory });
      const how = await child.gone;
      assert.equal(how.code, 0, child.output + child.errors);
      return child.output;
    };
    assert.match(await follow((page) => page, 'maintenance'), /is there.*as it should be/s);

    const settings = (page) => page.split('\n').filter((line) => line.startsWith('export ')).join('\n');
    const [list, byId, byHash, bySubject] = documented('docs/aws.md', 'sessions').trim().split('\n');
    const listed = await follow((page) => `${settings(page)}\n${list}`, 'maintenance');
    const session = (await sessions()).find(({ grant }) => !others.includes(grant));
    assert.ok(listed.includes(session.grant), listed);
    await follow((page) => `${settings(page)}\n${byId.replace('ID ', `${session.grant} `)}`, 'maintenance');
    assert.equal((await whoami(world, client)).status, 401);
    for (const [line, word, value] of [[byHash, 'HASH', session.user], [bySubject, 'GOOGLE-ID', '100000000000000000011']]) {
      const another = await new RawClient({ gateway: world.gateway }).signIn();
      await follow((page) => `${settings(page)}\n${line.replace(word, value)}`, 'administrator');
      assert.equal((await whoami(world, another)).status, 401, line);
      await new Promise((passed) => setTimeout(passed, 1100));
    }
  });

  test('a serving role cannot list', { timeout: 60_000 }, async () => {
    const refused = await world.command(['sessions', 'list'], { role: 'gatehouse' });
    assert.equal(refused.code, 1);
    assert.match(refused.errors, /AccessDenied.*Scan/s);
  });

  test('another KMS key, while serving: nobody signs in again, and the old key is no longer needed', { timeout: 120_000 }, async () => {
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    const old = world.cloud.key;
    const fresh = await world.cloud.newKey();
    const both = `kms:${fresh},${old}`;
    for (const name of ['a', 'b']) {
      Object.assign(world.get(name).settings, { GATEHOUSE_KEY: both });
      await world.cool(name);
      assertWorks(await whoami(world, client, name));
    }
    const rotated = await world.command(['keys', 'rotate'], { env: { GATEHOUSE_KEY: both } });
    assert.equal(rotated.code, 0, rotated.errors);
    assert.match(rotated.output, /[1-9]\d* wrapped anew/);
    assertWorks(await whoami(world, client), 'while the rows change under it');
    const again = await world.command(['keys', 'rotate', '--finish'], { env: { GATEHOUSE_KEY: both } });
    assert.equal(again.code, 0, again.errors);
    assert.match(again.output, / 0 wrapped anew.*no longer needed/s);
    await world.cloud.setKey('Disabled', old);
    for (const name of ['a', 'b']) {
      Object.assign(world.get(name).settings, { GATEHOUSE_KEY: `kms:${fresh}` });
      await world.cool(name);
      assertWorks(await whoami(world, client, name), `${name} knows the new key only`);
    }
  });

  test('the doctor tries every action, and names what is missing', { timeout: 120_000 }, async () => {
    const sound = await world.command(['doctor'], { role: 'gatehouse' });
    assert.equal(sound.code, 0, sound.output + sound.errors);
    for (const action of ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem']) assert.match(sound.output, new RegExp(`^ok +table +dynamodb:${action} `, 'm'));
    assert.match(sound.output, /^ok +sealing +kms:GenerateDataKey and kms:Decrypt/m);
    assert.match(sound.output, /^ok +credentials/m);
    for (const action of ['dynamodb:PutItem', 'dynamodb:BatchGetItem', 'kms:Decrypt', 'kms:GenerateDataKey']) {
      await world.cloud.deny('gatehouse', action);
      const outcome = await world.command(['doctor'], { role: 'gatehouse' });
      await world.cloud.deny('gatehouse');
      assert.equal(outcome.code, 1, action);
      assert.match(outcome.output, new RegExp(`^FAIL .*${action}.*AccessDenied`, 'm'), action);
    }
    const elsewhere = await world.command(['doctor'], { role: 'administrator', env: { GATEHOUSE_STORE: 'dynamodb:no-such-table' } });
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.output, /^FAIL +table +there is no table no-such-table.*store init/m);
  });

  test('store init says what differs and how to put it right', { timeout: 60_000 }, async () => {
    const again = await world.command(['store', 'init']);
    assert.equal(again.code, 0, again.errors);
    assert.match(again.output, /is there/);
    assert.match(again.output, /as it should be/);
  });
});
