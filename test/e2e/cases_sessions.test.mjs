// SPDX-License-Identifier: Apache-2.0
//
// MCP transport and sessions, abused: the cases SE of the security case list, each by its number, over every protocol revision that has the feature.
import assert from 'node:assert/strict';
import http from 'node:http';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { seenBy } from './lib/answers.mjs';
import { freePort, until } from './lib/child.mjs';
import { Gateway } from './lib/gateway.mjs';
import { follow, request } from './lib/exchange.mjs';
import { openSse, postMessage } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';
import { ask, bearer, initializeMessage, inSession, jsonHeaders, legacyRevisions, modernRevision, openSession, postMcp, revisions } from './lib/revisions.mjs';
import { World } from './lib/world.mjs';

const full = Boolean(process.env.GATEHOUSE_E2E_FULL);
const foreign = 'https://evil.example';
const publicUrl = 'https://gatehouse.example';
const ping = (id) => ({ jsonrpc: '2.0', id, method: 'ping' });
const whoami = { name: 'whoami', arguments: {} };
const search = (query) => ({ name: 'gmail_search', arguments: { query, limit: 3 } });

let world;
let gateway;
let onTheNet; // the same gateway, told that it is reached by a public name
let alice;
let bob;

async function signedIn(name) {
  await world.google.set({ auto_login: `${name}@acme.example` });
  return (await new RawClient({ gateway, name: `${name}'s client` }).signIn()).tokens.access_token;
}

// A test says by this that no tool ran: whatever runs asks Google.
async function runsNothing(work) {
  await world.google.clear();
  await work();
  assert.deepEqual((await world.google.asked(/gmail|oauth2|drive|calendar/)).map(({ path }) => path), []);
}

before(async () => {
  world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
  gateway = world.gateway;
  [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
  const directory = join(world.directory, 'public');
  mkdirSync(directory, { mode: 0o700 });
  onTheNet = new Gateway({ directory, port: await freePort(), google: world.google, env: { GATEHOUSE_PUBLIC_URL: publicUrl } });
  world.atEnd(() => onTheNet.stop());
  await onTheNet.start();
}, { timeout: 60_000 });
after(() => world?.end());

const verbs = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];
// Everything that a session, a page or a bearer token stands behind.
const guarded = ['/mcp', '/mcp/', '/sse', '/sse/', '/messages', '/messages?sessionId=x', '/', '/account', '/authorize', '/login', '/oauth/google/callback', '/healthz', '/style.css', '/nosuchroute'];
// Forms of our own pages: browsers call their origin "null", and the form's own token decides.
const forms = ['/consent', '/logout'];
// OAuth that browser-based clients call across origins; nothing there looks at cookies.
const shared = ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-authorization-server', '/token', '/register', '/revoke'];

const malformedFor = (own) => ['', 'evil', 'http://', 'https:', '//evil.example', `${own}/`, `${own}/path`, `${own}.evil.example`, `${own}@evil.example`, `${own}, ${foreign}`, `null, ${own}`, 'http://[::1', 'http://local host',
  'http://localhost:99999', 'http://127.0.0.1.evil.example', 'http://localhost\tevil', 'file://', 'data:text/html,x', own.toUpperCase().replace('LOCALHOST', 'LOCALHOST.EVIL'), 'http://lo\u00e7alhost', [own, own], [own, foreign], [foreign, own]];

