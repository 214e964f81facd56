// SPDX-License-Identifier: Apache-2.0
//
// The official conformance suite against our authorization server, for every revision it knows. A person in Chromium consents.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { conformanceProgram, node22 } from './lib/agents.mjs';
import { chromiumPath, clickThrough, withChromium } from './lib/browser.mjs';
import { Child, freePort, until } from './lib/child.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

const revisions = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];
const scenarios = ['authorization-code-grant', 'authorization-server-metadata-endpoint'];
let world;

before(async () => { world = await World.start(); }, { timeout: 60_000 });
after(() => world?.end());

// A public client: the suite sends no secret to a server that offers `none`, whatever it was given.
async function registered(redirect) {
  const client = new RawClient({ gateway: world.gateway });
  const { status, json } = await client.send('/register', { client_name: 'Conformance suite', redirect_uris: [redirect], token_endpoint_auth_method: 'none' });
  assert.equal(status, 201, JSON.stringify(json));
  return json.client_id;
}

// What the suite writes about each scenario, by scenario.
function readChecks(directory) {
  const byScenario = new Map();
  for (const folder of readdirSync(directory)) {
    const scenario = scenarios.find((name) => folder.startsWith(`authorization-server-${name}-`)) ?? folder;
    byScenario.set(scenario, JSON.parse(readFileSync(join(directory, folder, 'checks.json'), 'utf8')));
  }
  return byScenario;
}

// Runs the suite, clicks where its printed address leads, and gives the checks once it has ended with status 0.
async function runSuite(directory, client, port, more) {
  mkdirSync(directory, { recursive: true });
  const words = [conformanceProgram(), 'authorization', '--url', world.gateway.url, '--client-id', client, '-p', String(port), '-o', directory, ...more];
  const child = new Child(node22(), words, { env: { PATH: process.env.PATH, HOME: directory } });
  try {
    const address = await until('the suite prints where to consent', () => {
      if (!child.running) throw new Error(`the suite ended:\n${child.output}${child.errors}`);
      return /^http\S+\/authorize\?\S+$/m.exec(child.output)?.[0];
    });
    await withChromium((page) => clickThrough(page, address, 'alice@acme.example'));
    await until('the suite ends', () => !child.running);
  } finally {
    await child.end('SIGKILL');
  }
  assert.equal(child.process.exitCode, 0, child.output + child.errors);
  return readChecks(directory);
}

async function passes(t, name, more) {
  const port = await freePort();
  const client = await registered(`http://127.0.0.1:${port}/callback`);
  const byScenario = await runSuite(join(world.directory, name), client, port, more);
  assert.deepEqual([...byScenario.keys()].sort(), scenarios);
  const checks = [...byScenario.values()].flat();
  const counts = {};
  for (const { status } of checks) counts[status] = (counts[status] ?? 0) + 1;
  t.diagnostic(`${name}: ${JSON.stringify(counts)}`);
  assert.ok(counts.SUCCESS >= scenarios.length && !counts.FAILURE && !counts.WARNING, JSON.stringify(checks, null, 1));
}

const skip = chromiumPath ? false : 'Chromium is not installed';

for (const revision of revisions) {
  test(`${revision}: discovery and the code grant`, { timeout: 90_000, skip }, (t) =>
    passes(t, revision, ['--spec-version', revision, '--resource', world.gateway.mcpUrl]));
}

test('all scenarios without `resource`', { timeout: 90_000, skip }, (t) => passes(t, 'without resource', []));
