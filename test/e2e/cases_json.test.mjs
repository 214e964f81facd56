// SPDX-License-Identifier: Apache-2.0
//
// Chapter JS of the abuse cases: texts that are no JSON, JSON that is no message, messages that ask for what there is not. Each is told so
// with the right code, changes nothing, and leaves the process as it was.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { until } from './lib/child.mjs';
import { assertBackAt, stateOf } from './lib/process_state.mjs';
import { encodings, jsonCases } from './lib/json_cases.mjs';
import { joined, request, Wire } from './lib/raw_http.mjs';
import { initialize, openSse } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

const legacy = '2025-11-25';
const modern = '2026-07-28';
const code = { parse: -32700, request: -32600, method: -32601, params: -32602 };

let world;
let gateway;
let port;
let client;
let sessionId;
let pid;
let baseline;
let wires; // kept open, one request at a time on each

before(async () => {
  world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
  gateway = world.gateway;
  port = Number(new URL(gateway.url).port);
  await become('alice@acme.example');
  wires = await Promise.all(Array.from({ length: 8 }, () => Wire.open(port)));
  assert.deepEqual((await send({ jsonrpc: '2.0', id: 1, method: 'ping' })).message, { jsonrpc: '2.0', id: 1, result: {} });
  await calls('gmail_search', { query: 'in:inbox', limit: 50 }); // the baseline has all its connections to Google
  pid = gateway.pid;
  baseline = stateOf(pid);
}, { timeout: 60_000 });
after(async () => {
  for (const wire of wires ?? []) wire.close();
  await world?.end();
});

// ---- asking ----

const bytesOf = (body) => (Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
const commonFields = () => [`Host: localhost:${port}`, 'Accept: application/json, text/event-stream', `Authorization: Bearer ${client.tokens.access_token}`];
const sessionFields = () => [`Mcp-Session-Id: ${sessionId}`, `MCP-Protocol-Version: ${legacy}`];
const jsonType = ['Content-Type: application/json'];

// A POST as it stands; the connection must go on serving afterwards.
async function exchange(path, fields, body, wire) {
  wire.send(request(`POST ${path} HTTP/1.1`, [...fields, `Content-Length: ${body.length}`]), body);
  const answer = await wire.answer();
  assert.ok(answer, `an answer to ${body.toString('latin1').slice(0, 200)}`);
  try {
    answer.message = JSON.parse(answer.text);
  } catch { /* not every answer has a body */ }
  return answer;
}

// To the MCP endpoint, in the session of the older revisions unless told otherwise.
async function send(body, { fields = sessionFields(), type = jsonType, path = '/mcp', wire = wires[0] } = {}) {
  for (;;) {
    const answer = await exchange(path, [...commonFields(), ...type, ...fields], bytesOf(body), wire);
    if (answer.status !== 429) return answer;
    await sleep(1000); // so many texts look like calls in a loop
  }
}

// From here on the caller is that person, whose allowance of calls is a fresh one.
async function become(person) {
  await world.google.set({ auto_login: person });
  client = await new RawClient({ gateway, name: 'raw json' }).signIn();
  ({ sessionId } = await initialize(gateway, client.tokens.access_token));
}

// Runs `work` for every row, on all connections at once.
async function forEach(rows, work) {
  const left = [...rows].reverse();
  await Promise.all(wires.map(async (wire) => {
    while (left.length) await work(left.pop(), wire);
  }));
}

const envelope = (value) => joined('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"x":', value, '}}}');
const verdictOf = ({ status, message }) => [status, message?.error?.code ?? (message && 'result' in message ? 'result' : message)];
const toolCall = (name, args, id = 1) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });
const calls = async (name, args = {}) => (await send(toolCall(name, args))).message?.result;
const inModern = (method, name) => [`MCP-Protocol-Version: ${modern}`, `Mcp-Method: ${method}`, ...(name ? [`Mcp-Name: ${name}`] : [])];
const modernMeta = { 'io.modelcontextprotocol/protocolVersion': modern, 'io.modelcontextprotocol/clientCapabilities': {} };


let marks = 0;

// How many calls have reached a tool. The log keeps order: a later event that stands in it says that all earlier ones do.
async function toolCalls() {
  const mark = `mark-${marks += 1}-end`;
  await (await fetch(`${gateway.url}/authorize?client_id=${mark}&redirect_uri=http://127.0.0.1/`)).text();
  await until('the log tells of the last request', () => gateway.log.includes(mark));
  return gateway.log.split('"tool call"').length - 1;
}

// No tool runs and Google is asked nothing while `work` goes on.
async function assertNothingRuns(work) {
  const [ran, asked] = [await toolCalls(), (await world.google.log()).counts.requests];
  await work();
  assert.equal(await toolCalls(), ran, 'no tool ran');
  assert.equal((await world.google.log()).counts.requests, asked, 'Google was asked nothing');
}

// ---- JS-01, JS-02, JS-03, JS-05 ----

const cases = jsonCases();
const of = (is) => cases.filter((each) => each.is === is);

