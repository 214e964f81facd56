// SPDX-License-Identifier: Apache-2.0
//
// Chapter MD of the abuse cases: discovery, metadata, challenges. Bytes are compared; the issuer is what the configuration says.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Audit } from './lib/audit.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { exchange } from './lib/exchange.mjs';
import { callAlone, callTool, initialize, inSession, post } from './lib/raw_mcp.mjs';
import { World } from './lib/world.mjs';

const publicUrl = 'https://gatehouse.example';
const audit = new Audit();
let world; // plain http on loopback
let secure; // called https by the world outside
let token;

before(async () => {
  [world, secure] = await Promise.all([World.start(), World.start({ publicUrl })]);
  await world.google.set({ auto_login: 'alice@acme.example' });
  const client = await new CaseClient({ gateway: world.gateway, audit, redirects: ['https://app.example/cb'] }).signIn();
  token = client.tokens.access_token;
}, { timeout: 60_000 });
after(() => Promise.all([world?.end(), secure?.end()]));

const outside = (path, options = {}) => exchange(publicUrl + path, { port: new URL(secure.gateway.url).port, ...options });

// The parameters of a challenge with the Bearer scheme.
function challengeOf(answer) {
  const header = answer.headers['www-authenticate'] ?? '';
  assert.match(header, /^Bearer \w+="[^"\\]*"(, \w+="[^"\\]*")*$/, header);
  return Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
}

const guarded = [['POST', '/mcp'], ['GET', '/mcp'], ['DELETE', '/mcp'], ['POST', '/mcp/'], ['GET', '/sse'], ['GET', '/sse/'], ['POST', '/messages'], ['POST', '/messages?session=x']];
const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
const json = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

describe('challenges', () => {
  for (const [method, path] of guarded) {
    test(`MD-01 no token: ${method} ${path}: 401, where the metadata is and what to ask for, no error, and nothing of what is inside`, async () => {
      for (const [what, headers] of [['nothing', {}], ['another scheme', { Authorization: 'Basic eDp5' }], ['a cookie', { Cookie: `access_token=${token}` }], ['another header', { 'X-Access-Token': token }]]) {
        const answer = await outside(path, { method, headers: { ...json, ...headers }, body: method === 'POST' ? ping : undefined });
        assert.equal(answer.status, 401, what);
        const challenge = challengeOf(answer);
        assert.equal(challenge.resource_metadata, `${publicUrl}/.well-known/oauth-protected-resource/${/^\/mcp/.test(path) ? 'mcp' : 'sse'}`);
        assert.equal(challenge.scope, 'workspace.read', 'the least');
        assert.equal('error' in challenge, false);
        assert.doesNotMatch(JSON.stringify(answer.headers) + answer.text, /gmail|calendar|drive|whoami|search|\d+\.\d+\.\d+/i);
        assert.ok(answer.text.length < 200);
      }
      const document = await outside(new URL(challengeOf(await outside(path, { method })).resource_metadata).pathname);
      assert.equal(document.status, 200, 'and the metadata is there');
    });
  }

  const wrong = [
    ['random', () => randomBytes(48).toString('base64url')], ['random with our prefix', () => `gth_a_${randomBytes(69).toString('base64url')}`], ['truncated', () => token.slice(0, -1)], ['half', () => token.slice(0, 49)], ['longer', () => `${token}A`], ['in upper case', () => token.toUpperCase()],
    ['empty', () => ''], ['the prefix alone', () => 'gth_a_'], ['a space within', () => `${token.slice(0, 50)} ${token.slice(50)}`], ['beyond ASCII', () => 'gth_a_\u00e9\u00ff'.padEnd(98, '\u00e9')], ['ours and one beyond ASCII', () => `${token}\u00e9`], ['quoted', () => `"${token}"`],
    ['of 7 KB', () => 'a'.repeat(7 * 1024)], ['a JWT without signature', () => 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.'], ['markup', () => '<script>'], ['undefined', () => 'undefined'],
  ];
  for (const [what, value] of wrong) {
    test(`MD-02 bad token: ${what}: 401 invalid_token`, async () => {
      for (const path of ['/mcp', '/sse']) {
        const answer = await exchange(world.gateway.url + path, { method: path === '/mcp' ? 'POST' : 'GET', headers: { ...json, Authorization: `Bearer ${value()}` }, body: path === '/mcp' ? ping : undefined });
        assert.equal(answer.status, 401, answer.text);
        const challenge = challengeOf(answer);
        assert.equal(challenge.error, 'invalid_token');
        assert.ok(challenge.resource_metadata && challenge.scope);
        audit.expect('token refused', { reason: 'malformed' });
      }
    });
  }

  test('MD-02 bad token: of 64 KB, which no head may hold: 431, and the connection closed', async () => {
    const { port } = new URL(world.gateway.url);
    const answer = await new Promise((resolve, reject) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(`GET /mcp HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${'a'.repeat(64 * 1024)}\r\n\r\n`));
      socket.setEncoding('latin1').on('data', (part) => { text += part; }).once('close', () => resolve(text)).on('error', (error) => (text ? resolve(text) : reject(error)));
      socket.setTimeout(10_000, () => socket.destroy(new Error('left open')));
    });
    assert.match(answer, /^HTTP\/1\.1 431 /);
  });
});