describe('SE-01 Origin', () => {
  const places = () => [[gateway, gateway.url, {}], [onTheNet, publicUrl, { host: 'gatehouse.example' }]];

  test('SE-01 a foreign, null or malformed Origin is turned away on every verb of every route', { timeout: 90_000 }, async () => {
    await runsNothing(async () => {
      for (const [place, own, host] of places()) {
        const origins = [foreign, 'null', 'http://evil.example:8080', 'chrome-extension://abcdef', ...malformedFor(own)];
        for (const path of [...guarded, ...forms]) {
          for (const [index, method] of verbs.entries()) {
            // Every origin on POST and GET, in turn on the others.
            const chosen = ['GET', 'POST'].includes(method) && guarded.indexOf(path) < 5 ? origins : [foreign, 'null', origins[(index * 3 + path.length) % origins.length]];
            for (const origin of chosen) {
              if (forms.includes(path) && origin === 'null') continue;
              const answer = await request(place, { method, path, headers: { ...host, ...jsonHeaders, ...bearer(alice), origin }, body: method === 'POST' ? JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: whoami }) : undefined });
              assert.equal(answer.status, 403, `${method} ${path} from ${JSON.stringify(origin)}`);
              assert.equal(answer.headers['access-control-allow-origin'], undefined, `${method} ${path} from ${JSON.stringify(origin)}`);
            }
          }
        }
      }
    });
  });

  test('SE-01 a loopback Origin is nobody on a public host', { timeout: 30_000 }, async () => {
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1', gateway.url, 'http://gatehouse.example', `${publicUrl}:8443`]) {
      assert.equal((await request(onTheNet, { method: 'POST', path: '/mcp', headers: { host: 'gatehouse.example', ...jsonHeaders, origin }, body: '{}' })).status, 403, origin);
    }
    for (const origin of [publicUrl, undefined]) {
      assert.equal((await request(onTheNet, { method: 'POST', path: '/mcp', headers: { host: 'gatehouse.example', ...jsonHeaders, ...(origin ? { origin } : {}) }, body: '{}' })).status, 401, `${origin}`);
    }
  });

  test('SE-01 what any origin may call lets nobody use cookies', { timeout: 30_000 }, async () => {
    for (const path of shared) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const answer = await request(gateway, { method, path, headers: { origin: foreign, 'content-type': 'application/json' }, body: method === 'POST' ? '{}' : undefined });
        assert.notEqual(answer.status, 403, `${method} ${path}`);
        assert.ok([undefined, '*'].includes(answer.headers['access-control-allow-origin']), `${method} ${path}`);
        assert.equal(answer.headers['access-control-allow-credentials'], undefined);
        assert.equal(answer.headers['set-cookie'], undefined);
      }
      assert.equal((await request(gateway, { path, headers: { origin: [foreign, foreign] } })).status, 403, `two origins at ${path}`);
    }
  });

  test('SE-01 our own forms are refused across sites although their origin may be null', { timeout: 30_000 }, async () => {
    for (const path of forms) {
      for (const headers of [{ origin: 'null' }, { origin: 'null', 'sec-fetch-site': 'cross-site' }, { origin: 'null', 'sec-fetch-site': 'same-site' }]) {
        const answer = await request(gateway, { method: 'POST', path, headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: 'decision=approve' });
        assert.ok(answer.status >= 400 || (path === '/logout' && answer.status === 303), `${path} ${JSON.stringify(headers)}: ${answer.status}`);
        assert.ok(!/code=/.test(answer.headers.location ?? ''));
      }
    }
  });
});

test('SE-02 a foreign Host is sent away, as DNS rebinding would bring it', { timeout: 60_000 }, async () => {
  await runsNothing(async () => {
    const { port } = new URL(gateway.url);
    const hosts = ['evil.example', `evil.example:${port}`, 'localhost.evil.example', `127.0.0.1.evil.example:${port}`, 'gatehouse.example', '169.254.169.254', '[fe80::1]', '0.0.0.0'];
    for (const host of hosts) {
      for (const path of [...guarded.filter((each) => each !== '/healthz'), ...forms, ...shared]) {
        for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
          // The page that rebinds also says that it comes from there.
          const answer = await request(gateway, { method, path, headers: { host, origin: `http://${host}`, ...jsonHeaders, ...bearer(alice) }, body: method === 'POST' ? '{}' : undefined });
          assert.ok([421, 403].includes(answer.status), `${method} ${path} on ${host}: ${answer.status}`);
        }
      }
    }
    for (const host of ['localhost', '127.0.0.1', `127.0.0.1:${new URL(onTheNet.url).port}`, 'gatehouse.example.evil', 'gatehouse.example:80', 'www.gatehouse.example']) {
      assert.equal((await request(onTheNet, { path: '/mcp', headers: { host } })).status, 421, host);
    }
    for (const host of ['gatehouse.example', 'GATEHOUSE.example']) assert.equal((await request(onTheNet, { path: '/mcp', headers: { host } })).status, 401, host);
    const probe = await request(gateway, { path: '/healthz', headers: { host: '10.0.0.7' } });
    assert.equal(probe.status, 200, 'balancers probe by address');
  });
});

describe('SE-03 a form of another site cannot speak JSON-RPC', () => {
  // What a page may send without asking first, and what is close to it.
  const types = ['text/plain', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json', 'application/json-rpc', 'application/jsonx', 'text/plain; application/json',
    'application/json; charset=utf-16', undefined, ['application/json', 'text/plain'], ['text/plain', 'application/json']];
  for (const revision of revisions) {
    test(`SE-03 ${revision}`, { timeout: 30_000 }, async () => {
      const session = revision === modernRevision ? undefined : await openSession(gateway, alice, revision);
      await runsNothing(async () => {
        for (const type of types) {
          for (const site of [{}, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }]) {
            const answer = await ask(gateway, alice, revision, { method: 'tools/call', params: search('in:inbox'), session, headers: { ...site, 'content-type': type ?? [] } });
            assert.equal(answer.status, 415, `${type}: ${answer.text}`);
          }
          assert.equal((await postMcp(gateway, alice, initializeMessage(revision), { 'content-type': type ?? [] })).headers['mcp-session-id'], undefined);
        }
      });
      assert.equal((await ask(gateway, alice, revision, { method: 'tools/list', session })).status, 200, 'the session goes on');
    });
  }

  test('SE-03 HTTP+SSE', { timeout: 30_000 }, async () => {
    const stream = await openSse(gateway, alice);
    await runsNothing(async () => {
      for (const type of types.filter((each) => typeof each === 'string')) {
        const answer = await postMessage(gateway, alice, stream.target, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: search('in:inbox') }, { 'content-type': type });
        assert.equal(answer.status, 415, type);
      }
    });
    assert.equal(stream.events.length, 1, 'nothing came on the stream but its address');
    stream.cut();
  });
});

