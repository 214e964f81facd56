// SPDX-License-Identifier: Apache-2.0
//
// The audit trail proves itself: what a gateway wrote verifies as it is, and no longer once somebody has touched it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from './lib/child.mjs';
import { gatewayBinary } from './lib/gateway.mjs';
import { assertWorks, whoami } from './lib/outcomes.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';
import { documented } from '../documented.mjs';

const verify = (input, args = []) => spawnSync(gatewayBinary(), ['audit', 'verify', ...args], { input, encoding: 'utf8', env: { PATH: process.env.PATH }, timeout: 30_000 });
const auditLines = (log) => log.split('\n').filter((line) => line.startsWith('{"time"') && JSON.parse(line).level === 'audit');

describe('the audit trail', () => {
  let world;
  let admin;
  let head;
  before(async () => {
    const port = await freePort();
    admin = `http://127.0.0.1:${port}`;
    // The highest level there is: audit is written all the same.
    world = await World.start({ env: { GATEHOUSE_ADMIN_LISTEN: `127.0.0.1:${port}`, GATEHOUSE_LOG: 'error', GATEHOUSE_EMF_NAMESPACE: 'Gatehouse' } });
    await world.google.set({ auto_login: 'alice@acme.example' });
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    assertWorks(await whoami({ at: () => world.gateway }, client));
    head = (await (await fetch(`${admin}/audit-head`)).text()).trim();
    assertWorks(await whoami({ at: () => world.gateway }, client));
    await world.gateway.restart({ signal: 'SIGTERM' });
    client.tokens = (await client.refresh()).json;
    assertWorks(await whoami({ at: () => world.gateway }, client));
    await world.gateway.stop('SIGKILL');
  }, { timeout: 60_000 });
  after(() => world?.end());

  test('tells of who came in and what was read, from a start on', { timeout: 60_000 }, () => {
    const lines = auditLines(world.gateway.log).map((line) => JSON.parse(line));
    assert.equal(lines[0].event, 'audit_start');
    for (const event of ['signed in', 'tokens issued', 'client registered', 'read', 'audit_end']) assert.ok(lines.some((line) => line.event === event), event);
    assert.ok(lines.every(({ chain, seq, prev }) => /^[0-9a-f]{24}$/.test(chain) && Number.isInteger(seq) && /^([0-9a-f]{64})?$/.test(prev)));
    assert.equal(new Set(lines.map(({ chain }) => chain)).size, 2, 'a chain per process');
  });

  test('verifies as it was written, with what else is in the log; a killed process is said', { timeout: 60_000 }, () => {
    const whole = verify(world.gateway.log);
    assert.equal(whole.status, 0, whole.stdout + whole.stderr);
    assert.match(whole.stdout, /sound and complete\. head [0-9a-f]{24}:\d+:[0-9a-f]{64}/);
    assert.match(whole.stdout, /without an end: the process runs, was killed/);
    assert.equal(verify(world.gateway.log, ['--complete']).status, 1);
    const file = join(world.directory, 'gateway.log');
    writeFileSync(file, world.gateway.log);
    assert.equal(verify('', [file]).status, 0);
    assert.equal(verify('', [join(world.directory, 'none.log')]).status, 1);
  });

  test('the commands of docs/operations.md work as they stand there', { timeout: 60_000 }, () => {
    writeFileSync(join(world.directory, 'gatehouse.log'), world.gateway.log);
    writeFileSync(join(world.directory, 'heads'), `${head}\n`);
    symlinkSync(resolve(gatewayBinary()), join(world.directory, 'gatehouse'));
    const follow = (name) => spawnSync('sh', ['-ec', documented('docs/operations.md', name).replace('/elsewhere/', './')], {
      cwd: world.directory, encoding: 'utf8', env: { PATH: `${world.directory}:${process.env.PATH}` }, timeout: 30_000,
    });
    for (const name of ['verify', 'verify-heads']) {
      const outcome = follow(name);
      assert.equal(outcome.status, 0, outcome.stdout + outcome.stderr);
    }
    writeFileSync(join(world.directory, 'heads'), `${head.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))}\n`);
    assert.equal(follow('verify-heads').status, 1, 'another line stands there now');
  });

  test('a line that is altered, left out or moved is named', { timeout: 60_000 }, () => {
    const lines = auditLines(world.gateway.log);
    const victim = lines.findIndex((line) => JSON.parse(line).event === 'signed in');
    const altered = lines.with(victim, lines[victim].replace('acme.example', 'evil.example'));
    for (const [touched, words] of [
      [altered, /BROKEN: input line \d+: line \d+ does not follow on line \d+ as it is here/],
      [lines.toSpliced(victim, 1), /BROKEN: input line \d+: line \d+ of the chain is missing/],
      [lines.toSpliced(victim, 2, lines[victim + 1], lines[victim]), /BROKEN: /],
    ]) {
      const outcome = verify(`${touched.join('\n')}\n`);
      assert.equal(outcome.status, 1);
      assert.match(outcome.stdout, words);
    }
  });

  test('a head kept elsewhere tells a log that was cut', { timeout: 60_000 }, () => {
    assert.match(head, /^[0-9a-f]{24}:\d+:[0-9a-f]{64}$/);
    assert.equal(verify(world.gateway.log, ['--head', head]).status, 0);
    const [chain, seq] = head.split(':');
    const cut = auditLines(world.gateway.log).filter((line) => JSON.parse(line).chain === chain && JSON.parse(line).seq < Number(seq));
    assert.equal(verify(cut.join('\n')).status, 0, 'by itself a cut is not seen');
    const outcome = verify(cut.join('\n'), ['--head', head]);
    assert.equal(outcome.status, 1);
    assert.match(outcome.stdout, /MISSING/);
  });

  test('what is no log proves nothing', { timeout: 60_000 }, () => {
    assert.equal(verify('').status, 1);
    assert.equal(verify(world.gateway.log, ['--head', 'nonsense']).status, 1);
  });
});
