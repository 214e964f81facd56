// SPDX-License-Identifier: Apache-2.0
//
// What stands in front on one machine: Caddy by our Caddyfile, over TLS, and the description for Docker Compose.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { idsOf } from '../e2e/lib/answers.mjs';
import { FormBrowser } from '../e2e/lib/browser.mjs';
import { until } from '../e2e/lib/child.mjs';
import { SdkV1Client, SdkV1SseClient, byForms } from '../e2e/lib/clients.mjs';
import { openSse } from '../e2e/lib/raw_mcp.mjs';
import { World } from '../e2e/lib/world.mjs';
import { Caddy, caddyBinary, caddyfile } from './lib/caddy.mjs';
import { runnableBelow } from '../documented.mjs';
import { outcomeOf, run } from './lib/run.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

// {status, headers, text} of a request over TLS that trusts this authority alone.
function ask(caddy, path, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request(`${caddy.url}${path}`, { ca: caddy.authority, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more) => { text += more; });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.once('error', reject).end();
  });
}

describe('Caddy in front of the gateway', () => {
  let caddy;
  let world;
  let front;

  before(async () => {
    caddy = await Caddy.on();
    world = await World.start({ publicUrl: caddy.url, env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
    await world.google.set({ auto_login: 'alice@acme.example' });
    await caddy.start(new URL(world.gateway.url).host);
    front = { url: caddy.url, mcpUrl: `${caddy.url}/mcp`, sseUrl: `${caddy.url}/sse` };
    // The clients' fetch takes no authority while it runs; `ask` shows that the certificate holds.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  }, { timeout: 60_000 });

  after(async () => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    await caddy?.stop();
    await world?.end();
  });

  test('its certificate holds, and what it answers is the gateway’s', async () => {
    const { status, text } = await ask(caddy, '/healthz');
    assert.deepEqual([status, text], [200, 'ok\n']);
    const metadata = JSON.parse((await ask(caddy, '/.well-known/oauth-authorization-server')).text);
    assert.equal(metadata.issuer, caddy.url);
  });

  test('signing in works over https, with cookies that belong to this host alone', { timeout: 30_000 }, async () => {
    const set = [];
    const browser = new FormBrowser();
    const visit = browser.visit.bind(browser);
    browser.visit = async (...all) => {
      const page = await visit(...all);
      set.push(...page.headers.getSetCookie());
      return page;
    };
    const client = await new SdkV1Client({ gateway: front, name: 'over https', signIn: byForms(browser) }).connect();
    try {
      assert.ok(idsOf(await client.call('gmail_search', { query: 'from:bob', limit: 2 })).length > 0);
    } finally {
      await client.close();
    }
    const names = [...browser.cookies].filter(([, { host }]) => host === 'localhost').map(([name]) => name);
    assert.ok(names.length > 0 && names.every((name) => name.startsWith('__Host-')), names.join(', '));
    assert.ok(set.length > 0);
    for (const line of set) assert.match(line, /; Secure/i);
  });

  test('events come while their stream is open', { timeout: 30_000 }, async () => {
    const client = await new SdkV1SseClient({ gateway: front, name: 'of the older transport' }).connect();
    try {
      assert.ok(idsOf(await client.call('gmail_search', { query: 'from:bob', limit: 2 })).length > 0);
      const token = client.provider.granted.access_token;
      const stream = await openSse(front, token);
      assert.equal(stream.status, 200);
      const message = { jsonrpc: '2.0', id: 7, method: 'ping' };
      const answer = await fetch(new URL(stream.target, front.url), { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(message) });
      assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
      await until('the answer comes down the open stream', () => stream.events.some(({ data }) => data.includes('"id":7')));
      stream.cut();
    } finally {
      await client.close();
    }
  });
});

describe('Caddy in front of a recorder', () => {
  let caddy;
  let server;
  const seen = [];
  let streamsEnded = 0;

  before(async () => {
    server = http.createServer((request, response) => {
      seen.push({ path: request.url, headers: request.headers });
      if (request.url === '/sse') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: first\n\n');
        response.once('close', () => { streamsEnded += 1; });
      } else response.end('from behind\n');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    caddy = await (await Caddy.on()).start(`127.0.0.1:${server.address().port}`);
  }, { timeout: 60_000 });

  after(async () => {
    await caddy?.stop();
    server?.close();
    server?.closeAllConnections();
  });

  test('operators’ paths do not get through', async () => {
    for (const path of ['/metrics', '/livez', '/readyz']) assert.equal((await ask(caddy, path)).status, 404, path);
    assert.equal((await ask(caddy, '/mcp')).text, 'from behind\n');
    assert.deepEqual(seen.map(({ path }) => path), ['/mcp']);
  });

  test('the gateway is told the host as asked and who really connected', async () => {
    seen.length = 0;
    await ask(caddy, '/mcp', { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'evil.example' });
    const { headers } = seen[0];
    assert.equal(headers.host, `localhost:${caddy.port}`);
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-host'], `localhost:${caddy.port}`);
  });

  test('an event arrives while the stream goes on, and who leaves ends it behind, too', { timeout: 30_000 }, async () => {
    const request = https.get(`${caddy.url}/sse`, { ca: caddy.authority, agent: false });
    const first = await new Promise((resolve, reject) => {
      request.once('error', reject).once('response', (response) => response.setEncoding('utf8').once('data', resolve));
    });
    assert.equal(first, 'data: first\n\n');
    assert.equal(streamsEnded, 0);
    request.on('error', () => {}).destroy();
    await until('the stream ends behind Caddy', () => streamsEnded === 1);
  });

  test('no address with a code gets into its log', async () => {
    await ask(caddy, '/oauth/google/callback?code=canary-of-a-code');
    assert.doesNotMatch(caddy.log, /canary-of-a-code/);
  });
});

describe('files for one machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-compose-'));
  const compose = join(folder, 'deploy/compose');
  mkdirSync(join(folder, 'deploy'));
  cpSync(join(root, 'deploy/compose'), compose, { recursive: true });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const env = { PATH: process.env.PATH, HOME: folder };
  const described = () => run(['sh', '-c', 'docker-compose config | python3 -c "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"'], { cwd: compose, env }).then(JSON.parse);

  test('Caddy takes the Caddyfile, written as Caddy writes it', async () => {
    await run([caddyBinary, 'validate', '--adapter', 'caddyfile', '--config', caddyfile], { env: { ...env, GATEHOUSE_HOST: 'gatehouse.example.com' } });
    assert.equal(await run([caddyBinary, 'fmt', caddyfile]), readFileSync(caddyfile, 'utf8'));
  });

  test('compose says what is missing', async () => {
    const { status, err } = await outcomeOf(['docker-compose', 'config'], { cwd: compose, env });
    assert.notEqual(status, 0);
    assert.match(err, /\.env|under which name/);
  });

  test('by the page’s commands compose has all it needs', async () => {
    for (const words of runnableBelow('docs/deploy-one-machine.md', '### Compose')) await run(['sh', '-ec', words], { cwd: folder, env });
    assert.equal(statSync(join(compose, '.env')).mode & 0o777, 0o600);
    const { services } = await described();
    const { gatehouse, caddy } = services;
    assert.equal(gatehouse.environment.GATEHOUSE_PUBLIC_URL, 'https://gatehouse.example.com');
    assert.equal(caddy.environment.GATEHOUSE_HOST, 'gatehouse.example.com');
    assert.equal(caddy.environment.GATEHOUSE_UPSTREAM, 'gatehouse:8080');
    assert.ok(!caddy.environment.GOOGLE_CLIENT_SECRET, 'Caddy is told no secret');
    for (const service of [gatehouse, caddy]) {
      assert.deepEqual([service.read_only, service.cap_drop, service.security_opt], [true, ['ALL'], ['no-new-privileges:true']]);
    }
    assert.equal(gatehouse.ports, undefined, 'only Caddy is reached from outside');
    assert.ok(gatehouse.volumes.some((volume) => String(volume.source ?? volume).startsWith('state')));
    assert.ok(existsSync(join(root, 'Dockerfile')) && readFileSync(join(root, 'Dockerfile'), 'utf8').includes(`AS ${gatehouse.build.target}\n`));
  });

  test('every setting that the example names is one', () => {
    const ofCompose = ['COMPOSE_PROJECT_NAME', 'GATEHOUSE_HOST'];
    const known = readFileSync(join(root, '.env.example'), 'utf8');
    const names = [...readFileSync(join(compose, '.env.example'), 'utf8').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    assert.ok(names.length >= 4);
    for (const name of names) assert.ok(ofCompose.includes(name) || new RegExp(`^#?${name}=`, 'm').test(known), name);
  });
});
