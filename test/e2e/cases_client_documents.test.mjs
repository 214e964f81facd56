// SPDX-License-Identifier: Apache-2.0
//
// Chapter CI of the abuse cases, as far as it needs no reachable document: clients whose id is the address of one. What is fetched, and how,
// is judged beside the code (client_documents_test.cc). Whether the internet can be reached from here makes no difference.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { FormBrowser, readForm } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { exchange } from './lib/exchange.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

let world;
let callback;
let sink; // what no connection may reach: port 443 of this machine, where we may listen there
let unwanted = 0;

const listen = (server, port) => new Promise((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', () => resolve(server)));

before(async () => {
  world = await World.start();
  await world.google.set({ auto_login: 'alice@acme.example' });
  callback = await listen(createHttpServer((_, response) => response.end('arrived')), 0);
  const counting = createServer((socket) => {
    unwanted += 1;
    socket.destroy();
  });
  sink = await listen(counting, 443).catch(() => undefined);
}, { timeout: 60_000 });
after(async () => {
  callback?.close();
  sink?.close();
  await world?.end();
});

const limit = { timeout: 30_000 };
const claudeCode = 'https://claude.ai/oauth/claude-code-client-metadata';
const callbackUrl = () => `http://127.0.0.1:${callback.address().port}/callback`;
const recordsOfClients = async () => (await world.records()).filter(({ sessionId }) => sessionId.startsWith('CLIENT#'));

// The log comes by another way than the answers.
const logged = (words) => until(`the log says: ${words}`, () => world.gateway.log.split('\n').find((line) => line.includes(words)));

function published(id, redirect = callbackUrl()) {
  return Object.assign(new RawClient({ gateway: world.gateway, name: 'published' }), { id, redirect });
}

// As a program asks, and as a person's browser does.
function asked(id, accept = 'application/json') {
  const { pathname, search } = new URL(published(id).begin());
  return exchange(world.gateway.url + pathname + search, { headers: { accept } });
}

test('MD-04: the metadata offers it, and `none`, which such clients need', limit, async () => {
  const { json } = await exchange(`${world.gateway.url}/.well-known/oauth-authorization-server`);
  assert.equal(json.client_id_metadata_document_supported, true);
  assert.ok(json.token_endpoint_auth_methods_supported.includes('none'));
});

describe('CI-03, CI-07, CI-19: an address out of order is refused before anything is looked up', () => {
  const table = [
    ['no path', 'https://app.example'],
    ['a path of nothing', 'https://app.example/'],
    ['a fragment', 'https://app.example/client.json#part'],
    ['user information', 'https://claude.ai@app.example/client.json'],
    ['a dot segment', 'https://app.example/a/../client.json'],
    ['a dot segment in disguise', 'https://app.example/a/%2e%2E/client.json'],
    ['a backslash', 'https://app.example\\client.json'],
    ['a space', 'https://app.example/client .json'],
    ['another port', 'https://app.example:8443/client.json'],
    ['too long', `https://app.example/${'x'.repeat(2048)}`],
    ['loopback', 'https://127.0.0.1/client.json'],
    ['loopback by name', 'https://localhost/client.json'],
    ['loopback of IPv6', 'https://[::1]/client.json'],
    ['loopback inside IPv6', 'https://[::ffff:127.0.0.1]/client.json'],
    ['loopback as one number', 'https://2130706433/client.json'],
    ['loopback in octal', 'https://0177.0.0.1/client.json'],
    ['a private network', 'https://10.0.0.1/client.json'],
    ['the credentials of a cloud', 'https://169.254.170.2/v2/credentials'],
    ['carriers', 'https://100.64.0.1/client.json'],
    ['multicast', 'https://224.0.0.1/client.json'],
    ['nowhere', 'https://0.0.0.0/client.json'],
  ];
  for (const [name, id] of table) {
    test(name, limit, async () => {
      const { status, json } = await asked(id);
      assert.equal(status, 400);
      assert.equal(json.error, 'invalid_client');
      assert.match(json.error_description, /^client_id (is|has) /);
      const token = await published(id).redeem('gth_c_nothing', 'x'.repeat(43));
      assert.deepEqual([token.status, token.json.error], [401, 'invalid_client']);
    });
  }

  test('over http it is no such address, and no client', limit, async () => {
    const { status, json } = await asked('http://app.example/client.json');
    assert.deepEqual([status, json.error, json.error_description], [400, 'invalid_client', 'this client is not registered here']);
  });

  test('the log says why, and nothing else happened', limit, async () => {
    assert.match(await logged('client_id has a dot segment'), /client document refused/);
    assert.doesNotMatch(world.gateway.log, /client document not fetched/);
    assert.equal(unwanted, 0);
  });
});

describe('CI-07: a name that leads into this machine', () => {
  // A name of two labels that resolves to loopback without any name server (RFC 6761 section 6.3).
  const inside = 'https://sink.localhost/client.json';

  test('is resolved, judged, and not connected to', limit, async () => {
    const { status, json, headers } = await asked(inside);
    assert.equal(status, 503);
    assert.equal(json.error, 'temporarily_unavailable');
    assert.match(json.error_description, /could not be fetched/);
    assert.ok(headers['retry-after']);
    const line = await logged('client document not fetched');
    assert.match(line, /connect to sink\.localhost failed/);
    assert.doesNotMatch(line, /resolve/i);
    assert.equal(unwanted, 0);
  });

  test('is a page that says so to people', limit, async () => {
    const page = await new FormBrowser().visit(published(inside).begin());
    assert.equal(page.status, 503);
    assert.match(page.text, /cannot be looked up now/);
    assert.equal(readForm(page.text), undefined);
  });

  test('tells the client to try again, not to forget its tokens', limit, async () => {
    const { status, json, retryAfter } = await published(inside).refresh('gth_r_nothing');
    assert.deepEqual([status, json.error], [503, 'temporarily_unavailable']);
    assert.ok(retryAfter);
    assert.equal(unwanted, 0);
  });
});

describe('CI-01: clients whose documents are known', () => {
  test('Claude Code: signs in, renews after kill -9, signs out, and leaves no registration', limit, async () => {
    const client = published(claudeCode);
    const page = await new FormBrowser().visit(client.begin());
    assert.match(page.text, /published at <span class="place">claude\.ai<\/span>/);
    assert.match(page.text, /Did you start this yourself/);

    await client.signIn();
    assert.ok(client.tokens.access_token);
    await world.gateway.restart();
    const renewed = await client.refresh();
    assert.equal(renewed.status, 200, renewed.text);
    assert.equal((await client.revoke(renewed.json.refresh_token)).status, 200);
    assert.equal((await client.refresh(renewed.json.refresh_token)).json.error, 'invalid_grant');
    assert.deepEqual(await recordsOfClients(), []);
  });

  test('a code of one is no good to another', limit, async () => {
    const client = published(claudeCode);
    const code = await client.consent();
    const other = published('https://chatgpt.com/oauth/codex/client.json');
    const stolen = await other.redeem(code, client.verifier);
    assert.deepEqual([stolen.status, stolen.json.error], [400, 'invalid_grant']);
    assert.equal((await client.redeem(code)).status, 200);
  });

  test('the answer goes nowhere else', limit, async () => {
    for (const redirect of [`${callbackUrl()}/other`, 'https://evil.example/callback', 'http://evil.example/callback']) {
      const page = await new FormBrowser().visit(published(claudeCode, redirect).begin());
      assert.equal(page.status, 400, redirect);
      assert.match(page.text, /wrong place/);
    }
  });

  const known = [
    ['https://claude.ai/oauth/mcp-oauth-client-metadata', 'https://claude.ai/api/mcp/auth_callback'],
    ['https://chatgpt.com/oauth/client.json', 'https://chatgpt.com/connector_platform_oauth_redirect'],
    ['https://chatgpt.com/oauth/codex/client.json', 'http://127.0.0.1:40123/callback'],
    ['https://vscode.dev/oauth/client-metadata.json', 'https://vscode.dev/redirect'],
    ['https://zed.dev/oauth/client-metadata.json', 'http://127.0.0.1:40123/callback'],
    ['https://opencode.ai/oauth/opencode/client.json', 'http://localhost:40123/callback'],
  ];
  for (const [id, redirect] of known) {
    test(`${id} is asked about`, limit, async () => {
      const page = await new FormBrowser().visit(published(id, redirect).begin());
      assert.equal(readForm(page.text)?.action, '/consent', `${page.status}: ${page.text.slice(0, 400)}`);
      assert.ok(page.text.includes(`published at <span class="place">${new URL(id).hostname}</span>`));
    });
  }
});
