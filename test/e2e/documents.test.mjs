// SPDX-License-Identifier: Apache-2.0
//
// The pages followed literally, as somebody new would: their commands are read from them and run, with an address, a name or a secret
// in the place of those that stand for one. test/documented.mjs has the marks by which a block says that it is run here.
import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import http from 'node:http';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { documented, spansOf, textOf } from '../documented.mjs';
import { node22 } from './lib/agents.mjs';
import { signInAs } from './lib/browser.mjs';
import { Child, freePort, until } from './lib/child.mjs';
import { ClaudeCode } from './lib/claude_code.mjs';
import { byForms } from './lib/clients.mjs';
import { recordsOf } from './lib/database.mjs';
import { gatewayBinary } from './lib/gateway.mjs';
import { IdentityProvider } from './lib/identity_provider.mjs';
import { OpenedUrls } from './lib/opened_urls.mjs';
import { python } from './lib/python.mjs';
import { callTool, initialize } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = resolve(here, '../..');
const figures = '19a1ce0000000020'; // what Bob sent, test/emulator/README.md
let folder;
let world;
let provider;
let secret;

// The words of a block with others in the place of some, each of which stands there.
function filled(text, places) {
  return Object.entries(places).reduce((words, [from, to]) => {
    assert.ok(words.includes(from), `${from} stands in:\n${text}`);
    return words.replaceAll(from, to);
  }, text);
}

const withGatehouse = () => ({ PATH: `${join(folder, 'bin')}:${process.env.PATH}` });
const quiet = { npm_config_update_notifier: 'false' };
const start = (words, { cwd = folder, env = {}, input, under = [] } = {}) => {
  const [program, ...args] = [...under, 'sh', '-ec', words];
  return new Child(program, args, { cwd, env: { ...process.env, ...quiet, ...withGatehouse(), ...env }, input });
};

async function follow(words, options) {
  const child = start(words, options);
  await until(`it ends: ${words}`, () => !child.running, 60).finally(() => child.end('SIGKILL'));
  assert.equal(child.process.exitCode, 0, `${words}\n${child.output}${child.errors}`);
  return child.output;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-documents-'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(gatewayBinary(), join(folder, 'bin/gatehouse'));
  const [printed, digest] = (await follow(documented('docs/clients.md', 'secret'))).split('\n');
  secret = printed;
  const clients = JSON.parse(documented('docs/clients.md', 'clients'));
  assert.match(clients[0].client_secret_sha256, /^[0-9a-f]{64}$/);
  [clients[0].client_secret_sha256] = digest.split(' ');
  writeFileSync(join(folder, 'clients.json'), JSON.stringify(clients));
  provider = await new IdentityProvider().start();
  world = await World.start({ env: { GATEHOUSE_CLIENTS: join(folder, 'clients.json'), GATEHOUSE_ENTERPRISE_ISSUERS: provider.url } });
  provider.gateway = world.gateway;
  await world.google.set({ auto_login: 'alice@acme.example' });
}, { timeout: 60_000 });

