// SPDX-License-Identifier: Apache-2.0
//
// What operators ask: alive, ready, and what is missing (MR-10).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort } from './lib/child.mjs';
import { World } from './lib/world.mjs';

describe('health', () => {
  let world;
  let admin;

  before(async () => {
    const port = await freePort();
    admin = `http://127.0.0.1:${port}`;
    world = await World.start({ env: { GATEHOUSE_ADMIN_LISTEN: `127.0.0.1:${port}` }, googleIsUp: false });
  }, { timeout: 60_000 });
  after(() => world?.end());

  const ask = async (url) => {
    const response = await fetch(url);
    return { status: response.status, text: await response.text() };
  };

  test('without Google the process is alive and says what is missing', { timeout: 60_000 }, async () => {
    assert.deepEqual(await ask(`${world.gateway.url}/healthz`), { status: 200, text: 'ok\n' });
    assert.equal((await ask(`${admin}/livez`)).status, 200);
    const ready = await ask(`${admin}/readyz`);
    assert.equal(ready.status, 503);
    const parts = JSON.parse(ready.text);
    assert.equal(parts.store, 'ok');
    assert.equal(parts.key, 'ok');
    assert.notEqual(parts.google, 'ok');
  });

  test('with Google it is ready', { timeout: 60_000 }, async () => {
    await world.google.start();
    const ready = await ask(`${admin}/readyz`);
    assert.deepEqual(JSON.parse(ready.text), { store: 'ok', key: 'ok', google: 'ok', draining: false });
    assert.equal(ready.status, 200);
  });

  test('the public listener tells operators’ matters to nobody', { timeout: 60_000 }, async () => {
    for (const path of ['/readyz', '/livez', '/metrics']) assert.equal((await ask(world.gateway.url + path)).status, 404, path);
  });
});