test(`SE-04 ${full ? '100,000' : '4,000'} session identifiers over restarts: none twice, none foreseeable`, { timeout: 900_000 }, async () => {
  const each = full ? 25_000 : 1_000;
  const ids = [];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  for (let start = 0; start < 4; start += 1) {
    const issue = async (count) => {
      for (let i = 0; i < count; i += 1) {
        const revision = legacyRevisions[i % legacyRevisions.length];
        const answer = await request(gateway, { method: 'POST', path: '/mcp', agent, headers: { ...jsonHeaders, ...bearer(alice) }, body: JSON.stringify(initializeMessage(revision)) });
        assert.equal(answer.status, 200);
        ids.push(answer.headers['mcp-session-id']);
      }
    };
    await Promise.all(Array.from({ length: 10 }, () => issue(each / 10)));
    agent.destroy();
    await gateway.restart({ signal: start % 2 ? 'SIGTERM' : 'SIGKILL' });
  }
  assert.equal(ids.length, 4 * each);
  assert.equal(new Set(ids).size, ids.length, 'none came twice');
  for (const id of ids) assert.match(id, /^[\x21-\x7e]{22,2048}$/);
  assert.ok(unforeseeableBits(ids) >= 128, `${unforeseeableBits(ids)} bits look random`);
  for (const id of [ids[0], ids[each], ids.at(-1)]) {
    assert.equal((await postMcp(gateway, alice, ping(1), inSession(id))).status, 200, 'every start knows the ids of the ones before');
    assert.equal((await postMcp(gateway, bob, ping(1), inSession(id))).status, 404, 'and knows whose they are');
  }
});

// How many bits are one half of the time and change from one identifier to the next half of the time. Counters, clocks and
// addresses have few of them.
function unforeseeableBits(ids) {
  const all = ids.map((id) => Buffer.from(id, 'base64url'));
  const bytes = Math.min(...all.map(({ length }) => length));
  const isHalf = (count, of) => Math.abs(count / of - 0.5) < 0.1;
  let found = 0;
  for (let bit = 0; bit < bytes * 8; bit += 1) {
    const values = all.map((id) => (id[bit >> 3] >> (bit & 7)) & 1);
    const ones = values.filter(Boolean).length;
    const changes = values.filter((value, index) => index > 0 && value !== values[index - 1]).length;
    if (isHalf(ones, values.length) && isHalf(changes, values.length - 1)) found += 1;
  }
  return found;
}

