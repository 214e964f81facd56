// SPDX-License-Identifier: Apache-2.0
//
// Measures the release binary beside a program that does the same work bare (limit.cc), in the same minutes on the same machine.
// Ratios are what counts; absolute figures move with the machine. Run by script/bench.
//
//   node bench.mjs GATEHOUSE LIMIT LOAD STEPS
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../e2e/lib/child.mjs';
import { SdkV1Client } from '../e2e/lib/clients.mjs';
import { Emulator } from '../e2e/lib/emulator.mjs';
import { RawClient } from '../e2e/lib/raw_oauth.mjs';

const [gatehouse, limit, load, steps] = process.argv.slice(2);
const requests = Number(process.env.BENCH_REQUESTS ?? 200_000);
const connections = Number(process.env.BENCH_CONNECTIONS ?? 64);
const streamCounts = (process.env.BENCH_STREAMS ?? '2000 10000').split(' ').map(Number);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
const children = [];
const ticksPerSecond = 100;

const say = (text) => console.log(text);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function start(command, args, env = {}) {
  const child = spawn('taskset', ['-c', '0', command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child;
}

async function until(question, what) {
  for (let i = 0; i < 2000; ++i) {
    if (await question()) return;
    await sleep(5);
  }
  throw new Error(`${what} did not happen within ten seconds`);
}

// Fields 14 and 15 of /proc/PID/stat: user and system time.
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

// Private and shared pages in memory, in KB. A process that is not dumpable still shows its status.
const residentKb = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);

function requestBytes({ method = 'POST', path = '/mcp', headers = {}, body = '' }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = method === 'POST' ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : '';
  return `${method} ${path} HTTP/1.1\r\n${lines}${length}\r\n${body}`;
}

function requestFile(name, request) {
  const path = join(folder, name);
  writeFileSync(path, requestBytes(request));
  return path;
}

// One measured run; CPU per request is the figure to compare by.
function measure(pid, port, file, count = requests) {
  const before = cpuSeconds(pid);
  const run = spawnSync('taskset', ['-c', '1', load, 'requests', port, file, count, connections].map(String), { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const result = JSON.parse(run.stdout);
  if (result.not_ok > 0) throw new Error(`${result.not_ok} of ${count} answers were not 200`);
  return { ...result, cpu_us: ((cpuSeconds(pid) - before) * 1e6) / count };
}

// What one answer takes, counted by stepping through the server, which makes it a thousand times slower; undefined where a process may
// not be traced.
function counted(pid, port, file) {
  const busy = spawn(load, ['requests', String(port), file, '100000000', '16'], { stdio: 'ignore' });
  children.push(busy);
  spawnSync('sleep', ['0.3']);
  const run = spawnSync(steps, [String(pid), '100'], { encoding: 'utf8' });
  busy.kill('SIGKILL');
  return run.status === 0 ? JSON.parse(run.stdout) : undefined;
}

const callNames = { 0: 'read', 1: 'write', 44: 'sendto', 45: 'recvfrom', 232: 'epoll_wait', 233: 'epoll_ctl' };

function sayCounted(name, count) {
  if (!count) return say(`  ${name}  user instructions not counted: needs the right to trace processes`);
  const calls = Object.entries(count.calls).filter(([number]) => callNames[number]).map(([number, each]) => `${callNames[number]} ${each}`);
  say(`  ${name}  ${String(count.instructions).padStart(8)} user instructions, ${calls.join(', ')}`);
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

let google;

const settings = (port, store) => ({
  GATEHOUSE_PUBLIC_URL: `http://localhost:${port}`, GATEHOUSE_LISTEN: `127.0.0.1:${port}`, GATEHOUSE_ADMIN_LISTEN: 'off', GATEHOUSE_LOG: 'warn',
  GATEHOUSE_STORE: store, GATEHOUSE_KEY: `file:${join(folder, `${port}.key`)}`, ALLOWED_DOMAINS: 'acme.example',
  GOOGLE_ISSUER: google.url, GOOGLE_API_URL: google.url, GOOGLE_CLIENT_ID: google.client_id, GOOGLE_CLIENT_SECRET: google.client_secret,
});

async function main() {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  google = await new Emulator({ directory: join(folder, 'google'), redirectUri: `${url}/oauth/google/callback`, port: await freePort() }).start();
  const env = settings(port, 'memory:');

  const startedAt = process.hrtime.bigint();
  const gateway = start(gatehouse, ['serve'], env);
  await until(() => fetch(`${url}/healthz`).then((r) => r.ok, () => false), 'the start of the gateway');
  const startMs = Number(process.hrtime.bigint() - startedAt) / 1e6;
  await sleep(300);
  const idleKb = residentKb(gateway.pid);

  await google.set({ auto_login: 'alice@acme.example' });
  const client = await new SdkV1Client({ gateway: { url, mcpUrl: `${url}/mcp` }, name: 'bench' }).connect();
  const accessToken = client.provider.granted.access_token;
  await client.close();
  const common = { Host: `localhost:${port}`, Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream' };
  const initialize = await fetch(`${url}/mcp`, { method: 'POST', headers: { ...common, Host: undefined },
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {},
      clientInfo: { name: 'bench', version: '1' } } }) });
  const session = initialize.headers.get('mcp-session-id');
  await initialize.text();
  const legacy = { ...common, 'Mcp-Session-Id': session, 'MCP-Protocol-Version': '2025-11-25' };

  const ping = requestFile('ping', { headers: legacy, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' });
  const list = requestFile('tools-list', { headers: { ...common, 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/list' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } }) });

  const limitPort = await freePort();
  const bare = start(limit, [String(limitPort), accessToken]);
  await until(() => fetch(`http://127.0.0.1:${limitPort}/`, { method: 'POST' }).then(() => true, () => false), 'the start of the limit program');

  measure(gateway.pid, port, ping, 5_000);
  measure(bare.pid, limitPort, ping, 5_000);
  const ours = [];
  const theirs = [];
  const lists = [];
  for (let round = 0; round < rounds; ++round) {
    theirs.push(measure(bare.pid, limitPort, ping));
    ours.push(measure(gateway.pid, port, ping));
    lists.push(measure(gateway.pid, port, list, Math.max(1000, requests / 10)));
  }
  const column = (runs, key) => median(runs.map((run) => run[key]));
  say(`requests per second and CPU per request: ${connections} connections, medians of ${rounds} rounds`);
  say(`  limit program, ping     ${column(theirs, 'per_second').toFixed(0).padStart(8)}/s  ${column(theirs, 'cpu_us').toFixed(1).padStart(6)} us  p99 ${column(theirs, 'p99_us')} us`);
  say(`  gateway, ping           ${column(ours, 'per_second').toFixed(0).padStart(8)}/s  ${column(ours, 'cpu_us').toFixed(1).padStart(6)} us  p99 ${column(ours, 'p99_us')} us`);
  say(`  gateway, tools/list     ${column(lists, 'per_second').toFixed(0).padStart(8)}/s  ${column(lists, 'cpu_us').toFixed(1).padStart(6)} us  p99 ${column(lists, 'p99_us')} us`);
  say(`  ping, gateway to limit  ${(column(ours, 'per_second') / column(theirs, 'per_second')).toFixed(2)} of its requests, ${(column(theirs, 'cpu_us') / column(ours, 'cpu_us')).toFixed(2)} of its capacity per core`);
  sayCounted('limit program, ping  ', counted(bare.pid, limitPort, ping));
  sayCounted('gateway, ping        ', counted(gateway.pid, port, ping));

  say(`memory: ${(idleKb / 1024).toFixed(1)} MB idle after the start, ${(residentKb(gateway.pid) / 1024).toFixed(1)} MB after the load`);
  say(`start to first answer: ${startMs.toFixed(0)} ms`);

  await measureStreams();
  await measureSearch();
}

// One tool call as a modern client sends it; fails when the answer is an error.
async function search(url, accessToken, limitRows) {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': 'gmail_search',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'gmail_search', arguments: { query: 'in:inbox', limit: limitRows }, _meta: meta } }),
  });
  const text = await response.text();
  const json = JSON.parse(text.startsWith('{') ? text : text.match(/^data: (\{.*"result".*)$/m)[1]);
  if (json.result?.isError || json.error) throw new Error(`search failed: ${text.slice(0, 400)}`);
  return json.result;
}

// A gateway of its own, and a Google that knows it.
async function startApart(name, more = {}) {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  await google.stop();
  google = await new Emulator({ directory: join(folder, `${name}-google`), redirectUri: `${url}/oauth/google/callback`, port: await freePort() }).start();
  await google.set({ auto_login: 'alice@acme.example' });
  const env = { ...settings(port, 'memory:'), ...more };
  const gateway = start(gatehouse, ['serve'], env);
  await until(() => fetch(`${url}/healthz`).then((r) => r.ok, () => false), 'the start of the gateway');
  return { port, url, gateway };
}

const streamsPerClient = 32;

// Memory per idle stream. Each client has a sign-in of its own and as many sessions as it may have streams.
async function measureStreams() {
  const { port, url, gateway } = await startApart('streams', { GATEHOUSE_TRUSTED_PROXIES: '1' });
  const heads = [];
  const most = Math.max(...streamCounts);
  while (heads.length < most) {
    // One person has no more than 50 sessions: each client is somebody else's.
    await google.set({ id_token: { claims: { sub: `2${String(heads.length).padStart(20, '0')}` } } });
    const client = await new RawClient({ gateway: { url, mcpUrl: `${url}/mcp` }, name: `streams ${heads.length}` }).signIn();
    const common = { Authorization: `Bearer ${client.tokens.access_token}`, Accept: 'application/json, text/event-stream' };
    for (let i = 0; i < streamsPerClient; ++i) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } } });
      const opened = await fetch(`${url}/mcp`, { method: 'POST', headers: { ...common, 'Content-Type': 'application/json' }, body });
      await opened.text();
      heads.push(requestBytes({ method: 'GET', headers: { ...common, Host: `localhost:${port}`, Accept: 'text/event-stream', 'Mcp-Session-Id': opened.headers.get('mcp-session-id'), 'MCP-Protocol-Version': '2025-11-25' } }));
    }
  }
  await google.set({ id_token: null });
  const file = join(folder, 'streams');
  writeFileSync(file, heads.join(''));
  for (const count of streamCounts) {
    await sleep(12_000); // what lay free has been given back
    const beforeKb = residentKb(gateway.pid);
    const held = spawn(load, ['streams', String(port), file, String(count)], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(held);
    await new Promise((done, fail) => {
      held.stdout.once('data', done);
      held.once('exit', (code) => fail(new Error(`the streams could not be opened (${code})`)));
    });
    const before = cpuSeconds(gateway.pid);
    await sleep(20_000); // a comment on each
    const withStreamsKb = residentKb(gateway.pid);
    say(`idle streams: ${count} open, ${(((withStreamsKb - beforeKb) * 1024) / count).toFixed(0)} bytes each, ${((cpuSeconds(gateway.pid) - before) / 20 * 100).toFixed(2)} % of a core`);
    held.removeAllListeners('exit');
    held.stdin.end();
    await new Promise((done) => held.once('exit', done));
  }
  gateway.kill('SIGKILL');
}

// Round trips: the same search with two latencies to Google; the slope is the number of times one waits for the other. A gateway of its
// own keeps its sessions in a file and is started anew before each first search, so that it remembers no mail.
async function measureSearch() {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = settings(port, `sqlite:${join(folder, 'search.db')}`);
  await google.stop();
  google = await new Emulator({ directory: join(folder, 'search-google'), redirectUri: `${url}/oauth/google/callback`, port: await freePort() }).start();
  Object.assign(env, { GOOGLE_ISSUER: google.url, GOOGLE_API_URL: google.url, GOOGLE_CLIENT_ID: google.client_id, GOOGLE_CLIENT_SECRET: google.client_secret });
  let gateway;
  const startAnew = async () => {
    gateway?.kill('SIGKILL');
    gateway = start(gatehouse, ['serve'], env);
    await until(() => fetch(`${url}/healthz`).then((r) => r.ok, () => false), 'the start of the gateway');
  };
  await startAnew();
  await google.set({ auto_login: 'alice@acme.example' });
  const client = await new SdkV1Client({ gateway: { url, mcpUrl: `${url}/mcp` }, name: 'search bench' }).connect();
  const accessToken = client.provider.granted.access_token;
  await client.close();

  const unitsOf = async (work) => {
    await google.clear();
    await work();
    return (await google.log()).counts.units;
  };
  const timed = async (latency, prepare) => {
    await google.set({ latency_ms: latency });
    const times = [];
    for (let i = 0; i < 5; ++i) {
      await prepare();
      const from = process.hrtime.bigint();
      await search(url, accessToken, 25);
      times.push(Number(process.hrtime.bigint() - from) / 1e6);
    }
    await google.set({ latency_ms: 0 });
    return median(times);
  };
  const trips = async (prepare) => (((await timed(100, prepare)) - (await timed(0, prepare))) / 100).toFixed(1);
  const first = await unitsOf(() => search(url, accessToken, 25));
  const again = await unitsOf(() => search(url, accessToken, 25));
  const cold = await trips(startAnew);
  const warm = await trips(async () => {});
  say(`search of 25 mails: ${first} Gmail units and ${cold} round trips to Google at first, ${again} units and ${warm} round trips when repeated`);
}

try {
  await main();
} finally {
  await google?.stop();
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