describe(`JS-01 parsing suite: ${cases.length} texts`, () => {
  test('it is larger than the classic one of 318', () => {
    assert.ok(of('accepted').length >= 95 && of('refused').length >= 188 && of('either').length >= 35);
    assert.equal(new Set(cases.map(({ bytes }) => bytes.toString('latin1'))).size, cases.length, 'no text twice');
  });

  // A text that parses is no JSON-RPC message either, but that is another complaint.
  test(`JS-01 ${of('accepted').length} valid texts are accepted, as a body and as a value in a message`, { timeout: 60_000 }, async () => {
    await forEach(of('accepted'), async ({ name, bytes }, wire) => {
      assert.deepEqual(verdictOf(await send(bytes, { wire })), [400, code.request], name);
      assert.deepEqual(verdictOf(await send(envelope(bytes), { wire })), [200, 'result'], `${name} in a message`);
    });
  });

  test('JS-01 valid strings and integers are understood, not only accepted', { timeout: 60_000 }, async () => {
    const ids = of('accepted').filter(({ bytes }) => /^("[^]*"|-?\d+)$/.test(bytes.toString('latin1')) && bytes.length < 2000);
    assert.ok(ids.length > 100);
    await forEach(ids, async ({ name, bytes }, wire) => {
      const answer = await send(joined('{"jsonrpc":"2.0","method":"ping","id":', bytes, '}'), { wire });
      assert.equal(answer.status, 200, name);
      const back = /"id":(.*),"result":\{\}\}$/s.exec(answer.text)?.[1];
      assert.ok(back, name);
      if (/^-?\d/.test(back)) assert.equal(back, bytes.toString() === '-0' ? '0' : bytes.toString(), `${name}: every digit`);
      else assert.equal(JSON.parse(back), JSON.parse(bytes.toString()), name);
    });
  });

  test(`JS-01 ${of('refused').length} invalid texts are refused`, { timeout: 120_000 }, async () => {
    await become('bob@acme.example');
    await assertNothingRuns(() => forEach(of('refused'), async ({ name, bytes }, wire) => {
      assert.deepEqual(verdictOf(await send(bytes, { wire })), [400, code.parse], name);
    }));
    await become('alice@acme.example');
  });

  test(`JS-01 ${of('either').length} undefined texts are survived`, { timeout: 60_000 }, async () => {
    await forEach(of('either'), async ({ name, bytes }, wire) => {
      for (const body of [bytes, envelope(bytes)]) {
        const [status, verdict] = verdictOf(await send(body, { wire }));
        assert.ok(status === 200 || (status === 400 && (verdict === code.parse || verdict === code.request)), `${name}: ${status} ${verdict}`);
      }
    });
    assert.equal(gateway.pid, pid);
  });

  test('JS-01 neighbours: every part of a message that lacks its end, and every message that lacks its beginning', { timeout: 60_000 }, async () => {
    const whole = bytesOf(toolCall('whoami', {}));
    const parts = Array.from({ length: whole.length - 1 }, (_, index) => [whole.subarray(0, index + 1), whole.subarray(index + 1)]).flat();
    await assertNothingRuns(() => forEach(parts, async (part, wire) => {
      const [status, verdict] = verdictOf(await send(part, { wire }));
      assert.deepEqual([status, verdict], [400, /^(\{\}|\d+)$/.test(part.toString()) ? code.request : code.parse], part.toString());
    }));
  });
});