after(async () => {
  await world?.end();
  await provider?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('README.md, from a clone', () => {
  let server;
  let url;

  // What takes minutes is left out: the clone's `cmake` brings the program that was built already. All else is as a clone has it.
  before(async () => {
    const stand = join(folder, 'stand-in');
    mkdirSync(stand);
    writeFileSync(join(stand, 'cmake'), `#!/bin/sh\nmkdir -p build/release && ln -sf '${resolve(gatewayBinary())}' build/release/gatehouse\n`);
    chmodSync(join(stand, 'cmake'), 0o755);
    const port = await freePort();
    url = `http://localhost:${port}`;
    const env = { ...process.env, ...quiet, PATH: `${stand}:${process.env.PATH}`, GATEHOUSE_PUBLIC_URL: url, GATEHOUSE_LISTEN: `127.0.0.1:${port}`, GATEHOUSE_ADMIN_LISTEN: 'off' };
    // In a group of its own, which is what Ctrl-C reaches.
    server = new Child('setsid', ['sh', '-ec', filled(documented('README.md', 'start'), { 'ADDRESS-OF-THIS-REPOSITORY': root })], { cwd: stand, env });
    await until('script/server serves', () => {
      assert.ok(server.running, `script/server ended:\n${server.output}${server.errors}`);
      return fetch(`${url}/healthz`).then((response) => response.ok, () => false);
    }, 120);
  }, { timeout: 150_000 });

  const signal = (name) => {
    try {
      process.kill(-server.pid, name);
    } catch { /* nothing of it is left */ }
  };
  after(() => server && signal('SIGKILL'));

  test('it serves, and says what to add and whom to be', () => {
    assert.ok(server.output.includes(`claude mcp add --transport http gatehouse ${url}/mcp`), server.output);
    for (const name of ['alice@acme.example', 'bob@acme.example']) assert.ok(server.output.includes(name), name);
  });

  test('Claude Code is added, signs in as Alice, and finds what Bob sent', { timeout: 120_000 }, async () => {
    const claude = new ClaudeCode({ directory: join(folder, 'claude'), signIn: signInAs('alice@acme.example') });
    assert.match(textOf('README.md'), /\*"What did Bob send me about\s+the third quarter\?"\*/);
    assert.match(await claude.follow(filled(documented('README.md', 'add'), { 'http://localhost:8080': url })), /Authenticated with "gatehouse"/);
    const { shown } = await claude.call('gatehouse', 'gmail_search', { query: 'from:bob third quarter', limit: 3 });
    assert.ok(shown.includes(figures), shown);
  });

  test('Ctrl-C ends all of it', { timeout: 60_000 }, async () => {
    signal('SIGINT');
    await until('script/server ends', () => !server.running, 30);
    await assert.rejects(fetch(`${url}/healthz`));
    await until('nothing of it is left', () => {
      try {
        return !process.kill(-server.pid, 0);
      } catch {
        return true;
      }
    });
  });
});

describe('docs/clients.md', () => {
  // What stands in backticks in the row of a client.
  const row = (name) => {
    const lines = textOf('docs/clients.md').split('\n');
    const line = lines.findIndex((text) => text.startsWith(`| ${name} |`));
    assert.ok(line >= 0, `a row of ${name}`);
    return spansOf('docs/clients.md').filter((span) => span.line === line + 1).map(({ text }) => text);
  };
  const words = (text) => filled(text, { 'https://YOUR-HOST': world.gateway.url });

  test('every command and configuration that the page of a gateway shows is in the table', async () => {
    const page = await (await fetch(world.gateway.url)).text();
    const plain = (html) => html.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
    const shown = [...page.matchAll(/<pre>([\s\S]*?)<\/pre>/g)].map(([, text]) => plain(text).replaceAll(world.gateway.url, 'https://YOUR-HOST'));
    assert.ok(shown.length >= 9, `${shown.length} commands`);
    const spans = spansOf('docs/clients.md').map(({ text }) => text);
    const spaced = (text) => text.replaceAll(/([:,]) /g, '$1');
    assert.deepEqual(shown.filter((text) => !spans.some((span) => spaced(span) === spaced(text))), []);
  });

  test('Claude Code is added as README.md does', () => {
    const [add, login] = row('Claude Code');
    assert.equal(filled(`${add}\n${login}\n`, { 'https://YOUR-HOST': 'http://localhost:8080' }), documented('README.md', 'add'));
  });

  test('mcp-remote, as the program that a client starts', { timeout: 60_000 }, async () => {
    const [command, configuration] = row('clients that only start programs');
    const { command: program, args } = JSON.parse(configuration).mcpServers.gatehouse;
    assert.equal([program, ...args].join(' '), command);
    const opened = new OpenedUrls(join(folder, 'mcp-remote'));
    const child = start(words(command), { cwd: here, input: 'pipe', env: { HOME: join(folder, 'mcp-remote'), MCP_REMOTE_CONFIG_DIR: join(folder, 'mcp-remote'), BROWSER: opened.browser } });
    try {
      child.process.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'somebody', version: '1' } } })}\n`);
      await until('mcp-remote opens a browser', () => {
        assert.ok(child.running, child.errors);
        return opened.all.length > 0;
      }, 30);
      await byForms()(opened.all[0]);
      await until('the gateway answers through it', () => /"id":1,.*"name":"gatehouse"|"name":"gatehouse".*"id":1\b/.test(child.output), 30);
    } finally {
      await child.end();
    }
  });

  test('the Inspector, to look at it by hand', { timeout: 60_000 }, async () => {
    const [command] = row('to look at it by hand');
    const opened = new OpenedUrls(join(folder, 'inspector'));
    const env = { HOME: join(folder, 'inspector'), BROWSER: opened.browser, PATH: `${dirname(node22())}:${process.env.PATH}` };
    const child = start(words(command), { cwd: join(here, 'agents'), env, under: ['python3', join(here, 'lib/terminal.py')] });
    try {
      await until('the Inspector opens a browser', () => {
        assert.ok(child.running, child.output + child.errors);
        return opened.all.length > 0;
      }, 30);
      await byForms()(opened.all[0]);
      await until('the Inspector ends', () => !child.running, 30);
      assert.equal(child.process.exitCode, 0, child.output + child.errors);
      assert.match(child.output, /gmail_search/);
    } finally {
      await child.end();
    }
  });

  test('a client of the file comes in by an assertion of the provider', async () => {
    const places = { 'https://YOUR-HOST': world.gateway.url, SECRET: secret, 'eyJ...': provider.assertion({ client_id: 'acme-portal' }) };
    const answer = JSON.parse(await follow(filled(documented('docs/clients.md', 'assertion'), places)));
    assert.equal(answer.token_type, 'Bearer', JSON.stringify(answer));
    assert.ok(answer.refresh_token);
  });
});

describe('what operators do', () => {
  let client;
  const data = () => world.gateway.directory;
  before(async () => { client = await new RawClient({ gateway: world.gateway }).signIn(); });

  for (const [page, file] of [['docs/storage.md', 'backup.db'], ['docs/upgrade.md', 'before-upgrade.db']]) {
    test(`${page}: the database is copied while it is in use`, async () => {
      await follow(documented(page, 'backup'), { cwd: data() });
      const keys = (path) => recordsOf(path).map(({ sessionId }) => sessionId).sort();
      const copied = keys(join(data(), file));
      assert.ok(copied.some((key) => key.startsWith('GRANT#')));
      assert.deepEqual(copied, keys(world.gateway.database));
    });
  }

  test('docs/security.md: the lines of a mail are found by its id', async () => {
    const { sessionId } = await initialize(world.gateway, client.tokens.access_token);
    const read = await callTool(world.gateway, client.tokens.access_token, sessionId, 'gmail_read', { ids: [figures] });
    assert.equal(read.status, 200, read.text);
    writeFileSync(join(folder, 'gatehouse.log'), world.gateway.log);
    const block = documented('docs/security.md', 'lines-of-a-mail');
    const lines = (await follow(filled(block, { 'MESSAGE-ID': figures }))).trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ event, tool }) => [event, tool]), [['read', 'gmail_read']]);
    await assert.rejects(follow(filled(block, { 'MESSAGE-ID': '19a1ce0000000030' })), 'nobody read that one');
    const digest = spansOf('docs/operations.md').find(({ text }) => text.startsWith('printf %s MESSAGE-ID')).text;
    assert.ok(JSON.stringify(lines).includes(await follow(filled(digest, { 'MESSAGE-ID': figures }))));
  });

  test('docs/limits.md: what Google allows, written down', async () => {
    await follow(documented('docs/limits.md', 'quotas'));
    assert.match(await follow('gatehouse doctor', { env: { ...world.gateway.settings, ...withGatehouse(), GATEHOUSE_GOOGLE_QUOTAS: join(folder, 'quotas.json') } }), /^ok /m);
  });
});

test('.env.example: filled in, it is read as it says', async () => {
  const text = readFileSync(join(root, '.env.example'), 'utf8');
  const [, words] = /^# Copy to \.env, fill in .* start with: +(.+)$/m.exec(text);
  mkdirSync(join(folder, 'env'));
  const { GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_ISSUER, GOOGLE_API_URL, GATEHOUSE_PUBLIC_URL } = world.gateway.settings;
  const own = { GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, ALLOWED_DOMAINS: 'acme.example', GOOGLE_ISSUER, GOOGLE_API_URL, GATEHOUSE_PUBLIC_URL };
  const filledIn = Object.entries(own).reduce((all, [name, value]) => all.replace(new RegExp(`^#?${name}=.*$`, 'm'), `${name}=${value}`), text);
  for (const [name, value] of Object.entries(own)) assert.ok(filledIn.includes(`\n${name}=${value}\n`), name);
  writeFileSync(join(folder, 'env/.env'), filledIn);
  assert.match(await follow(filled(words, { 'gatehouse serve': 'gatehouse doctor' }), { cwd: join(folder, 'env') }), /^ok +client/m);
});

