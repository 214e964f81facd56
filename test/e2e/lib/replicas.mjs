// SPDX-License-Identifier: Apache-2.0
//
// Several gateways behind one balancer without stickiness, over one table and one key in the test AWS, each through a door of the
// fault proxy of its own; a test Google beside them. All of it goes when the test file ends.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Balancer } from '../../fakes/aws/balancer.mjs';
import { FaultProxy } from '../../fakes/aws/fault_proxy.mjs';
import { Child, freePort } from './child.mjs';
import { Cloud, Dynalite, Table } from './cloud.mjs';
import { Emulator } from './emulator.mjs';
import { FakeTime } from './fake_time.mjs';
import { Gateway, gatewayBinary } from './gateway.mjs';
import { deployStack } from './stack.mjs';

export class Replicas {
  #ends = [];
  #gateways = new Map();

  // names: of the replicas. env: settings of all. role: of the test AWS. credentials: 'static' or 'container'. fast: the table is
  // dynalite's. wallClock: gateways and Google live by `world.time`. serving: the names of those to start, true for all; false makes
  // everything but starts no gateway. publicUrl: of another balancer than ours, which the test starts itself.
  // stack: table, key and role are those of deploy/cloudformation/gatehouse.yaml, with its policies.
  static async start({ names = ['a', 'b', 'c'], env = {}, role = 'gatehouse', credentials = 'static', fast = false, wallClock = false, serving = true, table = 'gatehouse', stack = false, publicUrl } = {}) {
    const world = new Replicas();
    try {
      await world.#prepare({ env, role, credentials, fast, wallClock, table, stack, publicUrl });
      for (const name of names) await world.#add(name);
      if (serving) {
        await world.init();
        await Promise.all((serving === true ? names : serving).map((name) => world.get(name).start()));
      }
      world.proxy.forget();
      return world;
    } catch (error) {
      await world.end();
      throw error;
    }
  }