test('JS-02 depth: 100,000 levels of arrays and objects are refused on a flat stack', { timeout: 60_000 }, async () => {
  const levels = 100_000;
  const lists = (n, inner = '') => '['.repeat(n) + inner + ']'.repeat(n);
  const objects = (n, inner = '1') => '{"a":'.repeat(n) + inner + '}'.repeat(n);
  const mixed = (n) => '[{"a":'.repeat(n / 2) + '1' + '}]'.repeat(n / 2);
  const stack = () => Number(/^VmStk:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  const stackBefore = stack();
  const deep = [['lists', lists(levels)], ['objects', objects(levels)], ['both', mixed(levels)], ['lists without an end', '['.repeat(levels)], ['objects without an end', '{"a":'.repeat(levels)], ['lists with blanks', `[ `.repeat(levels) + ' ]'.repeat(levels)], ['ends alone', ']'.repeat(levels)], ['lists of two', '[[],'.repeat(levels) + '1' + ']'.repeat(levels)]];
  await assertNothingRuns(async () => {
    for (const [what, text] of deep) {
      assert.deepEqual(verdictOf(await send(text)), [400, code.parse], what);
      assert.deepEqual(verdictOf(await send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{"x":${text}}}}`)), [400, code.parse], `${what} as an argument`);
      assert.deepEqual(verdictOf(await send(`{"jsonrpc":"2.0","id":${text},"method":"ping"}`)), [400, code.parse], `${what} as an id`);
    }
    const most = 4 * 1024 * 1024;
    for (const text of ['['.repeat(most), '{"a":'.repeat(most / 5), `"${'\\"'.repeat(most / 2 - 2)}`, '[1,'.repeat(most / 3)]) assert.deepEqual(verdictOf(await send(text)), [400, code.parse], `4 MB of ${text.slice(0, 5)}`);
    for (const [what, text] of deep) {
      const answer = await send(`{"redirect_uris":["http://127.0.0.1/"],"x":${text.slice(0, 8000)}${text.slice(-8000)}}`, { path: '/register', fields: [] });
      assert.equal(answer.status, 400, `${what} at registration`);
    }
  });
  assert.ok(stack() <= stackBefore + 64, `the stack has not grown with the levels: ${stackBefore} kB before, ${stack()} kB now`);
  for (const [n, verdict] of [[1, code.request], [63, code.request], [64, code.request], [65, code.parse], [66, code.parse]]) {
    assert.deepEqual(verdictOf(await send(lists(n))), [400, verdict], `${n} lists`);
    assert.deepEqual(verdictOf(await send(objects(n))), [400, verdict], `${n} objects`);
  }
  assert.deepEqual(verdictOf(await send(envelope(lists(61)))), [200, 'result'], '64 levels with the message itself');
  assert.deepEqual(verdictOf(await send(envelope(lists(62)))), [400, code.parse]);
});

test('JS-03 duplicate keys: refused wherever they stand, and nothing runs', { timeout: 60_000 }, async () => {
  const call = (inner) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${inner}}`;
  const rows = [
    ['method', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"whoami"}}'],
    ['method, the same', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}'],
    ['method, once escaped', '{"jsonrpc":"2.0","id":1,"method":"ping","\\u006dethod":"tools/call","params":{"name":"whoami"}}'],
    ['method, both escaped', '{"jsonrpc":"2.0","id":1,"\\u006dethod":"ping","m\\u0065thod":"ping"}'],
    ['id', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'],
    ['id, the same', '{"jsonrpc":"2.0","id":1,"method":"ping","id":1}'],
    ['id and null', '{"jsonrpc":"2.0","id":1,"method":"ping","id":null}'],
    ['jsonrpc', '{"jsonrpc":"2.0","jsonrpc":"1.0","id":1,"method":"ping"}'],
    ['params', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"},"params":{"name":"gmail_search"}}'],
    ['an unknown member', '{"jsonrpc":"2.0","id":1,"method":"ping","x":1,"x":2}'],
    ['result', '{"jsonrpc":"2.0","id":1,"result":{},"result":{}}'],
    ['name of a tool', call('{"name":"whoami","name":"gmail_search","arguments":{}}')],
    ['arguments', call('{"name":"gmail_search","arguments":{"query":"a"},"arguments":{"query":"b"}}')],
    ['an argument', call('{"name":"gmail_search","arguments":{"query":"a","query":"b"}}')],
    ['an argument, far apart', call('{"name":"gmail_search","arguments":{"query":"a","limit":1,"by":"message","query":"a"}}')],
    ['an argument, escaped', call('{"name":"gmail_search","arguments":{"query":"a","quer\\u0079":"b"}}')],
    ['deep in an unknown argument', call('{"name":"gmail_search","arguments":{"x":[[{"y":{"z":1,"z":1}}]]}}')],
    ['in _meta', call('{"name":"whoami","_meta":{"progressToken":1,"progressToken":2}}')],
    ['the revision in _meta', call(`{"name":"whoami","_meta":{"io.modelcontextprotocol/protocolVersion":"${legacy}","io.modelcontextprotocol/protocolVersion":"${modern}"}}`)],
    ['in a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}]'],
    ['__proto__', call('{"name":"whoami","arguments":{"__proto__":1,"__proto__":2}}')],
    ['the empty name', call('{"name":"whoami","arguments":{"":1,"":2}}')],
  ];
  await assertNothingRuns(async () => {
    for (const [what, text] of rows) {
      assert.deepEqual(verdictOf(await send(text)), [400, code.parse], what);
      assert.deepEqual(verdictOf(await send(text, { fields: inModern('tools/call', 'whoami') })), [400, code.parse], `${what}, in the stateless revision`);
    }
    for (const text of ['{"redirect_uris":["http://127.0.0.1/"],"redirect_uris":["https://evil.example/"]}', '{"client_name":"a","client_name":"b","redirect_uris":["http://127.0.0.1/"]}']) {
      assert.equal((await send(text, { path: '/register', fields: [] })).status, 400, 'at registration, too');
    }
  });
  assert.deepEqual(verdictOf(await send('{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","METHOD":1}')), [200, 'result'], 'names in another case are other names');
});

test('JS-05 encoding: only UTF-8 without a mark', { timeout: 60_000 }, async () => {
  const bad = [['a lone continuation', '\x80'], ['a leader alone', '\xc3'], ['a cut character', '\xe2\x82'], ['an overlong slash', '\xc0\xaf'], ['an overlong NUL', '\xc0\x80'], ['three bytes for a dot', '\xe0\x80\xae'], ['a surrogate', '\xed\xa0\x80'], ['a pair of surrogates', '\xed\xa0\xbd\xed\xb8\x80'], ['beyond the last character', '\xf4\x90\x80\x80'], ['0xff', '\xff'], ['Latin-1', 'caf\xe9'],
    ['half a pair', '\\ud800'], ['the other half', '\\udc00'], ['halves in the wrong order', '\\ude00\\ud83d'], ['half a pair and text', '\\ud83dx'], ['two first halves', '\\ud83d\\ud83d'], ['half a pair at the end', 'x\\ud83d']];
  const places = [['query', (each) => joined('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"gmail_search","arguments":{"query":"', each, '"}}}')], ['name of a tool', (each) => joined('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami', each, '"}}')],
    ['method', (each) => joined('{"jsonrpc":"2.0","id":1,"method":"ping', each, '"}')], ['id', (each) => joined('{"jsonrpc":"2.0","id":"', each, '","method":"ping"}')], ['name of a member', (each) => joined('{"jsonrpc":"2.0","id":1,"method":"ping","', each, '":1}')], ['ignored value', (each) => envelope(joined('"', each, '"'))], ['space between tokens', (each) => joined('{"jsonrpc":"2.0",', each, '"id":1,"method":"ping"}')]];
  const whole = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } });
  const coded = [['UTF-8 with a mark', Buffer.from(`\ufeff${whole}`)], ['UTF-16LE', Buffer.from(whole, 'utf16le')], ['UTF-16LE with a mark', Buffer.from(`\ufeff${whole}`, 'utf16le')], ['UTF-16BE', Buffer.from(whole, 'utf16le').swap16()], ['UTF-16BE with a mark', Buffer.from(`\ufeff${whole}`, 'utf16le').swap16()], ['UTF-32LE', Buffer.from([...whole].flatMap((each) => [each.charCodeAt(0), 0, 0, 0]))], ['a mark behind', Buffer.from(`${whole}\ufeff`)], ['NUL behind', Buffer.from(`${whole}\0`)], ['NUL before', Buffer.from(`\0${whole}`)], ...[...encodings()].map(({ family, bytes }) => [family, bytes])];
  await assertNothingRuns(async () => {
    for (const [what, each] of bad) for (const [place, at] of places) assert.deepEqual(verdictOf(await send(at(each))), [400, code.parse], `${what} as ${place}`);
    for (const [what, bytes] of coded) assert.deepEqual(verdictOf(await send(bytes)), [400, code.parse], what);
    for (const [what, each] of bad) {
      assert.equal((await send(joined('{"client_name":"', each, '","redirect_uris":["http://127.0.0.1/"]}'), { path: '/register', fields: [] })).status, 400, `${what} at registration`);
    }
  });
  const escaped = ['%80', '%c3', '%e2%82', '%c0%af', '%c0%80', '%e0%80%ae', '%ed%a0%80', '%f4%90%80%80', '%ff', '%', '%4', '%zz', '%u0041'];
  for (const each of escaped) {
    for (const path of [`/authorize?client_id=${client.id}&redirect_uri=${encodeURIComponent(client.redirect)}&state=${each}`, `/oauth/google/callback?code=x&state=${each}`]) {
      const response = await fetch(`${gateway.url}${path}`, { redirect: 'manual', headers: { accept: 'application/json' } });
      await response.arrayBuffer();
      assert.equal(response.status, 400, `${path}: no redirect, and no guess at what was meant`);
    }
    for (const path of ['/token', '/revoke']) {
      assert.equal((await send(`grant_type=refresh_token&token=x&client_id=${each}`, { path, fields: [], type: ['Content-Type: application/x-www-form-urlencoded'] })).status, 400, `${path} with ${each}`);
    }
  }
});

// ---- JS-07, JS-10, JS-11 ----

const call = (params, more = {}) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params, ...more });
const ask = (method, params, id = 1) => ({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) });

describe('JS-07 error codes', () => {
  test('JS-07 in the revisions with sessions', { timeout: 60_000 }, async () => {
    const rows = [
      ...['nosuch', 'tools/nosuch', '', ' ', 'PING', 'ping ', 'Tools/Call', 'tools/call/', 'rpc.discover', 'roots/list', 'sampling/createMessage', 'logging/setLevel', 'notifications/initialized', 'server/discover', '__proto__', 'constructor', 'ping\u0000', 'x'.repeat(100_000)].map((method) => [`method ${method.slice(0, 30)}`, ask(method), 200, code.method]),
      ['no name of a tool', call({}), 200, code.params], ['no params', ask('tools/call'), 200, code.params], ['a number for a name', call({ name: 7 }), 200, code.params], ['null for a name', call({ name: null }), 200, code.params], ['a list for a name', call({ name: ['whoami'] }), 200, code.params],
      ['an unknown tool', call({ name: 'nosuch' }), 200, code.params], ['a tool in another case', call({ name: 'Whoami' }), 200, code.params], ['the empty tool', call({ name: '' }), 200, code.params], ['__proto__ as a tool', call({ name: '__proto__' }), 200, code.params], ['a tool with NUL', call({ name: 'whoami\u0000' }), 200, code.params],
      ...[[], 'x', 7, true, [{}]].map((value) => [`arguments ${JSON.stringify(value)}`, call({ name: 'whoami', arguments: value }), 200, code.params]),
      ['an unknown cursor', ask('tools/list', { cursor: 'x' }), 200, code.params], ['a number for a cursor', ask('tools/list', { cursor: 7 }), 200, code.params],
      ['initialize without a revision', ask('initialize', {}), 200, code.params], ['initialize with a number', ask('initialize', { protocolVersion: 7 }), 200, code.params], ['initialize without params', ask('initialize'), 200, code.params],
      ...[[], [1], 'x', 7, true, null].map((params) => [`params ${JSON.stringify(params)}`, ask('ping', params), 400, code.request]),
      ...[null, true, false, 1.5, [], {}, [1], { a: 1 }].map((id) => [`id ${JSON.stringify(id)}`, ask('ping', undefined, id), 400, code.request]),
      ['an id with a fraction of zero', '{"jsonrpc":"2.0","id":1.0,"method":"ping"}', 400, code.request], ['an id in exponents', '{"jsonrpc":"2.0","id":1e3,"method":"ping"}', 400, code.request],
      ...[undefined, '1.0', '2', '2.00', ' 2.0', '2.0\u0000', 2, 2.1, null, ['2.0'], true].map((jsonrpc) => [`jsonrpc ${JSON.stringify(jsonrpc)}`, { jsonrpc, id: 1, method: 'ping' }, 400, code.request]),
      ['jsonrpc 2.0 as a number', '{"jsonrpc":2.0,"id":1,"method":"ping"}', 400, code.request],
      ...[7, null, true, [], {}, ['ping']].map((method) => [`method ${JSON.stringify(method)}`, { jsonrpc: '2.0', id: 1, method }, 400, code.request]),
      ['nothing', {}, 400, code.request], ['no method', { jsonrpc: '2.0', id: 1 }, 400, code.request], ['no members but jsonrpc', { jsonrpc: '2.0' }, 400, code.request],
      ...['1', '"x"', 'null', 'true', '[]', '[1]', '[null]', '[[]]', '[{}]'].map((text) => [`the body ${text}`, text, 400, code.request]),
      ...['', ' ', '{', 'x', '{"jsonrpc":"2.0","id":1,"method":"ping"', '{"jsonrpc":"2.0","id":1,"method":"ping"}}', "{'jsonrpc':'2.0'}"].map((text) => [`the body ${text}`, text, 400, code.parse]),
    ];
    await assertNothingRuns(async () => {
      for (const [what, body, status, verdict] of rows) {
        const answer = await send(body);
        assert.deepEqual(verdictOf(answer), [status, verdict], what);
        assert.equal(answer.message.jsonrpc, '2.0');
        assert.equal(answer.message.id, status === 200 ? 1 : answer.message.id === 1 ? 1 : null, `${what}: the id of the request, or null`);
        assert.ok(answer.message.error.message.length > 0 && answer.message.error.message.length < 300, `${what}: a short message`);
        assert.doesNotMatch(answer.text, /\.cc|simdjson|std::|exception/i, `${what}: no internals`);
      }
    });
  });

  test('JS-07 in the stateless revision', { timeout: 60_000 }, async () => {
    const meta = (more = {}) => ({ _meta: modernMeta, ...more });
    const rows = [
      ...['nosuch', 'initialize', 'ping', 'resources/subscribe', 'logging/setLevel'].map((method) => [`method ${method}`, ask(method, meta()), inModern(method), 404, code.method]),
      ['an unknown tool', call(meta({ name: 'nosuch' })), inModern('tools/call', 'nosuch'), 200, code.params],
      ['arguments as a list', call(meta({ name: 'whoami', arguments: [] })), inModern('tools/call', 'whoami'), 200, code.params],
      ['an unknown cursor', ask('tools/list', meta({ cursor: 'x' })), inModern('tools/list'), 200, code.params],
      ['no _meta', ask('tools/list', {}), inModern('tools/list'), 400, code.params],
      ['no capabilities', ask('tools/list', { _meta: { 'io.modelcontextprotocol/protocolVersion': modern } }), inModern('tools/list'), 400, code.params],
      ['capabilities as a list', ask('tools/list', { _meta: { ...modernMeta, 'io.modelcontextprotocol/clientCapabilities': [] } }), inModern('tools/list'), 400, code.params],
      ['a batch', [ask('tools/list', meta())], inModern('tools/list'), 400, code.request],
      ['no message', {}, inModern('tools/list'), 400, code.request],
      ['half a message', '{"jsonrpc":"2.0"', inModern('tools/list'), 400, code.parse],
    ];
    await assertNothingRuns(async () => {
      for (const [what, body, fields, status, verdict] of rows) assert.deepEqual(verdictOf(await send(body, { fields })), [status, verdict], what);
    });
  });
});

test('JS-09 embedded NUL: whole to Google, or refused, never cut', { timeout: 60_000 }, async () => {
  for (const query of ['quicksilver\u0000x', '\u0000', '\u0000quicksilver', 'a\u0000b', 'quicksilver\u0000', 'from:a\u0000" OR "']) {
    await world.google.clear();
    const result = await calls('gmail_search', { query });
    assert.ok(result, `an answer to ${JSON.stringify(query)}`);
    const queries = (await world.google.asked(/\/messages$/)).map((each) => each.query.q);
    assert.deepEqual(queries, result.isError ? [] : [query], `${JSON.stringify(query)} reaches Google as it is`);
  }
  const refusedArguments = [['gmail_search', { query: 'quicksilver', time_zone: 'Europe/Berlin\u0000' }], ['gmail_search', { query: 'quicksilver', time_zone: 'Europe/Berlin\u0000/../../etc' }], ['gmail_search', { query: 'quicksilver', after: '2026-11-03\u0000' }], ['gmail_search', { query: 'quicksilver', after: '2026-11-03\u0000T09:00Z' }], ['gmail_search', { query: 'quicksilver', by: 'message\u0000' }], ['gmail_search', { query: 'quicksilver', fields: ['id\u0000'] }], ['gmail_search', { query: 'quicksilver', cursor: '\u0000' }],
    ['gmail_search', { 'query\u0000': 'quicksilver' }], ['gmail_read', { ids: ['19a1ce0000000020\u0000'] }], ['gmail_read', { ids: ['19a1ce0000000020\u0000/attachments/1'] }], ['gmail_read', { ids: ['t:19a1ce0000000010\u0000'] }], ['gmail_read', { ids: ['https://mail.google.com/mail/u/0/#inbox/19a1ce0000000020\u0000'] }], ['gmail_read', { ids: ['19a1ce0000000020'], include: ['html\u0000'] }], ['gmail_read', { ids: ['19a1ce0000000020'], time_zone: 'UTC\u0000' }]];
  await world.google.clear();
  for (const [name, args] of refusedArguments) {
    const result = await calls(name, args);
    assert.equal(result?.isError, true, `${name} ${JSON.stringify(args)}: ${JSON.stringify(result).slice(0, 300)}`);
  }
  assert.deepEqual(await world.google.asked(/messages|threads/), [], 'and Google is not asked for what was cut off');
  for (const [what, body, status, verdict] of [['a tool', call({ name: 'whoami\u0000x' }), 200, code.params], ['a method', ask('ping\u0000x'), 200, code.method], ['jsonrpc', { jsonrpc: '2.0\u0000', id: 1, method: 'ping' }, 400, code.request], ['a member', { jsonrpc: '2.0', id: 1, 'method\u0000': 'ping' }, 400, code.request]]) {
    assert.deepEqual(verdictOf(await send(body)), [status, verdict], what);
  }
  assert.equal((await send(ask('ping', {}, 'a\u0000b'))).message.id, 'a\u0000b', 'an id comes back whole');
  const answer = await send({ redirect_uris: ['http://127.0.0.1/\u0000'] }, { path: '/register', fields: [] });
  assert.equal(answer.status, 400);
  const named = await send({ client_name: 'a\u0000b', redirect_uris: ['http://127.0.0.1/'] }, { path: '/register', fields: ['X-Forwarded-For: 203.0.113.9'] });
  assert.deepEqual([named.status, named.message.client_name], [201, 'a\u0000b'], 'the name of a client is kept whole');
});

test('JS-10 wrong direction: responses and notifications where requests are due change nothing', { timeout: 60_000 }, async () => {
  const notification = (method, params) => ({ jsonrpc: '2.0', method, ...(params ? { params } : {}) });
  const rows = [
    ['a result', { jsonrpc: '2.0', id: 1, result: {} }, 202], ['a result nobody waits for', { jsonrpc: '2.0', id: 'nosuch', result: { roots: [] } }, 202], ['an error', { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'x' } }, 202], ['an error without an id', { jsonrpc: '2.0', error: { code: -1, message: 'x' } }, 202],
    ['a result without an id', { jsonrpc: '2.0', result: {} }, 400], ['a result and an error', { jsonrpc: '2.0', id: 1, result: {}, error: {} }, 400], ['a result with a strange id', { jsonrpc: '2.0', id: [], result: {} }, 400], ['a result with a method that is none', { jsonrpc: '2.0', id: 1, method: 7, result: {} }, 400],
    ['a call without an id', notification('tools/call', { name: 'gmail_search', arguments: { query: 'quicksilver' } }), 202], ['an initialize without an id', notification('initialize', { protocolVersion: legacy, capabilities: {}, clientInfo: { name: 'x', version: '1' } }), 202], ['a ping without an id', notification('ping'), 202],
    ['an unknown notification', notification('notifications/nosuch'), 202], ['progress nobody waits for', notification('notifications/progress', { progressToken: 'x', progress: 1 }), 202], ['a cancellation of nothing', notification('notifications/cancelled', { requestId: 'nosuch' }), 202], ['a cancellation without an id', notification('notifications/cancelled'), 202], ['a cancellation of a list', notification('notifications/cancelled', { requestId: [1] }), 202], ['initialized again', notification('notifications/initialized'), 202],
    ['what the server would send', notification('notifications/message', { level: 'info', data: 'x' }), 202], ['what the server would send, twice', notification('notifications/tools/list_changed'), 202],
  ];
  await assertNothingRuns(async () => {
    for (const [what, body, status] of rows) {
      const answer = await send(body);
      assert.equal(answer.status, status, `${what}: ${answer.text}`);
      if (status === 202) assert.equal(answer.text, '', `${what}: no body`);
      else assert.equal(answer.message.error.code, code.request, what);
      if (status === 202) assert.equal((await send(body, { fields: [] })).status, 400, `${what}, without a session`);
    }
    for (const method of ['sampling/createMessage', 'roots/list', 'elicitation/create', 'notifications/initialized', 'notifications/cancelled']) assert.deepEqual(verdictOf(await send(ask(method))), [200, code.method], `${method} asked of the server`);
    const meta = { _meta: modernMeta };
    assert.equal((await send(notification('tools/call', { ...meta, name: 'whoami' }), { fields: inModern('tools/call', 'whoami') })).status, 202);
    assert.equal((await send(notification('notifications/cancelled', { ...meta, requestId: 1 }), { fields: inModern('notifications/cancelled') })).status, 202);
    assert.equal((await send({ jsonrpc: '2.0', id: 1, result: {} }, { fields: inModern('x') })).status, 400);
  });
  const sse = await openSse(gateway, client.tokens.access_token);
  assert.equal(sse.status, 200);
  await assertNothingRuns(async () => {
    for (const [what, body, status] of rows) assert.equal((await send(body, { path: sse.target, fields: [] })).status, status, `${what}, on the older transport`);
    assert.equal((await send(ask('ping', undefined, 'last'), { path: sse.target, fields: [] })).status, 202);
    await until('the ping is answered', () => sse.events.some(({ data }) => data.includes('"last"')));
  });
  assert.deepEqual(sse.events.slice(1).map(({ data }) => JSON.parse(data).id), ['last'], 'nothing else was answered');
  sse.cut();
  assert.deepEqual(verdictOf(await send(ask('ping'))), [200, 'result'], 'the session is what it was');
});

test('JS-11 schema strictness: extra members, wrong types, __proto__', { timeout: 60_000 }, async () => {
  const asked = (args) => ['gmail_search', { query: 'quicksilver', ...args }];
  const refusedCalls = [
    ...['x', 'Query', 'query ', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', '$where', 'query[]', 'user', 'userId', 'access_token'].map((name) => [`the unknown argument ${name}`, 'gmail_search', `{"query":"quicksilver",${JSON.stringify(name)}:"x"}`]),
    ['__proto__ with members', 'gmail_search', '{"query":"quicksilver","__proto__":{"limit":1}}'], ['an argument where none is due', 'whoami', '{"x":1}'], ['__proto__ where none is due', 'whoami', '{"__proto__":{}}'],
    ...['"5"', '5.5', 'true', '[]', '{}', '[5]', '1e400', '"five"', '-1', '0', '51', '2147483648', '4294967301', '9223372036854775808'].map((value) => [`limit ${value}`, 'gmail_search', `{"query":"quicksilver","limit":${value}}`]),
    ...['7', 'true', '[]', '{}', '["quicksilver"]', '{"query":"x"}'].map((value) => [`query ${value}`, 'gmail_search', `{"query":${value}}`]),
    ...['"Message"', '"messages"', '7', '[]', '["message"]', 'true', '""'].map((value) => [`by ${value}`, 'gmail_search', `{"query":"quicksilver","by":${value}}`]),
    ...['"id"', '["nosuch"]', '[7]', '[null]', '[["id"]]', '{"0":"id"}', 'true'].map((value) => [`fields ${value}`, 'gmail_search', `{"query":"quicksilver","fields":${value}}`]),
    ...['"19a1ce0000000020"', '[]', '[7]', '[null]', '[[]]', '{}', '{"0":"19a1ce0000000020"}', 'true', JSON.stringify(Array(11).fill('19a1ce0000000020'))].map((value) => [`ids ${value.slice(0, 30)}`, 'gmail_read', `{"ids":${value}}`]),
  ];
  const ran = (await world.google.log()).counts.requests;
  await forEach(refusedCalls, async ([what, name, args], wire) => {
    const { status, message } = await send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`, { wire });
    const refused = message?.result?.isError === true || message?.error?.code === (what === 'limit 1e400' ? code.parse : code.params);
    assert.ok(refused, `${what}: ${status} ${JSON.stringify(message).slice(0, 300)}`);
  });
  assert.equal((await world.google.log()).counts.requests, ran, 'Google was asked nothing');

  // Members that the protocol does not know are ignored, and never become anything.
  const extras = { __proto__: null, x: 1, method2: 'tools/call', result2: {}, auth: { user: 'bob@acme.example' }, constructor: { prototype: { isAdmin: true } } };
  const protoText = '{"jsonrpc":"2.0","id":1,"method":"tools/call","__proto__":{"method":"ping"},"params":{"name":"whoami","__proto__":{"name":"gmail_search"},"arguments":{},"x":[1],"_meta":{"__proto__":{"progressToken":1},"constructor":7}}}';
  for (const body of [{ ...call({ name: 'whoami', arguments: {}, ...extras }), ...extras }, protoText, call({ name: 'whoami', arguments: null }), call({ name: 'whoami', _meta: 7 }), call({ name: 'whoami', _meta: [] })]) {
    const { message } = await send(body);
    assert.match(JSON.stringify(message?.result), /alice@acme\.example/, JSON.stringify(body).slice(0, 200));
    assert.doesNotMatch(JSON.stringify(message), /bob@acme|isAdmin/);
  }
  assert.ok(!(await calls(...asked({ limit: 5 }))).isError, 'a number is a number');
  assert.ok(!(await calls(...asked({ limit: null, by: null }))).isError, 'null is as good as absent');
  const registered = await send('{"redirect_uris":["http://127.0.0.1/"],"__proto__":{"redirect_uris":["https://evil.example/"]},"client_id":"mine","client_secret":"mine","x":1}', { path: '/register', fields: ['X-Forwarded-For: 203.0.113.11'] });
  assert.equal(registered.status, 201);
  assert.notEqual(registered.message.client_id, 'mine');
  assert.deepEqual(registered.message.redirect_uris, ['http://127.0.0.1/']);
  for (const text of ['[]', '7', 'null', '"x"', '{"redirect_uris":"http://127.0.0.1/"}', '{"redirect_uris":{"0":"http://127.0.0.1/","length":1}}', '{"redirect_uris":[7]}', '{"redirect_uris":[null]}', '{"redirect_uris":[["http://127.0.0.1/"]]}', '{"redirect_uris":["http://127.0.0.1/"],"client_name":7}', '{"redirect_uris":["http://127.0.0.1/"],"grant_types":"authorization_code"}']) {
    assert.equal((await send(text, { path: '/register', fields: [] })).status, 400, text);
  }
});