describe('SE-07 dead sessions', () => {
  for (const revision of legacyRevisions) {
    test(`SE-07 ${revision}: unknown and ended are 404, none is 400`, { timeout: 30_000 }, async () => {
      const [session, other] = [await openSession(gateway, alice, revision), await openSession(gateway, alice, revision)];
      const stream = await follow(gateway, { path: '/mcp', headers: { ...bearer(alice), ...inSession(session, revision) } });
      assert.equal(stream.status, 200);
      const ending = await request(gateway, { method: 'DELETE', path: '/mcp', headers: { ...bearer(alice), ...inSession(session, revision) } });
      assert.equal(ending.status, 204, ending.text);
      await until('the stream of the ended session ends', () => !stream.open);

      const turned = session.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
      const dead = [session, 'unknown', 'x'.repeat(3000), turned, `${session}A`, session.slice(0, -4), '00000000-0000-4000-8000-000000000000', await openSession(gateway, bob, revision)];
      await runsNothing(async () => {
        for (const id of dead) {
          const ways = [
            await postMcp(gateway, alice, { jsonrpc: '2.0', id: 7, method: 'tools/call', params: search('in:inbox') }, inSession(id, revision)),
            await postMcp(gateway, alice, { jsonrpc: '2.0', method: 'notifications/initialized' }, inSession(id, revision)),
            await request(gateway, { path: '/mcp', headers: { accept: 'text/event-stream', ...bearer(alice), ...inSession(id, revision) } }),
            await request(gateway, { method: 'DELETE', path: '/mcp', headers: { ...bearer(alice), ...inSession(id, revision) } }),
          ];
          assert.deepEqual(ways.map(({ status }) => status), [404, 404, 404, 404], id.slice(0, 60));
          assert.ok(ways[0].json.error && ways[0].json.id === 7, ways[0].text);
        }
        const none = [
          await postMcp(gateway, alice, ping(1), { 'mcp-protocol-version': revision }),
          await request(gateway, { path: '/mcp', headers: { accept: 'text/event-stream', ...bearer(alice), 'mcp-protocol-version': revision } }),
          await request(gateway, { method: 'DELETE', path: '/mcp', headers: { ...bearer(alice), 'mcp-protocol-version': revision } }),
          await postMcp(gateway, alice, ping(1), { 'mcp-session-id': [other, other] }),
          await postMcp(gateway, alice, ping(1), { 'mcp-session-id': [other, session] }),
        ];
        assert.deepEqual(none.map(({ status }) => status), [400, 400, 400, 400, 400]);
      });
      assert.equal((await postMcp(gateway, alice, ping(1), inSession(other, revision))).status, 200, 'the session beside it lives');
    });
  }

  test('SE-07 HTTP+SSE: messages to a stream that is gone', { timeout: 30_000 }, async () => {
    const [stream, other] = [await openSse(gateway, alice), await openSse(gateway, alice)];
    stream.cut();
    await until('the stream is gone', async () => (await postMessage(gateway, alice, stream.target, ping(1))).status === 404);
    for (const target of ['/messages?sessionId=unknown', `${other.target}A`, other.target.slice(0, -3)]) assert.equal((await postMessage(gateway, alice, target, ping(1))).status, 404, target);
    for (const target of ['/messages', '/messages?sessionId=', `${other.target}&sessionId=x`]) assert.ok([400, 404].includes((await postMessage(gateway, alice, target, ping(1))).status), target);
    assert.equal((await postMessage(gateway, alice, '/messages', ping(1))).status, 400);
    assert.equal((await postMessage(gateway, bob, other.target, ping(1))).status, 404, 'somebody else’s is unknown');
    assert.equal((await postMessage(gateway, alice, other.target, ping(1))).status, 202);
    other.cut();
  });

  test(`SE-07 ${modernRevision} has no sessions to be dead`, { timeout: 30_000 }, async () => {
    assert.equal((await ask(gateway, alice, modernRevision, { method: 'tools/list', headers: { 'mcp-session-id': 'unknown' } })).status, 200);
    for (const method of ['GET', 'DELETE']) {
      const answer = await request(gateway, { method, path: '/mcp', headers: { accept: 'text/event-stream', ...bearer(alice), 'mcp-protocol-version': modernRevision } });
      assert.deepEqual([answer.status, answer.headers.allow], [405, 'POST']);
    }
  });
});

describe('SE-08 the version header', () => {
  for (const revision of legacyRevisions) {
    test(`SE-08 ${revision}`, { timeout: 30_000 }, async () => {
      const session = await openSession(gateway, alice, revision);
      const withVersion = (version) => postMcp(gateway, alice, ping(3), { 'mcp-session-id': session, ...(version === undefined ? {} : { 'mcp-protocol-version': version }) });
      for (const version of ['2099-01-01', '1.0', '', 'latest', `${revision} `.repeat(2), 'DRAFT-2026', '2025-3-26', [revision, revision], [revision, '2025-03-26']]) {
        const answer = await withVersion(version);
        assert.equal(answer.status, 400, `${version}: ${answer.text}`);
        assert.ok(answer.json.error);
      }
      for (const path of ['GET', 'DELETE']) {
        for (const version of ['2099-01-01', [revision, revision]]) {
          const answer = await request(gateway, { method: path, path: '/mcp', headers: { accept: 'text/event-stream', ...bearer(alice), 'mcp-session-id': session, 'mcp-protocol-version': version } });
          assert.equal(answer.status, 400, `${path} ${version}`);
        }
      }
      for (const version of [undefined, ...legacyRevisions]) assert.equal((await withVersion(version)).status, 200, `${version}`);
      assert.equal((await withVersion(modernRevision)).status, 400, 'the stateless revision knows no session');
      // Without the header the session says which revision it is, and 2025-03-26 is the only one with batches.
      assert.equal((await postMcp(gateway, alice, [ping(1)], { 'mcp-session-id': session })).status, revision === '2025-03-26' ? 200 : 400);
      assert.equal((await postMcp(gateway, alice, initializeMessage(revision), { 'mcp-protocol-version': [revision, revision] })).status, 400);
    });
  }

  test('SE-08 initialize in a revision nobody knows is answered with one that we do', { timeout: 30_000 }, async () => {
    for (const asked of ['2099-01-01', '1.0', modernRevision, '']) {
      const answer = await postMcp(gateway, alice, initializeMessage(asked));
      assert.deepEqual([answer.status, answer.json.result?.protocolVersion], [200, '2025-11-25'], `${asked}: ${answer.text}`);
    }
    assert.ok((await postMcp(gateway, alice, { ...initializeMessage('x'), params: {} })).json.error);
  });

  test(`SE-08 ${modernRevision}`, { timeout: 30_000 }, async () => {
    const call = (headers) => ask(gateway, alice, modernRevision, { method: 'tools/list', headers });
    assert.equal((await call({})).status, 200);
    for (const version of ['2099-01-01', '2025-11-25', '', [modernRevision, modernRevision], [modernRevision, '2025-11-25'], []]) {
      const answer = await call({ 'mcp-protocol-version': version });
      assert.equal(answer.status, 400, `${JSON.stringify(version)}: ${answer.text}`);
    }
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2099-01-01', 'io.modelcontextprotocol/clientCapabilities': {} };
    const unknown = await postMcp(gateway, alice, { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } }, { 'mcp-protocol-version': '2099-01-01', 'mcp-method': 'tools/list' });
    assert.equal(unknown.status, 400);
    assert.deepEqual(unknown.json.error.data.supported, [modernRevision], 'it says what it can speak');
  });
});

