// SPDX-License-Identifier: Apache-2.0
//
// Chapter RS of the abuse cases: what is taken for a token, on every route.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { errorOf } from './lib/answers.mjs';
import { Audit } from './lib/audit.mjs';
import { CaseClient, challengeOf } from './lib/case_client.mjs';
import { exchange, post as postForm } from './lib/exchange.mjs';
import { callAlone, initialize, inSession, openSse, post } from './lib/raw_mcp.mjs';
import { World } from './lib/world.mjs';

const audit = new Audit();
const redirects = ['https://app.example/cb'];
let world;
let other; // another deployment, whose Google is another one
let drafting; // one whose mode is draft: only there reading and writing are two permissions at Google
let client;
let token;

before(async () => {
  [world, other, drafting] = await Promise.all([World.start({ wallClock: true, env: { GATEHOUSE_TRUSTED_PROXIES: '1' } }), World.start(), World.start({ env: { GATEHOUSE_MODE: 'draft' } })]);
  await Promise.all([world, other].map(({ google }) => google.set({ auto_login: 'alice@acme.example' })));
  client = await new CaseClient({ gateway: world.gateway, audit, redirects }).signIn();
  token = client.tokens.access_token;
}, { timeout: 60_000 });
after(() => Promise.all([world, other, drafting].map((one) => one?.end())));

const json = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
const modern = { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': 'gmail_search' };
const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'gmail_search', arguments: { query: 'quicksilver' }, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } } });

// A tool call with exactly these headers, by pairs.
const callWith = (headers, { path = '/mcp', gateway = world.gateway } = {}) => exchange(gateway.url + path, { method: 'POST', headers: [...Object.entries({ ...json, ...modern }), ...headers], body: call });

