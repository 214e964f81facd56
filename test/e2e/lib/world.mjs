// SPDX-License-Identifier: Apache-2.0
//
// One gateway, one test Google and a directory for both, which all go when the test file ends. With GATEHOUSE_E2E_STACK=FILE the gateway's state
// lies in the test AWS, where deploy/cloudformation/gatehouse.yaml is deployed, and it has the role of that; its calls are added to FILE.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './child.mjs';
import { Cloud, Table } from './cloud.mjs';
import { recordsOf } from './database.mjs';
import { Emulator } from './emulator.mjs';
import { FakeTime } from './fake_time.mjs';
import { Gateway } from './gateway.mjs';
import { noteCalls, stackEnvironment } from './stack.mjs';

export class World {
  #ends = [];

  // `env`: settings of the gateway; `binary`: another program than the gateway's own; `under`: see Gateway. `googleIsUp: false` leaves the
  // test Google to be started by the test. `wallClock`: both live by `world.time`. `publicUrl`: what the gateway is called by the world outside.
  static async start({ env = {}, binary, under, googleIsUp = true, wallClock = false, publicUrl } = {}) {
    const world = new World();
    world.directory = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
    const port = await freePort();
    mkdirSync(join(world.directory, 'data'), { mode: 0o700 });
    if (wallClock) world.time = new FakeTime(world.directory);
    if (process.env.GATEHOUSE_E2E_STACK) world.cloud = await new Cloud().start({ env: world.time?.env });
    const settings = { ...world.time?.env, ...(world.cloud ? await stackEnvironment(world.cloud) : {}), ...(publicUrl ? { GATEHOUSE_PUBLIC_URL: publicUrl } : {}), ...env };
    world.google = new Emulator({ directory: join(world.directory, 'google'), redirectUri: `${publicUrl ?? `http://localhost:${port}`}/oauth/google/callback`, port: await freePort(), env: world.time?.env });
    world.gateway = new Gateway({ directory: join(world.directory, 'data'), port, google: world.google, env: settings, binary, under });
    try {
      if (googleIsUp) await world.google.start();
      await world.gateway.start();
    } catch (error) {
      await world.end();
      throw error;
    }
    return world;
  }

  // What the gateway keeps: an object per record, by columns.
  async records() {
    if (!this.cloud) return recordsOf(this.gateway.database);
    const rows = await new Table(this.cloud.stack.table, { ...this.cloud.environment('administrator'), ...this.time?.env }).rows();
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Object.values(value)[0]])));
  }

  // Runs when the world ends, last added first.
  atEnd(action) {
    this.#ends.push(action);
  }

  async end() {
    for (const action of this.#ends.reverse()) await Promise.resolve(action()).catch((error) => process.stderr.write(`while ending: ${error}\n`));
    await this.gateway.stop('SIGTERM');
    await this.google.stop();
    if (this.cloud) await noteCalls(this.cloud);
    await this.cloud?.stop();
    this.time?.close();
    if (process.env.GATEHOUSE_E2E_KEEP) process.stderr.write(`kept ${this.directory}\n${this.gateway.log}\n`);
    else rmSync(this.directory, { recursive: true, force: true });
  }
}