describe('SE-11 batches', () => {
  const batch = (count) => Array.from({ length: count }, (_, index) => ping(index + 1));
  for (const revision of legacyRevisions) {
    test(`SE-11 ${revision}`, { timeout: 30_000 }, async () => {
      const session = await openSession(gateway, alice, revision);
      for (const [count, allowed] of [[1, true], [50, true], [51, false], [10_000, false]]) {
        const answer = await postMcp(gateway, alice, batch(count), inSession(session, revision));
        if (revision === '2025-03-26' && allowed) {
          assert.equal(answer.status, 200, answer.text.slice(0, 200));
          assert.deepEqual(answer.json.map(({ id }) => id).sort((a, b) => a - b), batch(count).map(({ id }) => id));
        } else {
          assert.equal(answer.status, 400, `${count}: ${answer.text.slice(0, 200)}`);
          assert.ok(answer.json.error && answer.text.length < 1000, 'one error, not one per message');
        }
      }
      assert.equal((await postMcp(gateway, alice, ping(1), inSession(session, revision))).status, 200);
    });
  }

  test('SE-11 2025-03-26: initialize has no place in a batch, and nothing in nothing', { timeout: 30_000 }, async () => {
    const session = await openSession(gateway, alice, '2025-03-26');
    for (const body of [[], [initializeMessage('2025-03-26')], [ping(1), initializeMessage('2025-03-26', { id: 2 })]]) {
      const answer = await postMcp(gateway, alice, body, inSession(session, '2025-03-26'));
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.headers['mcp-session-id'], undefined);
    }
    assert.equal((await postMcp(gateway, alice, [initializeMessage('2025-03-26')])).status, 400);
  });

  test('SE-11 2025-03-26: fifty calls at once are bounded, and each is answered', { timeout: 60_000 }, async () => {
    const session = await openSession(gateway, alice, '2025-03-26');
    const calls = Array.from({ length: 50 }, (_, index) => ({ jsonrpc: '2.0', id: index, method: 'tools/call', params: search('in:inbox') }));
    const answer = await postMcp(gateway, alice, calls, { ...inSession(session, '2025-03-26'), accept: 'application/json' });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json.map(({ id }) => id).sort((a, b) => a - b), calls.map(({ id }) => id));
    assert.ok(answer.json.some(({ result }) => !result.isError), 'some ran');
    assert.ok(answer.json.some(({ result }) => result.isError && /at once/i.test(seenBy(result))), 'those beyond the bound are told so');
  });

  test(`SE-11 ${modernRevision} and HTTP+SSE have none`, { timeout: 30_000 }, async () => {
    const _meta = { 'io.modelcontextprotocol/protocolVersion': modernRevision, 'io.modelcontextprotocol/clientCapabilities': {} };
    const stream = await openSse(gateway, alice);
    for (const count of [1, 50, 10_000]) {
      const modern = Array.from({ length: count }, (_, id) => ({ jsonrpc: '2.0', id, method: 'tools/list', params: { _meta } }));
      for (const headers of [{ 'mcp-protocol-version': modernRevision, 'mcp-method': 'tools/list' }, {}]) {
        const answer = await postMcp(gateway, alice, modern, headers);
        assert.equal(answer.status, 400, answer.text.slice(0, 200));
        assert.ok(answer.text.length < 1000);
      }
      assert.equal((await postMessage(gateway, alice, stream.target, batch(count))).status, 400);
    }
    assert.equal(stream.events.length, 1);
    stream.cut();
  });
});

