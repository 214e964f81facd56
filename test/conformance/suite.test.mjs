// SPDX-License-Identifier: Apache-2.0
//
// The official conformance suite for servers, every revision and both sets of requirements: against the engine alone, and
// against the whole gateway behind its authentication, which a proxy on the loopback passes for the suite. No failure is expected.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { conformanceProgram, node22 } from '../e2e/lib/agents.mjs';
import { Child, until } from '../e2e/lib/child.mjs';
import { RawClient } from '../e2e/lib/raw_oauth.mjs';
import { World } from '../e2e/lib/world.mjs';
import { BearerProxy } from './bearer_proxy.mjs';

const program = resolve(process.env.GATEHOUSE_CONFORMANCE_BIN ?? 'build/asan/gatehouse_conformance');
// What a run must at least have checked: fewer would mean that the suite no longer asks.
const runs = [
  { name: '2025-03-26', words: ['--suite', 'all', '--spec-version', '2025-03-26'], least: 3 },
  { name: '2025-06-18', words: ['--suite', 'all', '--spec-version', '2025-06-18'], least: 56 },
  { name: '2025-11-25', words: ['--suite', 'all', '--spec-version', '2025-11-25'], least: 83 },
  { name: '2026-07-28', words: ['--suite', 'all', '--spec-version', '2026-07-28'], least: 152 },
  { name: 'requirements of 2025-11-25', words: ['--requirements', '2025-11-25'], least: 83 },
  { name: 'requirements of 2026-07-28, with tasks', words: ['--requirements', '2026-07-28'], least: 196 },
];
const directory = mkdtempSync(join(tmpdir(), 'gatehouse-conformance-'));

after(() => rmSync(directory, { recursive: true, force: true }));

function readChecks(folder) {
  return readdirSync(folder).flatMap((scenario) => JSON.parse(readFileSync(join(folder, scenario, 'checks.json'), 'utf8')));
}

async function passes(t, { url, folder, words, least }) {
  const out = join(directory, folder);
  mkdirSync(out, { recursive: true });
  const child = new Child(node22(), [conformanceProgram(), 'server', '--url', url, '-o', out, ...words], { env: { PATH: process.env.PATH, HOME: directory } });
  const { code } = await child.gone;
  const checks = readChecks(out);
  const counts = {};
  for (const { status } of checks) counts[status] = (counts[status] ?? 0) + 1;
  t.diagnostic(`${folder}: ${Object.entries(counts).map(([status, count]) => `${count} ${status}`).join(', ')}`);
  // Scenarios that are not scored do not change the exit code; here they count.
  const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
  assert.deepEqual(bad, [], child.output.slice(-4000));
  assert.equal(code, 0, child.output.slice(-4000) + child.errors);
  assert.ok(counts.SUCCESS >= least, `${counts.SUCCESS} checks passed, ${least} were expected: ${child.output.slice(-2000)}`);
}

test('the engine alone', { timeout: 300_000 }, async (t) => {
  const server = new Child(program, ['plain'], { env: { PATH: process.env.PATH } });
  try {
    const url = await until('the fixture server prints its address', () => {
      if (!server.running) throw new Error(`the fixture server ended:\n${server.errors}`);
      return /^http\S+$/m.exec(server.output)?.[0];
    });
    for (const { name, ...run } of runs) {
      await t.test(name, { timeout: 120_000 }, (inner) => passes(inner, { url, folder: `engine, ${name}`, ...run }));
    }
  } finally {
    assert.deepEqual(await server.end(), { code: 0, signal: null }, server.errors);
  }
});

test('the gateway, behind its authentication', { timeout: 300_000 }, async (t) => {
  const world = await World.start({ binary: program });
  try {
    await world.google.set({ auto_login: 'alice@acme.example' });
    const client = await new RawClient({ gateway: world.gateway }).signIn();
    const proxy = await new BearerProxy(world.gateway.url, client.tokens.access_token).open();
    world.atEnd(() => proxy.close());
    await t.test('turns the suite away without a token', async () => {
      const { status } = await fetch(world.gateway.mcpUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
      assert.equal(status, 401);
    });
    for (const { name, ...run } of runs) {
      await t.test(name, { timeout: 120_000 }, (inner) => passes(inner, { url: `${proxy.url}/mcp`, folder: `gateway, ${name}`, ...run }));
    }
  } finally {
    await world.end();
  }
});