function isRefused(answer, what) {
  assert.equal(answer.status, 401, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
  assert.match(answer.headers['www-authenticate'], /^Bearer /);
  assert.doesNotMatch(answer.text, /quicksilver|19a1ce/);
  return answer;
}

function isServed(answer, what) {
  assert.equal(answer.status, 200, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
  assert.match(answer.text, /19a1ce0000000020/);
}

// What Google gave somebody directly: a token that works there.
async function fromGoogle() {
  const verifier = 'x'.repeat(43);
  const { google } = world;
  const redirect = `${world.gateway.url}/oauth/google/callback`;
  const query = new URLSearchParams({ response_type: 'code', client_id: google.client_id, redirect_uri: redirect, scope: 'openid email https://www.googleapis.com/auth/gmail.readonly', state: 's', code_challenge: challengeOf(verifier), code_challenge_method: 'S256' });
  const { location } = await exchange(`${google.url}/o/oauth2/v2/auth?${query}`);
  const answer = await postForm(`${google.url}/token`, { grant_type: 'authorization_code', code: new URL(location).searchParams.get('code'), redirect_uri: redirect, client_id: google.client_id, client_secret: google.client_secret, code_verifier: verifier });
  return answer.json;
}

describe('where a token may stand', () => {
  for (const path of ['/mcp', '/mcp/', '/sse', '/messages']) {
    test(`RS-01 token in query: ${path}: 401, and the value is not in the log`, async () => {
      for (const query of [`access_token=${token}`, `x=1&access_token=${token}`, `access_token=${token}&access_token=${token}`, 'access_token=']) {
        for (const method of ['GET', 'POST', 'DELETE']) {
          const answer = isRefused(await exchange(`${world.gateway.url}${path}?${query}`, { method, headers: { ...json, ...modern }, body: method === 'POST' ? call : undefined }), `${method} ${query.slice(0, 20)}`);
          assert.match(answer.headers['www-authenticate'], /error="invalid_token"/);
          audit.expect('token refused', { reason: 'ambiguous' });
        }
        isRefused(await callWith([['Authorization', `Bearer ${token}`]], { path: `${path}?${query}` }), 'beside a good header');
        audit.expect('token refused', { reason: 'ambiguous' });
      }
    });
  }
  test('RS-01 token in query: nor in a body, a cookie or another header', async () => {
    isRefused(await postForm(world.gateway.mcpUrl, { access_token: token }), 'a form');
    for (const [name, value] of [['Cookie', `access_token=${token}`], ['X-Authorization', `Bearer ${token}`], ['Proxy-Authorization', `Bearer ${token}`], ['X-Api-Key', token]]) isRefused(await callWith([[name, value]]), name);
  });

  const served = [['Bearer', () => `Bearer ${token}`], ['bearer', () => `bearer ${token}`], ['BEARER', () => `BEARER ${token}`], ['two spaces', () => `Bearer  ${token}`], ['spaces after it', () => `Bearer ${token}  `]];
  for (const [what, value] of served) test(`RS-06 header forms: ${what}: served`, async () => isServed(await callWith([['Authorization', value()]]), what));
  const ambiguous = [
    ['two headers', () => [`Bearer ${token}`, `Bearer ${token}`]], ['two headers, the second empty', () => [`Bearer ${token}`, '']], ['two headers of two schemes', () => ['Basic eDp5', `Bearer ${token}`]], ['joined by a comma', () => [`Bearer ${token}, Bearer ${token}`]], ['joined by a comma without space', () => [`Bearer ${token},${token}`]],
    ['two tokens', () => [`Bearer ${token} ${token}`]], ['no scheme', () => [token]], ['another scheme', () => [`Token ${token}`]], ['a tab for the space', () => [`Bearer\t${token}`]], ['a colon', () => [`Bearer: ${token}`]], ['quoted', () => [`Bearer "${token}"`]], ['a parameter', () => [`Bearer token="${token}"`]],
    ['the scheme twice', () => [`Bearer Bearer ${token}`]], ['nothing after the scheme', () => ['Bearer']], ['Basic with the token as password', () => [`Basic ${Buffer.from(`x:${token}`).toString('base64')}`]], ['DPoP', () => [`DPoP ${token}`]],
  ];
  for (const [what, values] of ambiguous) test(`RS-06 header forms: ${what}: refused`, async () => isRefused(await callWith(values().map((value) => ['Authorization', value])), what));
});

describe('whose token', () => {
  test('RS-02 foreign tokens: Google\'s access and ID token, another deployment\'s, and others of our own: 401, and Google sees none of them', async () => {
    const google = await fromGoogle();
    assert.equal((await exchange(`${world.google.url}/gmail/v1/users/me/profile`, { headers: { Authorization: `Bearer ${google.access_token}` } })).status, 200, 'it is good at Google');
    const elsewhere = await new CaseClient({ gateway: other.gateway, audit, redirects }).signIn();
    isServed(await callWith([['Authorization', `Bearer ${elsewhere.tokens.access_token}`]], { gateway: other.gateway }), 'it is good there');
    const unused = await client.code();
    const foreign = { 'Google\'s access token': google.access_token, 'Google\'s ID token': google.id_token, 'another deployment\'s access token': elsewhere.tokens.access_token, 'our refresh token': client.tokens.refresh_token, 'a code of ours': unused, 'a client identifier': client.id, 'Google\'s client secret': world.google.client_secret };
    await world.google.clear();
    for (const [what, value] of Object.entries(foreign)) {
      audit.note(what, value === client.id ? undefined : value);
      for (const path of ['/mcp', '/sse', '/messages']) {
        isRefused(await callWith([['Authorization', `Bearer ${value}`]], { path }), `${what} at ${path}`);
        audit.expect('token refused', { reason: 'malformed' });
      }
    }
    assert.deepEqual((await world.google.log()).requests.filter(({ path }) => !path.startsWith('/__test/')), [], 'nothing went to Google');
    await world.google.set({ auto_login: 'alice@acme.example' });
    isServed(await callWith([['Authorization', `Bearer ${token}`]]), 'our own still works');
  });

  test('RS-03 every route: each MCP route and verb without a token is 401, whatever else is right', async () => {
    const { sessionId } = await initialize(world.gateway, token);
    const stream = await openSse(world.gateway, token);
    const target = new URL(stream.target, world.gateway.url);
    await world.google.clear();
    const messages = ['initialize', 'ping', 'tools/list', 'tools/call', 'notifications/initialized', 'logging/setLevel'];
    for (const path of ['/mcp', '/mcp/', '/sse', '/sse/', '/messages', target.pathname + target.search]) {
      for (const method of ['GET', 'POST', 'DELETE', 'HEAD']) {
        for (const headers of [{}, { 'Mcp-Session-Id': sessionId, 'MCP-Protocol-Version': '2025-11-25' }, modern, { 'Last-Event-ID': '1' }, { Origin: world.gateway.url }]) {
          const answer = await exchange(world.gateway.url + path, { method, headers: { ...json, ...headers }, body: method === 'POST' ? call : undefined });
          assert.equal(answer.status, 401, `${method} ${path}: ${answer.status}`);
          assert.match(answer.headers['www-authenticate'], /^Bearer resource_metadata=/);
          audit.expect('no token');
        }
      }
      for (const name of messages) {
        const answer = await exchange(world.gateway.url + path, { method: 'POST', headers: { ...json, 'Mcp-Session-Id': sessionId }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: name, params: {} }) });
        assert.equal(answer.status, 401, `${name} at ${path}`);
      }
    }
    assert.equal(stream.events.length, 1, 'nothing reached the stream');
    stream.cut();
    assert.deepEqual((await world.google.log()).requests.filter(({ path }) => !path.startsWith('/__test/')), [], 'nothing was executed');
    await world.google.set({ auto_login: 'alice@acme.example' });
    assert.equal((await post(world.gateway, token, { jsonrpc: '2.0', id: 2, method: 'tools/list' }, inSession(sessionId))).status, 200, 'and the session is alive');
  });

  test('RS-10 expiry edge: served a second before exp, refused at exp and after', async () => {
    const start = Math.floor(Date.now() / 1000);
    world.time.freeze(start);
    try {
      const fresh = await new CaseClient({ gateway: world.gateway, audit, redirects }).signIn();
      const header = [['Authorization', `Bearer ${fresh.tokens.access_token}`]];
      const end = start + fresh.tokens.expires_in;
      world.time.freeze(end - 1);
      assert.equal((await callWith(header)).status, 200, 'a second before');
      for (const second of [end, end + 1, end + 86_400]) {
        world.time.freeze(second);
        isRefused(await callWith(header), `${second - end} s after exp`);
        audit.expect('token refused', { reason: 'expired' });
      }
    } finally {
      world.time.shift(0);
    }
  });
});