  async #prepare({ env, role, credentials, fast, wallClock, table, stack, publicUrl }) {
    this.directory = mkdtempSync(join(tmpdir(), 'gatehouse-replicas-'));
    this.balancer = await new Balancer().listen();
    // What clients know of the gateways: one address.
    const url = publicUrl ?? `http://localhost:${this.balancer.port}`;
    this.gateway = { url, mcpUrl: `${url}/mcp`, sseUrl: `${url}/sse` };
    if (wallClock) this.time = new FakeTime(this.directory);
    this.google = new Emulator({ directory: join(this.directory, 'google'), redirectUri: `${this.gateway.url}/oauth/google/callback`, port: await freePort(), env: this.time?.env });
    this.cloud = new Cloud();
    this.dynalite = fast ? new Dynalite() : undefined;
    await Promise.all([this.google.start(), this.cloud.start(), this.dynalite?.start()]);
    this.proxy = new FaultProxy(this.cloud.url);
    this.tableProxy = fast ? new FaultProxy(this.dynalite.url) : this.proxy;
    this.googleProxy = new FaultProxy(this.google.url);
    if (stack) {
      this.stack = await deployStack(this.cloud);
      [table, role, credentials] = [this.stack.table, this.stack.role, 'container'];
    }
    this.tableName = table;
    await this.cloud.set({ table });
    this.table = new Table(table, { ...this.cloud.environment('administrator', fast ? this.dynalite.url : this.cloud.url), ...this.time?.env });
    this.settings = { role, credentials, env };
    await this.google.set({ auto_login: 'alice@acme.example' });
  }

  async #add(name) {
    const directory = join(this.directory, name);
    mkdirSync(directory, { mode: 0o700 });
    const [port, adminPort, peerPort] = [await freePort(), await freePort(), await freePort()];
    const env = {
      ...(await this.awsEnvironment(name)), ...(this.time?.env ?? {}),
      GATEHOUSE_PUBLIC_URL: this.gateway.url, GATEHOUSE_ADMIN_LISTEN: `127.0.0.1:${adminPort}`, GATEHOUSE_PEER_LISTEN: `127.0.0.1:${peerPort}`, GATEHOUSE_TRUSTED_PROXIES: '2',
      GATEHOUSE_STORE: `dynamodb:${this.tableName}`, GATEHOUSE_KEY: `kms:${this.stack?.key ?? this.cloud.key}`, GOOGLE_API_URL: await this.googleProxy.door(name), ...this.settings.env,
    };
    const gateway = new Gateway({ directory, port, google: this.google, env });
    this.#gateways.set(name, Object.assign(gateway, { name, port, adminUrl: `http://127.0.0.1:${adminPort}` }));
    this.balancer.add(name, port);
  }

  // AWS_* for a process that goes through a door of this name.
  async awsEnvironment(door, { role = this.settings.role, credentials = this.settings.credentials } = {}) {
    const url = await this.proxy.door(door);
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...where } = this.cloud.environment(credentials === 'static' ? role : 'gatehouse', url);
    const keys = credentials === 'static' ? { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } : { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/_cloud/container/${role}` };
    return { ...where, ...keys, AWS_EC2_METADATA_DISABLED: 'true', ...(this.dynalite ? { AWS_ENDPOINT_URL_DYNAMODB: await this.tableProxy.door(door) } : {}) };
  }

  get(name) {
    const found = this.#gateways.get(name);
    if (!found) throw new Error(`no replica ${name}`);
    return found;
  }

  // The same address for clients, and a header that chooses the replica as long as it lives.
  at = (name) => (name ? { ...this.gateway, headers: { 'x-replica': name } } : this.gateway);

  get names() {
    return [...this.#gateways.keys()];
  }

  get log() {
    return [...this.#gateways.values()].map(({ log }) => log).join('');
  }

  // Runs a subcommand of the binary with the settings of the first replica; {code, signal, output, errors}.
  async command(args, { role = 'maintenance', env = {} } = {}) {
    const [first] = this.#gateways.values();
    const child = new Child(gatewayBinary(), args, { env: { ...first.settings, ...(await this.awsEnvironment('command', { role, credentials: 'static' })), ...env } });
    const how = await child.gone;
    return { ...how, output: child.output, errors: child.errors };
  }

  async init() {
    if (this.stack) return;
    if (this.dynalite) return void (await this.table.create());
    const made = await this.command(['store', 'init']);
    if (made.code !== 0) throw new Error(`gatehouse store init failed (${made.code}):\n${made.output}${made.errors}`);
  }

  kill = (name) => this.get(name).stop('SIGKILL');
  revive = (name) => this.get(name).start();

  // Kills and starts again, so that nothing is cached.
  async cool(name) {
    await this.kill(name);
    await this.revive(name);
  }

  // Everyone goes to this replica as long as it lives; without a name, turn by turn again.
  steerTo(name) {
    this.balancer.steer(name && (() => name));
  }

  // The wall clocks of all, the cloud's too, move together.
  async jump(seconds) {
    this.time.shift(seconds);
    await this.cloud.set({ clock_offset: seconds });
  }

  // Lines of the log of one replica, as objects.
  linesOf(name) {
    return this.get(name).log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  atEnd(action) {
    this.#ends.push(action);
  }

  async end() {
    for (const action of this.#ends.reverse()) await Promise.resolve(action()).catch((error) => process.stderr.write(`while ending: ${error}\n`));
    for (const proxy of [this.proxy, this.tableProxy, this.googleProxy]) proxy?.clear();
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway.stop('SIGKILL')));
    for (const proxy of [this.proxy, this.tableProxy, this.googleProxy, this.balancer]) proxy?.close();
    await Promise.all([this.google?.stop(), this.cloud?.stop(), this.dynalite?.stop()]);
    this.time?.close();
    if (process.env.GATEHOUSE_E2E_KEEP) process.stderr.write(`kept ${this.directory}\n${this.log}\n`);
    else if (this.directory) rmSync(this.directory, { recursive: true, force: true });
  }
}