describe('a missing scope', () => {
  const letter = { to: ['bob@acme.example'], subject: 'MD-08', body: 'Not to be sent.' };
  const signedInFor = async (scope) => (await new CaseClient({ gateway: world.gateway, audit, redirects: ['https://app.example/cb'] }).signIn({ scope })).tokens;

  // The one complete challenge, and a body that answers the request.
  function assertChallenged(answer, scope, id = 1) {
    assert.equal(answer.status, 403, answer.text);
    const header = answer.headers.get('www-authenticate');
    const challenge = challengeOf({ headers: { 'www-authenticate': header } });
    assert.deepEqual(Object.keys(challenge).sort(), ['error', 'error_description', 'resource_metadata', 'scope']);
    assert.equal(challenge.error, 'insufficient_scope');
    assert.equal(challenge.scope, scope, 'what this call needs and nothing else');
    assert.equal(challenge.resource_metadata, `${world.gateway.url}/.well-known/oauth-protected-resource/mcp`);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.message.id, id);
    assert.ok(answer.message.error.message.includes(scope));
  }

  // what, the scope it needs, how it is asked for
  const asked = [
    ['a tool, 2026-07-28', 'workspace.write', (t) => callAlone(world.gateway, t, 'gmail_send', letter)],
    ['a tool in a session of 2025-11-25', 'workspace.write', async (t) => callTool(world.gateway, t, (await initialize(world.gateway, t)).sessionId, 'gmail_send', letter)],
    ['a tool that reads', 'workspace.read', (t) => callAlone(world.gateway, t, 'gmail_search', { query: 'quicksilver' })],
    ['a resource', 'workspace.read', async (t) => post(world.gateway, t, { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'gmail://message/19a1ce0000000020' } }, inSession((await initialize(world.gateway, t)).sessionId))],
  ];
  for (const [what, scope, ask] of asked) {
    test(`MD-08 scope challenge: ${what}: 403 with that scope alone, and Google is asked nothing`, async () => {
      const held = scope === 'workspace.write' ? 'workspace.read' : 'workspace.write';
      const tokens = await signedInFor(held);
      assert.equal(tokens.scope, held, 'granted is what was asked for');
      const before = (await world.google.asked(/\/gmail\//)).length;
      const answer = await ask(tokens.access_token);
      assertChallenged(answer, scope);
      audit.expect('scope missing', { reason: 'challenged' });
      assert.equal((await world.google.asked(/\/gmail\//)).length, before);
    });
  }

  test('MD-08 scope challenge: not for what needs no scope, nor for what its session may not even ask', async () => {
    const { access_token: reading } = await signedInFor('workspace.read');
    assert.equal((await callAlone(world.gateway, reading, 'whoami', {})).status, 200);
    assert.equal((await callTool(world.gateway, reading, 'no such session', 'gmail_send', letter)).status, 404);
  });
});

describe('metadata', () => {
  const served = [['/.well-known/oauth-protected-resource', '/mcp'], ['/.well-known/oauth-protected-resource/mcp', '/mcp'], ['/.well-known/oauth-protected-resource/sse', '/sse']];
  for (const [path, resource] of served) {
    test(`MD-03 protected-resource metadata: ${path}`, async () => {
      for (const [url, ask] of [[publicUrl, outside], [world.gateway.url, (where) => exchange(world.gateway.url + where)]]) {
        const answer = await ask(path);
        assert.equal(answer.status, 200);
        assert.match(answer.headers['content-type'], /^application\/json/);
        assert.equal(answer.json.resource, url + resource);
        assert.deepEqual(answer.json.authorization_servers, [url]);
        assert.ok(answer.json.scopes_supported.length > 0 && !answer.json.scopes_supported.includes('offline_access'));
        assert.deepEqual(answer.json.bearer_methods_supported, ['header']);
      }
    });
  }
  test('MD-03 protected-resource metadata: of resources that are not here there is none', async () => {
    for (const path of ['/messages', '/', '/mcp/', '/mcp/x', '/../mcp', '/%6dcp', '/MCP']) assert.equal((await outside(`/.well-known/oauth-protected-resource${path}`)).status, 404, path);
  });

  test('MD-04 server metadata: only S256, iss announced, client metadata documents taken, every endpoint https and under the issuer', async () => {
    const answer = await outside('/.well-known/oauth-authorization-server');
    assert.equal(answer.status, 200);
    const metadata = answer.json;
    assert.equal(metadata.issuer, publicUrl);
    assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
    assert.equal(metadata.authorization_response_iss_parameter_supported, true);
    assert.equal(metadata.client_id_metadata_document_supported, true);
    assert.deepEqual(metadata.response_types_supported, ['code']);
    assert.deepEqual(metadata.grant_types_supported, ['authorization_code', 'refresh_token']);
    const addresses = Object.entries(metadata).filter(([name]) => /_endpoint$|_uri$|documentation$/.test(name));
    assert.ok(addresses.length >= 5);
    for (const [name, address] of addresses) assert.ok(address.startsWith(`${publicUrl}/`), `${name}: ${address}`);
    for (const path of addresses.filter(([name]) => /_endpoint$/.test(name)).map(([, address]) => new URL(address).pathname)) {
      assert.notEqual((await outside(path)).status, 404, `${path} is there`);
    }
    const alias = await outside('/.well-known/openid-configuration');
    assert.equal(alias.text, answer.text, 'the alias is the same, byte for byte');
  });

  test('MD-04 server metadata: nothing in a request changes it', async () => {
    const plain = await outside('/.well-known/oauth-authorization-server');
    for (const headers of [{ 'X-Forwarded-Host': 'evil.example' }, { 'X-Forwarded-Proto': 'http' }, { Forwarded: 'host=evil.example;proto=http' }, { 'X-Original-Host': 'evil.example' }, { 'MCP-Protocol-Version': '2025-11-25' }, { Origin: 'https://evil.example' }]) {
      assert.equal((await outside('/.well-known/oauth-authorization-server', { headers })).text, plain.text, JSON.stringify(headers));
    }
    for (const host of ['evil.example', 'gatehouse.example.evil.example', 'gatehouse.example:8443', 'localhost']) {
      const answer = await outside('/.well-known/oauth-authorization-server', { headers: { Host: host } });
      assert.equal(answer.status, 421, host);
      assert.doesNotMatch(answer.text, /evil|issuer/);
    }
    assert.equal((await outside('/.well-known/oauth-authorization-server?x=https://evil.example')).text, plain.text);
  });
});

describe('methods and other origins', () => {
  // route, what it allows besides OPTIONS
  const routes = [
    ['/mcp', 'POST GET DELETE HEAD'], ['/sse', 'POST GET DELETE HEAD'], ['/messages', 'POST GET DELETE HEAD'], ['/token', 'POST'], ['/register', 'POST'], ['/revoke', 'POST'], ['/authorize', 'GET HEAD'], ['/consent', 'GET HEAD POST'], ['/consent/more', 'POST'], ['/oauth/google/callback', 'GET HEAD'], ['/', 'GET HEAD'], ['/account', 'GET HEAD'],
    ['/login', 'GET HEAD'], ['/logout', 'POST'], ['/healthz', 'GET HEAD'], ['/.well-known/oauth-authorization-server', 'GET HEAD'], ['/.well-known/openid-configuration', 'GET HEAD'], ['/.well-known/oauth-protected-resource', 'GET HEAD'], ['/.well-known/oauth-protected-resource/mcp', 'GET HEAD'],
  ];
  for (const [path, allowed] of routes) {
    test(`MD-09 methods: ${path}: 405 with Allow for what it does not do`, async () => {
      for (const method of ['PUT', 'PATCH', 'TRACE', 'HEAD', 'POST', 'DELETE', 'PROPFIND']) {
        const answer = await exchange(world.gateway.url + path, { method });
        if (allowed.split(' ').includes(method)) {
          assert.notEqual(answer.status, 405, method);
          if (method === 'HEAD') assert.equal(answer.text, '');
          continue;
        }
        assert.equal(answer.status, 405, `${method}: ${answer.status}`);
        const allow = answer.headers.allow.split(', ');
        for (const name of allowed.split(' ')) assert.ok(allow.includes(name), `${name} in ${allow}`);
        assert.ok(!allow.includes(method));
        assert.doesNotMatch(answer.text, /TRACE \//, 'nothing is echoed');
      }
    });

    test(`MD-09 other origins: ${path}: a preflight is right or refused, and never \`*\` with credentials`, async () => {
      for (const origin of ['https://evil.example', 'null', 'https://localhost.evil.example', 'http://[::1', 'file://', '']) {
        for (const method of ['OPTIONS', ...allowed.split(' ')]) {
          const answer = await exchange(world.gateway.url + path, { method, headers: { Origin: origin, 'Access-Control-Request-Method': allowed.split(' ')[0], 'Access-Control-Request-Headers': 'authorization, content-type' } });
          assert.equal(answer.headers['access-control-allow-credentials'], undefined, `${method} ${origin}`);
          const allow = answer.headers['access-control-allow-origin'];
          if (/^\/(\.well-known|token|register|revoke)/.test(path)) {
            assert.equal(allow, '*', `${method} ${origin}: these answers depend on nothing a browser adds`);
            if (method === 'OPTIONS') assert.match(answer.headers['access-control-allow-headers'], /Authorization.*Content-Type/);
            if (method === 'OPTIONS') assert.equal(answer.status, 204);
          } else {
            assert.equal(allow, undefined, `${method} ${origin}: ${answer.status}`);
            assert.ok([403, 405].includes(answer.status) || path === '/consent' || path === '/logout' || path === '/healthz', `${method} ${origin}: ${answer.status}`);
          }
        }
      }
    });
  }
  test('MD-09 other origins: our own and those of one\'s own machine may use /mcp, named one by one', async () => {
    for (const origin of [world.gateway.url, 'http://localhost:6274']) {
      const answer = await exchange(world.gateway.mcpUrl, { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' } });
      assert.equal(answer.status, 204);
      assert.equal(answer.headers['access-control-allow-origin'], origin);
      assert.match(answer.headers['access-control-allow-headers'], /Authorization/);
      assert.equal(answer.headers['access-control-allow-credentials'], undefined);
    }
  });
});

describe('the log', () => {
  test('I14: each refused token has left an event', () => audit.assertTold(() => world.gateway.log));
  test('I8: no token, code or verifier can be read in it', () => audit.assertSilent(() => world.gateway.log + secure.gateway.log));
});