test('SE-13 a stream opened again on another replica starts afresh: no ids were ever sent', { timeout: 90_000 }, async () => {
  const many = await Replicas.start({ names: ['a', 'b'], fast: true });
  try {
    const token = (await new RawClient({ gateway: many.gateway }).signIn()).tokens.access_token;
    const at = (replica) => ({ 'x-replica': replica });
    for (const revision of legacyRevisions) {
      const session = (await postMcp(many.gateway, token, initializeMessage(revision), at('a'))).headers['mcp-session-id'];
      const open = (replica, more = {}) => follow(many.gateway, { path: '/mcp', headers: { ...bearer(token), ...inSession(session, revision), ...at(replica), ...more } });
      const first = await open('a');
      assert.equal(first.status, 200);
      await until('the stream speaks', () => first.text.length > 0);
      // Calls meanwhile are answered on their own POST, and among replicas without ids there too.
      const call = await ask(many.gateway, token, revision, { method: 'tools/call', session, params: { ...whoami, _meta: { progressToken: 'p' } }, headers: at('a') });
      assert.ok(seenBy(call.message.result).includes('alice'));
      first.cut();
      const second = await open('b', { 'last-event-id': '41' });
      assert.equal(second.status, 200, 'an id that nobody issued is no reason to refuse');
      await until('it speaks', () => second.text.length > 0);
      const again = await ask(many.gateway, token, revision, { method: 'tools/call', session, params: whoami, headers: at('b') });
      assert.ok(seenBy(again.message.result).includes('alice'), 'the session goes on there');
      for (const { text } of [first, call, second]) assert.doesNotMatch(text, /^id:/m);
      assert.doesNotMatch(first.text + second.text, /^data:/m, 'nothing is said on it that could be missed');
      second.cut();
    }
    const [one, two] = await Promise.all(['a', 'b'].map((replica) => openSse({ sseUrl: `${many.gateway.url}/sse` }, token, { ...at(replica), 'last-event-id': '41' })));
    assert.deepEqual([one.status, two.status, one.events.length, two.events.length], [200, 200, 1, 1]);
    assert.notEqual(one.target, two.target);
    one.cut();
    two.cut();
  } finally {
    await many.end();
  }
});

test('SE-15 streams say what they are, are not held back, and never fall silent for a minute', { timeout: 90_000 }, async () => {
  const _meta = { 'io.modelcontextprotocol/protocolVersion': modernRevision, 'io.modelcontextprotocol/clientCapabilities': {} };
  const listen = { jsonrpc: '2.0', id: 'l', method: 'subscriptions/listen', params: { notifications: {}, _meta } };
  const streams = [['HTTP+SSE', await follow(gateway, { path: '/sse', headers: bearer(alice) })],
    [modernRevision, await follow(gateway, { method: 'POST', path: '/mcp', headers: { ...jsonHeaders, ...bearer(alice), 'mcp-protocol-version': modernRevision, 'mcp-method': 'subscriptions/listen' }, body: JSON.stringify(listen) })]];
  for (const revision of legacyRevisions) streams.push([revision, await follow(gateway, { path: '/mcp', headers: { ...bearer(alice), ...inSession(await openSession(gateway, alice, revision), revision) } })]);
  for (const [name, { status, headers }] of streams) {
    assert.equal(status, 200, name);
    assert.equal(headers['content-type'], 'text/event-stream', name);
    assert.match(headers['cache-control'], /no-cache/, name);
    assert.match(headers['cache-control'], /no-transform/, name);
    assert.equal(headers['x-accel-buffering'], 'no', name);
    assert.equal(headers['content-length'], undefined, name);
    assert.equal(headers['content-encoding'], undefined, name);
  }
  await until('each has spoken at once', () => streams.every(([, { text }]) => text.length > 0), 5);
  const before = streams.map(([, { text }]) => text.match(/^:/gm)?.length ?? 0);
  // A balancer of AWS waits for sixty seconds; here half of them have to do.
  await until('a comment on each', () => streams.every(([, { text }], index) => (text.match(/^:/gm)?.length ?? 0) > before[index]), 30);
  for (const [name, stream] of streams) {
    assert.equal(stream.open, true, name);
    const blocks = stream.text.split('\n\n').filter(Boolean);
    for (const block of blocks) assert.match(block, /^(:.*|(event: .+\n)?data: .+)$/, `${name}: ${JSON.stringify(block)}`);
    stream.cut();
  }
});