// Google's side is played by a server that keeps what it is sent.
describe('docs/security-events.md', () => {
  const received = [];
  const google = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ path: request.url, authorization: request.headers.authorization, type: request.headers['content-type'], body: JSON.parse(body) });
    response.end('{}');
  });
  const key = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  const place = () => join(folder, 'risc');

  before(async () => {
    await new Promise((listening) => google.listen(0, '127.0.0.1', listening));
    mkdirSync(place());
    writeFileSync(join(place(), 'risc-admin.json'), JSON.stringify({ client_email: 'risc-admin@project.iam.gserviceaccount.com', private_key: key.privateKey, private_key_id: 'key-1' }));
    const page = ['risc-token', 'risc-register', 'risc-verify'].map((name) => documented('docs/security-events.md', name)).join('');
    await follow(filled(page, { 'https://risc.googleapis.com/v1beta': `http://127.0.0.1:${google.address().port}/v1beta`, 'https://YOUR-HOST': world.gateway.url }), { cwd: place() });
  });
  after(() => google.close());

  test('the token is one that Google can verify', () => {
    const [head, claims, signature] = received[0].authorization.replace('Bearer ', '').split('.');
    assert.ok(verify('sha256', `${head}.${claims}`, key.publicKey, Buffer.from(signature, 'base64url')));
    const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'));
    assert.deepEqual(decoded(head), { typ: 'JWT', alg: 'RS256', kid: 'key-1' });
    const { iss, sub, aud, iat, exp } = decoded(claims);
    assert.deepEqual([iss, sub, exp - iat], ['risc-admin@project.iam.gserviceaccount.com', 'risc-admin@project.iam.gserviceaccount.com', 3600]);
    assert.equal(aud, 'https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService');
  });

  test('what is registered is an address that takes events', async () => {
    assert.deepEqual(received.map(({ path, type }) => [path, type]), [['/v1beta/stream:update', 'application/json'], ['/v1beta/stream:verify', 'application/json']]);
    const { delivery, events_requested: events } = received[0].body;
    assert.equal((await fetch(delivery.url, { method: 'POST', headers: { 'content-type': 'application/secevent+jwt' }, body: 'x' })).status, 400);
    assert.ok(events.length >= 7);
    for (const event of events) assert.ok(textOf('docs/security-events.md').includes(`\`${event.split('/').at(-1)}\``), event);
    assert.deepEqual(received[1].body, { state: 'asked by me' });
  });
});