describe('what errors tell', () => {
  const telling = /\.(cc|h|cpp|so)\b|\/(usr|tmp|work|home|src|data)\/|0x[0-9a-f]{6}|std::|exception|backtrace|stack|terminate|openssl|boost|asio|sqlite|curl|nginx|spdlog|libstdc|gatehouse\/\d|\d+\.\d+\.\d+/i;

  function tellsNothing(answer, what) {
    const { date, 'www-authenticate': challenge, location, ...headers } = answer.headers;
    assert.doesNotMatch(JSON.stringify(headers).replaceAll('127.0.0.1', ''), telling, what);
    assert.doesNotMatch(answer.text.replaceAll('127.0.0.1', ''), telling, what);
    for (const name of ['server', 'x-powered-by', 'via']) assert.equal(answer.headers[name], undefined, `${what}: ${name}`);
  }

  const quiet = [
    ['an unknown page', 404, (url) => exchange(`${url}/nosuchpage`)], ['a long unknown page', 404, (url) => exchange(`${url}/${'x'.repeat(3000)}`)], ['a wrong verb', 405, (url) => exchange(`${url}/token`)], ['no token', 401, (url) => exchange(`${url}/mcp`)], ['a bad token', 401, (url) => exchange(`${url}/mcp`, { headers: { Authorization: 'Bearer x' } })],
    ['nonsense for JSON', 400, (url) => exchange(`${url}/register`, { method: 'POST', headers: json, body: '{"redirect_uris":[' })], ['an empty token request', 400, (url) => postForm(`${url}/token`, {})], ['an unknown client', 401, (url) => postForm(`${url}/token`, { grant_type: 'refresh_token', client_id: 'x', refresh_token: 'x' })],
    ['an authorization without anything', 400, (url) => exchange(`${url}/authorize`)], ['a forged form', 403, (url) => postForm(`${url}/consent`, { form: 'x', decision: 'approve' })], ['a callback of nobody', 400, (url) => exchange(`${url}/oauth/google/callback?state=x&code=y`)], ['a form that is too large', 413, (url) => exchange(`${url}/token`, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'x'.repeat(6_000_000) })],
    ['a foreign Host', 421, (url) => exchange(url, { headers: { Host: 'evil.example' } })], ['a foreign Origin', 403, (url) => exchange(`${url}/mcp`, { headers: { Origin: 'https://evil.example' } })], ['a head that is too large', 431, (url) => exchange(`${url}/`, { headers: { 'X-Long': 'x'.repeat(20_000) } })], ['a verb nobody knows', 405, (url) => exchange(`${url}/mcp`, { method: 'PROPFIND' })],
    ['a malformed escape', 400, (url) => exchange(`${url}/authorize?client_id=%zz`)],
  ];
  for (const [what, status, ask] of quiet) {
    test(`RS-12 quiet failures: ${what}: ${status}`, async () => {
      const answer = await ask(world.gateway.url).catch((error) => ({ error }));
      // A server that has said no may close before all of a large body was read.
      if (answer.error) return assert.ok(status === 413 && /EPIPE|ECONNRESET/.test(answer.error.code), String(answer.error));
      assert.equal(answer.status, status, answer.text.slice(0, 200));
      return tellsNothing(answer, what);
    });
  }
  test('RS-12 quiet failures: 5xx: Google away, Google broken, Google nonsense', async () => {
    const fresh = await World.start({ googleIsUp: false });
    try {
      const away = await exchange(`${fresh.gateway.url}/login`);
      assert.equal(away.status, 503);
      tellsNothing(away, 'away');
      await fresh.google.start();
      for (const fault of [{ status: 500 }, { status: 200, body: '<html>' }, { status: 200, body: { issuer: 'https://evil.example/secret-path' } }]) {
        await fresh.google.fault({ path: 'well-known', times: 2, ...fault });
        const answer = await exchange(`${fresh.gateway.url}/login`);
        assert.ok(answer.status >= 500, `${answer.status}`);
        tellsNothing(answer, JSON.stringify(fault));
        assert.doesNotMatch(answer.text, /evil|well-known|issuer/);
        await fresh.google.clear();
      }
    } finally {
      await fresh.end();
    }
  });
});