// ---- JS-14 ----

describe('JS-14 media types', () => {
  const wrong = [[], ['Content-Type:'], ...['text/plain', 'text/json', 'text/html', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/octet-stream', 'application/xml', 'application/jsonp', 'application/x-json', 'application/json5', 'application/ld+json', 'application/json-rpc', 'application/jsonx', 'xapplication/json', 'application', 'json', '*/*', 'application/*', '/json', 'application/ json', 'application /json', 'application/json, text/plain', 'text/plain, application/json', 'application/json,', '"application/json"', 'application\\json', 'text/plain; application/json', 'text/plain;x=application/json', 'application/json\x80'].map((type) => [`Content-Type: ${type}`]),
    ['Content-Type: application/json', 'Content-Type: text/plain'], ['Content-Type: text/plain', 'Content-Type: application/json'], ['Content-Type: application/json', 'Content-Type: application/json']];
  const oddCharsets = ['utf-16', 'UTF-16LE', 'utf-32', 'utf-7', 'iso-8859-1', 'latin1', 'us-ascii', 'windows-1252', 'shift_jis', 'utf-8x', 'xutf-8', 'utf_8', '"utf-16"', 'utf-8, utf-16', '', 'x'].map((charset) => [`Content-Type: application/json; charset=${charset}`]);
  const right = ['application/json', 'Application/JSON', 'application/json;charset=utf-8', 'application/json; charset=UTF-8', 'application/json ; charset="utf-8"', 'application/json;', 'application/json; x=y'].map((type) => [`Content-Type: ${type}`]);
  const registration = { redirect_uris: ['http://127.0.0.1/'] };

  test('JS-14 not JSON, or in an odd charset: 415, and nothing runs', { timeout: 60_000 }, async () => {
    await assertNothingRuns(async () => {
      for (const type of [...wrong, ...oddCharsets, ['Content-Type: application/json; charset=utf-8; charset=utf-16']]) {
        const answer = await send(call({ name: 'whoami' }), { type });
        assert.deepEqual([answer.status, answer.message?.error?.code], [415, code.request], String(type));
        assert.equal((await send(call({ name: 'whoami' }), { type, path: '/messages?sessionId=x', fields: [] })).status, 415, `${type} on the older transport`);
      }
    });
    for (const type of right) assert.deepEqual(verdictOf(await send(ask('ping'), { type })), [200, 'result'], String(type));
  });

  test('JS-14 at registration', { timeout: 60_000 }, async () => {
    for (const type of wrong) assert.equal((await send(registration, { type, path: '/register', fields: [] })).status, 415, String(type));
    for (const [n, type] of right.entries()) assert.equal((await send(registration, { type, path: '/register', fields: [`X-Forwarded-For: 203.0.113.${100 + n}`] })).status, 201, String(type));
  });

  test('JS-14 at registration, in an odd charset', { timeout: 60_000 }, async () => {
    for (const [n, type] of oddCharsets.entries()) assert.equal((await send(registration, { type, path: '/register', fields: [`X-Forwarded-For: 203.0.113.${120 + n}`] })).status, 415, String(type));
  });

  test('JS-14 forms are read as forms only', { timeout: 60_000 }, async () => {
    for (const type of [[], ['Content-Type: text/plain'], ['Content-Type: application/json'], ['Content-Type: multipart/form-data; boundary=x'], ['Content-Type: application/x-www-form-urlencoded, text/plain'], ['Content-Type: application/x-www-form-urlencoded', 'Content-Type: text/plain']]) {
      for (const path of ['/token', '/revoke']) {
        const answer = await send(`grant_type=refresh_token&refresh_token=${client.tokens.refresh_token}&token=${client.tokens.refresh_token}&client_id=${client.id}`, { type, path, fields: [] });
        assert.ok(answer.status === 400 || answer.status === 415, `${path} as ${type}: ${answer.status}`);
      }
    }
    assert.deepEqual(verdictOf(await send(ask('ping'))), [200, 'result'], 'the tokens are still good');
  });

  test('JS-14 neighbours: a coded body is not read as a plain one', { timeout: 60_000 }, async () => {
    const plain = bytesOf(call({ name: 'whoami' }));
    await assertNothingRuns(async () => {
      for (const coding of ['gzip', 'GZIP', 'deflate', 'br', 'zstd', 'x', 'gzip, gzip', 'identity, gzip', 'aws-chunked']) {
        for (const [what, body] of [['coded', gzipSync(plain)], ['not coded', plain]]) {
          const wire = await Wire.open(port);
          const answer = await send(body, { type: [...jsonType, `Content-Encoding: ${coding}`], wire });
          assert.deepEqual([answer.status, answer.field('connection')], [415, 'close'], `${coding}, ${what}`);
          wire.close();
        }
      }
    });
    assert.deepEqual(verdictOf(await send(ask('ping'), { type: [...jsonType, 'Content-Encoding: identity'] })), [200, 'result']);
  });
});

// ---- after all that ----

test('JS: the same process still serves, and holds what it held before', { timeout: 60_000 }, async () => {
  assert.equal(gateway.pid, pid);
  assert.ok(gateway.running);
  assert.match(JSON.stringify(await calls('whoami')), /alice@acme\.example/, 'the session is the same, too');
  await assertBackAt(baseline, pid);
  assert.doesNotMatch(gateway.log, /"level":"error"/, 'nothing went wrong inside');
  for (const line of gateway.log.split('\n').filter(Boolean)) assert.doesNotThrow(() => JSON.parse(line), `one event a line: ${line.slice(0, 300)}`);
});
