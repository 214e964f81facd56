// SPDX-License-Identifier: Apache-2.0
//
// What a container runs beside `serve` to learn whether it is alive: an exit code, and one line that says what to do.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Child, freePort } from './lib/child.mjs';
import { gatewayBinary } from './lib/gateway.mjs';
import { World } from './lib/world.mjs';

// With the settings of a container, or with fewer: nothing but the listener is looked at.
async function healthcheck(env, args = []) {
  const child = new Child(gatewayBinary(), ['healthcheck', ...args], { env: { PATH: process.env.PATH, ...env } });
  const { code } = await child.gone;
  return { code, output: child.output, errors: child.errors };
}

const listening = (behave) => new Promise((resolve) => {
  const server = net.createServer(behave).listen(0, '127.0.0.1', () => resolve(server));
});

describe('gatehouse healthcheck', () => {
  let world;
  before(async () => { world = await World.start({ googleIsUp: false }); }, { timeout: 60_000 });
  after(() => world?.end());

  test('says nothing and gives 0 while the gateway serves, also by the address that means everywhere', { timeout: 60_000 }, async () => {
    const healthy = { code: 0, output: '', errors: '' };
    const { GATEHOUSE_LISTEN } = world.gateway.settings;
    assert.deepEqual(await healthcheck(world.gateway.settings), healthy);
    assert.deepEqual(await healthcheck({ GATEHOUSE_LISTEN: GATEHOUSE_LISTEN.replace('127.0.0.1', '0.0.0.0') }), healthy);
    assert.deepEqual(await healthcheck({}, ['--listen', GATEHOUSE_LISTEN]), healthy);
  });

  test('gives 1 and one line with the next step when nobody answers, somebody else does, or nobody in time', { timeout: 60_000 }, async () => {
    const silent = await listening(() => {});
    const other = await listening((socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
    const draining = await listening((socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'));
    try {
      for (const [address, words] of [
        [`127.0.0.1:${await freePort()}`, /Start `gatehouse serve`/],
        [`127.0.0.1:${silent.address().port}`, /restart it/],
        [`127.0.0.1:${other.address().port}`, /answers 404 .* set GATEHOUSE_LISTEN/i],
        [`127.0.0.1:${draining.address().port}`, /drains/],
        ['nowhere', /Set GATEHOUSE_LISTEN to ADDRESS:PORT/],
      ]) {
        const { code, output, errors } = await healthcheck({ GATEHOUSE_LISTEN: address });
        assert.deepEqual([code, output], [1, ''], address);
        assert.match(errors, /^gatehouse: .+\.\n$/);
        assert.match(errors, words);
      }
    } finally {
      for (const server of [silent, other, draining]) server.close();
    }
  });
});