describe('SE-17 initialize once more', () => {
  for (const revision of legacyRevisions) {
    test(`SE-17 ${revision}: a session of its own, and the token still says who`, { timeout: 30_000 }, async () => {
      const session = await openSession(gateway, alice, revision);
      for (const other of legacyRevisions) {
        const again = await postMcp(gateway, alice, initializeMessage(other, { id: 9, name: 'somebody else', capabilities: { sampling: {}, roots: { listChanged: true } } }), inSession(session, revision));
        assert.deepEqual([again.status, again.json.id, again.json.result?.protocolVersion], [200, 9, other]);
        assert.notEqual(again.headers['mcp-session-id'], session, 'never the old one with another meaning');
        const named = await ask(gateway, alice, other, { method: 'tools/call', params: whoami, session: again.headers['mcp-session-id'] });
        assert.ok(seenBy(named.message.result).includes('alice@acme.example'), named.text);
      }
      // Bob, who found Alice's session id.
      const bobs = await postMcp(gateway, bob, initializeMessage(revision, { name: 'alice' }), inSession(session, revision));
      assert.equal(bobs.status, 200);
      const named = await ask(gateway, bob, revision, { method: 'tools/call', params: whoami, session: bobs.headers['mcp-session-id'] });
      assert.ok(seenBy(named.message.result).includes('bob@acme.example') && !seenBy(named.message.result).includes('alice'), named.text);
      assert.equal((await ask(gateway, bob, revision, { method: 'tools/call', params: whoami, session })).status, 404);
      const goesOn = await ask(gateway, alice, revision, { method: 'tools/call', params: whoami, session });
      assert.ok(seenBy(goesOn.message.result).includes('alice@acme.example'), 'the first session is as it was');
    });
  }

  test('SE-17 HTTP+SSE: the stream stays its owner’s', { timeout: 30_000 }, async () => {
    const stream = await openSse(gateway, alice);
    const said = (count) => until(`${count} events`, () => stream.events.length >= count);
    for (const [index, revision] of legacyRevisions.entries()) {
      assert.equal((await postMessage(gateway, alice, stream.target, initializeMessage(revision, { id: index, name: `name ${index}` }))).status, 202);
      await said(index + 2);
      assert.equal(JSON.parse(stream.events.at(-1).data).result.protocolVersion, revision);
    }
    assert.equal((await postMessage(gateway, bob, stream.target, initializeMessage('2024-11-05'))).status, 404);
    await postMessage(gateway, alice, stream.target, { jsonrpc: '2.0', id: 'who', method: 'tools/call', params: whoami });
    await said(legacyRevisions.length + 2);
    assert.ok(stream.events.at(-1).data.includes('alice@acme.example'));
    stream.cut();
  });

  test(`SE-17 ${modernRevision} has no initialize`, { timeout: 30_000 }, async () => {
    const answer = await ask(gateway, alice, modernRevision, { method: 'initialize', params: { protocolVersion: modernRevision, capabilities: {}, clientInfo: { name: 'x', version: '1' } } });
    assert.deepEqual([answer.status, answer.json.error.code], [404, -32601]);
    assert.equal(answer.headers['mcp-session-id'], undefined);
  });
});

describe('SE-19 browser clients', () => {
  const own = () => [[gateway, 'http://localhost:6274', {}], [gateway, gateway.url, {}], [onTheNet, publicUrl, { host: 'gatehouse.example' }]];
  const needed = ['authorization', 'content-type', 'accept', 'mcp-protocol-version', 'mcp-session-id', 'mcp-method', 'mcp-name', 'last-event-id'];
  const list = (value) => (value ?? '').toLowerCase().split(',').map((item) => item.trim()).filter(Boolean);

  test('SE-19 an allowed origin gets what a client needs and no credentials', { timeout: 30_000 }, async () => {
    for (const [place, origin, host] of own()) {
      for (const path of ['/mcp', '/sse', '/messages']) {
        const preflight = await request(place, { method: 'OPTIONS', path, headers: { ...host, origin, 'access-control-request-method': 'POST', 'access-control-request-headers': needed.join(',') } });
        assert.equal(preflight.status, 204);
        assert.equal(preflight.headers['access-control-allow-origin'], origin);
        assert.deepEqual(list(preflight.headers['access-control-allow-headers']).sort(), [...needed].sort());
        assert.deepEqual(list(preflight.headers['access-control-allow-methods']).sort(), ['delete', 'get', 'options', 'post']);
        assert.equal(preflight.headers['access-control-allow-credentials'], undefined);
        assert.ok(list(preflight.headers.vary).includes('origin'), 'caches keep origins apart');
        assert.ok(Number(preflight.headers['access-control-max-age']) > 0);
        // The challenge has to be readable, or no browser client ever finds the way to sign in.
        const challenge = await request(place, { method: path === '/sse' ? 'GET' : 'POST', path, headers: { ...host, ...jsonHeaders, origin }, body: path === '/sse' ? undefined : '{}' });
        assert.equal(challenge.status, 401);
        assert.equal(challenge.headers['access-control-allow-origin'], origin);
        for (const name of ['www-authenticate', 'mcp-session-id', 'mcp-protocol-version', 'retry-after']) assert.ok(list(challenge.headers['access-control-expose-headers']).includes(name), name);
        assert.ok(list(challenge.headers.vary).includes('origin'));
      }
    }
  });

  for (const revision of revisions) {
    test(`SE-19 ${revision}: answers and streams can be read by an allowed origin, and are not asked for by a foreign one`, { timeout: 30_000 }, async () => {
      const origin = 'http://localhost:6274';
      const session = revision === modernRevision ? undefined : await openSession(gateway, alice, revision);
      const answer = await ask(gateway, alice, revision, { method: 'tools/list', session, headers: { origin } });
      assert.deepEqual([answer.status, answer.headers['access-control-allow-origin'], answer.headers['access-control-allow-credentials']], [200, origin, undefined]);
      assert.deepEqual(list(answer.headers.vary).sort(), ['authorization', 'origin']);
      if (session) {
        const opened = await postMcp(gateway, alice, initializeMessage(revision), { origin });
        assert.ok(list(opened.headers['access-control-expose-headers']).includes('mcp-session-id'));
        const stream = await follow(gateway, { path: '/mcp', headers: { ...bearer(alice), ...inSession(session, revision), origin } });
        assert.deepEqual([stream.status, stream.headers['access-control-allow-origin']], [200, origin]);
        stream.cut();
      }
      await runsNothing(async () => {
        const refused = await ask(gateway, alice, revision, { method: 'tools/call', params: search('in:inbox'), session, headers: { origin: foreign } });
        assert.equal(refused.status, 403);
        assert.deepEqual(Object.keys(refused.headers).filter((name) => name.startsWith('access-control')), []);
        const preflight = await request(gateway, { method: 'OPTIONS', path: '/mcp', headers: { origin: foreign, 'access-control-request-method': 'POST' } });
        assert.deepEqual([preflight.status, Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))], [403, []]);
      });
    });
  }

  test('SE-19 without an Origin nothing is said about origins', { timeout: 30_000 }, async () => {
    const answer = await ask(gateway, alice, modernRevision, { method: 'tools/list' });
    assert.deepEqual(Object.keys(answer.headers).filter((name) => name.startsWith('access-control')), []);
  });
});