describe('a valid user', () => {
  // what, message, code
  const wrong = [
    ['an unknown method', { id: 1, method: 'nosuch/method' }, -32601], ['a method of clients', { id: 2, method: 'sampling/createMessage', params: {} }, -32601], ['an empty method', { id: 3, method: '' }, -32601], ['a method with odd characters', { id: 4, method: 'tools/\u0000call\n' }, -32601], ['a method of 4 KB', { id: 5, method: 'x'.repeat(4096) }, -32601],
    ['tools/call without params', { id: 6, method: 'tools/call' }, -32602], ['tools/call of nothing', { id: 7, method: 'tools/call', params: {} }, -32602], ['tools/call of an unknown tool', { id: 8, method: 'tools/call', params: { name: 'rm', arguments: {} } }, -32602], ['tools/call with a number for a name', { id: 9, method: 'tools/call', params: { name: 7, arguments: {} } }, -32602],
    ['tools/list with a forged cursor', { id: 10, method: 'tools/list', params: { cursor: 'x' } }, -32602],
  ];
  test('RS-14 unknown method: the right JSON-RPC error for each, and the session is intact', async () => {
    const { sessionId } = await initialize(world.gateway, token);
    for (const [what, message, code] of wrong) {
      const answer = await post(world.gateway, token, { jsonrpc: '2.0', ...message }, inSession(sessionId));
      assert.equal(answer.message?.error?.code, code, `${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
      assert.equal(answer.message.id, message.id, what);
    }
    for (const [body, code] of [['{', -32700], ['[]', -32600], ['{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600], ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600], ['7', -32600]]) {
      const answer = await exchange(world.gateway.mcpUrl, { method: 'POST', headers: { ...json, ...inSession(sessionId), Authorization: `Bearer ${token}` }, body });
      assert.equal(answer.status, 400, `${body}: ${answer.status} ${answer.text}`);
      assert.equal(answer.json.error.code, code, `${body}: ${answer.text}`);
    }
    const listed = await post(world.gateway, token, { jsonrpc: '2.0', id: 99, method: 'tools/list' }, inSession(sessionId));
    assert.ok(listed.message.result.tools.length > 0);
  });
});

describe('less at Google than was asked for', () => {
  const google = (name) => `https://www.googleapis.com/auth/${name}`;
  const notRaw = (answer) => assert.doesNotMatch(answer.text, /googleapis|ACCESS_TOKEN_SCOPE|PERMISSION_DENIED|insufficientPermissions|ya29/, 'nothing of Google\'s own error');

  test('RS-11 reduced upstream scope: what needs it is refused with the way to a consent, the rest works', async () => {
    const { gateway, google: issuer } = drafting;
    await issuer.set({ auto_login: 'bob@acme.example', untick: [google('gmail.readonly')] });
    const bob = await new CaseClient({ gateway, audit, redirects }).signIn({ scope: 'workspace.read workspace.write' });
    assert.equal(bob.tokens.scope, 'workspace.write', 'the token says what it is good for');
    const mine = bob.tokens.access_token;
    const before = (await issuer.asked(/\/gmail\//)).length;

    const search = await callAlone(gateway, mine, 'gmail_search', { query: 'bumblebee' });
    assert.equal(search.status, 200, 'Google was asked a moment ago: to challenge for it again would go round in circles');
    const { code, consent_url: link } = errorOf(search.message.result);
    assert.equal(code, 'scope_missing');
    assert.ok(link.startsWith(`${gateway.url}/consent?more=`));
    notRaw(search);
    const { sessionId } = await initialize(gateway, mine);
    const read = await post(gateway, mine, { jsonrpc: '2.0', id: 5, method: 'resources/read', params: { uri: 'gmail://message/19b0b0000000001' } }, inSession(sessionId));
    assert.equal(read.message.error.data.code, 'scope_missing');
    notRaw(read);
    assert.equal((await issuer.asked(/\/gmail\//)).length, before, 'no tool has run');
    assert.equal((await callAlone(gateway, mine, 'whoami', {})).status, 200);
    audit.expect('scope missing', { reason: 'explained', tool: 'gmail_search' });

    // Refreshing with all that was asked for does not end the session.
    const again = await bob.refresh(undefined, { scope: 'workspace.read workspace.write' });
    assert.equal(again.json.scope, 'workspace.write', again.text);
  });

  test('RS-11 reduced upstream scope: who did not ask for it is challenged', async () => {
    const writing = await new CaseClient({ gateway: world.gateway, audit, redirects }).signIn({ scope: 'workspace.write' });
    const answer = await callAlone(world.gateway, writing.tokens.access_token, 'gmail_search', { query: 'quicksilver' });
    assert.equal(answer.status, 403, answer.text);
    assert.match(answer.headers.get('www-authenticate'), /^Bearer error="insufficient_scope".* scope="workspace\.read"$/);
    audit.expect('scope missing', { reason: 'challenged', tool: 'gmail_search' });
  });
});

describe('the log', () => {
  test('I14: each refused token has left an event that says why', () => audit.assertTold(() => world.gateway.log + drafting.gateway.log));
  test('I8: no token, code or verifier can be read in it', () => audit.assertSilent(() => world.gateway.log + other.gateway.log + drafting.gateway.log));
});