describe('the pages about tests', () => {
  for (const [page, name, cwd, places, asked] of [
    ['test/emulator/README.md', 'google', 'test/emulator', async () => ({ DIR: join(folder, 'google') }), '/.well-known/openid-configuration'],
    ['test/fakes/aws/README.md', 'cloud', 'test/fakes/aws', async () => ({ 26000: String(await freePort()), python3: `exec ${python()}` }), '/_cloud/log'],
  ]) {
    test(`${page}: what it starts says that it answers, and does`, { timeout: 60_000 }, async () => {
      const words = filled(documented(page, name), await places());
      const child = start(words.replace(/^node/, 'exec node'), { cwd: join(root, cwd) });
      try {
        const { url } = JSON.parse(await until('it says that it answers', () => {
          assert.ok(child.running, child.errors);
          return /^\{.*\}$/m.exec(child.output)?.[0];
        }));
        assert.equal((await fetch(url + asked)).status, 200);
      } finally {
        await child.end();
      }
    });
  }
});

// Last, since it takes the place of the gateway that the others use.
test('README.md: with a Google of its own, the doctor finds all well and it serves', { timeout: 60_000 }, async () => {
  const { GATEHOUSE_LISTEN, GOOGLE_ISSUER, GOOGLE_API_URL } = world.gateway.settings;
  await world.gateway.stop();
  const place = join(folder, 'company');
  mkdirSync(join(place, 'build/release'), { recursive: true });
  symlinkSync(gatewayBinary(), join(place, 'build/release/gatehouse'));
  const words = filled(documented('README.md', 'serve'), {
    'https://gatehouse.example.com': world.gateway.url, '1234567890-abc.apps.googleusercontent.com': world.google.client_id, 'GOCSPX-of-that-client': world.google.client_secret,
    'ALLOWED_DOMAINS=example.com': 'ALLOWED_DOMAINS=acme.example',
  });
  const child = new Child('setsid', ['sh', '-ec', words], { cwd: place, env: { PATH: process.env.PATH, GATEHOUSE_LISTEN, GATEHOUSE_ADMIN_LISTEN: 'off', GOOGLE_ISSUER, GOOGLE_API_URL } });
  try {
    await until('it serves', () => {
      assert.ok(child.running, child.output + child.errors);
      return fetch(`${world.gateway.url}/healthz`).then((response) => response.ok, () => false);
    });
    assert.doesNotMatch(child.output, /^FAIL/m);
    assert.match(child.output, /^ok +redirect URI/m);
  } finally {
    process.kill(-child.pid, 'SIGTERM');
    await child.gone;
  }
});
