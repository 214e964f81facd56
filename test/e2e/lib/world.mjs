// SPDX-License-Identifier: Apache-2.0
//
// One gateway, one test Google and a directory for both, which all go when the test file ends.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './child.mjs';
import { Emulator } from './emulator.mjs';
import { Gateway } from './gateway.mjs';

export class World {
  #ends = [];

  // `env`: settings of the gateway; `binary`: another program than the gateway's own; `under`: see Gateway. `googleIsUp: false` leaves the
  // test Google to be started by the test.
  static async start({ env, binary, under, googleIsUp = true } = {}) {
    const world = new World();
    world.directory = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
    const port = await freePort();
    mkdirSync(join(world.directory, 'data'), { mode: 0o700 });
    world.google = new Emulator({ directory: join(world.directory, 'google'), redirectUri: `http://localhost:${port}/oauth/google/callback`, port: await freePort() });
    world.gateway = new Gateway({ directory: join(world.directory, 'data'), port, google: world.google, env, binary, under });
    try {
      if (googleIsUp) await world.google.start();
      await world.gateway.start();
    } catch (error) {
      await world.end();
      throw error;
    }
    return world;
  }

  // Runs when the world ends, last added first.
  atEnd(action) {
    this.#ends.push(action);
  }

  async end() {
    for (const action of this.#ends.reverse()) await Promise.resolve(action()).catch((error) => process.stderr.write(`while ending: ${error}\n`));
    await this.gateway.stop('SIGTERM');
    await this.google.stop();
    if (process.env.GATEHOUSE_E2E_KEEP) process.stderr.write(`kept ${this.directory}\n${this.gateway.log}\n`);
    else rmSync(this.directory, { recursive: true, force: true });
  }
}