describe('SE-20 one id, two requests at once', () => {
  // A slow Google, so that both are under way together.
  const slowly = async (work) => {
    await world.google.set({ latency_ms: 200 });
    await work().finally(() => world.google.set({ latency_ms: 0 }));
  };
  const questions = [['subject:"Nightly job"', 'Nightly job', 'long meeting'], ['marmalade', 'long meeting', 'Nightly job']];

  for (const revision of revisions) {
    test(`SE-20 ${revision}: each on its own response`, { timeout: 60_000 }, async () => {
      const session = revision === modernRevision ? undefined : await openSession(gateway, alice, revision);
      await slowly(async () => {
        for (const id of [1, 'same']) {
          for (const _meta of [undefined, { progressToken: 'both' }]) {
            const answers = await Promise.all(questions.map(([query]) => ask(gateway, alice, revision, { id, method: 'tools/call', session, params: { ...search(query), ...(_meta && session ? { _meta } : {}) } })));
            for (const [index, answer] of answers.entries()) {
              const [, own, others] = questions[index];
              assert.deepEqual([answer.status, answer.message?.id], [200, id], answer.text);
              assert.ok(answer.text.includes(own) && !answer.text.includes(others), `${own}: ${answer.text.slice(0, 400)}`);
            }
          }
        }
        // Two people, too.
        const bobsSession = session && await openSession(gateway, bob, revision);
        const [hers, his] = await Promise.all([[alice, session], [bob, bobsSession]].map(([token, its]) => ask(gateway, token, revision, { id: 1, method: 'tools/call', session: its, params: whoami })));
        assert.ok(hers.text.includes('alice@acme.example') && !hers.text.includes('bob@acme.example'));
        assert.ok(his.text.includes('bob@acme.example') && !his.text.includes('alice@acme.example'));
      });
    });
  }

  test('SE-20 HTTP+SSE: two streams of one client, each with its own answer', { timeout: 60_000 }, async () => {
    const streams = [await openSse(gateway, alice), await openSse(gateway, alice)];
    await slowly(async () => {
      await Promise.all(streams.map((stream, index) => postMessage(gateway, alice, stream.target, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: search(questions[index][0]) })));
      await until('both are answered', () => streams.every(({ events }) => events.length > 1));
    });
    for (const [index, { events, cut }] of streams.entries()) {
      assert.equal(events.length, 2);
      assert.ok(events[1].data.includes(questions[index][1]) && !events[1].data.includes(questions[index][2]));
      cut();
    }
    // On one stream both come; the client that reuses an id cannot tell them apart, but loses neither.
    const stream = await openSse(gateway, alice);
    await Promise.all(questions.map(([query]) => postMessage(gateway, alice, stream.target, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: search(query) })));
    await until('both came', () => stream.events.length > 2);
    for (const [, own] of questions) assert.equal(stream.events.slice(1).filter(({ data }) => data.includes(own)).length, 1);
    stream.cut();
  });
});
