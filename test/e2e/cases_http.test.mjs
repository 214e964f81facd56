// SPDX-License-Identifier: Apache-2.0
//
// Chapter HP of the abuse cases: what two HTTP parsers might read differently is refused, the refusal closes the connection, and nothing
// that was sent behind it is executed. By bare sockets.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FormBrowser } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { assertBackAt, stateOf } from './lib/process_state.mjs';
import { initialize } from './lib/raw_mcp.mjs';
import { joined, request, Wire } from './lib/raw_http.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

const bodyBytesMax = 4 * 1024 * 1024;
const headBytesMax = 16 * 1024;
const lineBytesMax = 8 * 1024;
const headersMax = 100;

let world;
let gateway;
let port;
let client;
let sessionId;
let pid;
let baseline;
let unfinishedHeads; // opened first and looked at last: their deadline is ten seconds

before(async () => {
  world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
  gateway = world.gateway;
  port = Number(new URL(gateway.url).port);
  await world.google.set({ auto_login: 'alice@acme.example' });
  client = await new RawClient({ gateway, name: 'raw sockets' }).signIn();
  ({ sessionId } = await initialize(gateway, client.tokens.access_token));
  await (await fetch(`${gateway.url}/account`)).text();
  pid = gateway.pid;
  baseline = stateOf(pid);
  const unfinished = [['GET /healthz HTTP/1.1', [408]], ['GET /healthz HTTP/1.1\r\n', [408]], [`GET /healthz HTTP/1.1\r\n${host()}\r\n`, [408]], [get().subarray(0, -1), [408]], [post(['Content-Length: 2'], '{}X'), [401, 408]]];
  unfinishedHeads = await Promise.all(unfinished.map(async ([bytes, statuses]) => ({ wire: (await Wire.open(port)).send(bytes), statuses })));
}, { timeout: 60_000 });
after(() => world?.end());

// ---- the words of a request ----

const host = () => `Host: localhost:${port}`;
const get = (path = '/healthz', fields = []) => request(`GET ${path} HTTP/1.1`, [host(), ...fields]);
const post = (fields = [], body = '') => request('POST /mcp HTTP/1.1', [host(), 'Content-Type: application/json', ...fields], body);
const chunk = (data, more = '') => `${data.length.toString(16)}${more}\r\n${data}\r\n`;
const chunked = (body, fields = []) => post(['Transfer-Encoding: chunked', ...fields], body);
const line = (first, fields = [host()]) => request(first, fields);
const bearer = () => `Authorization: Bearer ${client.tokens.access_token}`;
const ping = (id) => JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });
const inSession = () => [host(), 'Content-Type: application/json', 'Accept: application/json, text/event-stream', bearer(), `Mcp-Session-Id: ${sessionId}`, 'MCP-Protocol-Version: 2025-11-25'];

// ---- what must not be executed ----

let traces = 0;

// A request that the log tells of when it is executed.
function trace() {
  traces += 1;
  const name = `trace-${traces}-end`;
  return { name, bytes: get(`/authorize?client_id=${name}&redirect_uri=http://127.0.0.1/`) };
}

const executed = (name) => gateway.log.includes(`"${name}"`);

// All that was executed so far stands in the log.
async function logIsWritten() {
  const { name, bytes } = trace();
  const wire = (await Wire.open(port)).send(bytes);
  assert.equal((await wire.answer()).status, 400);
  wire.close();
  await until('the log tells of the last request', () => executed(name));
}

async function assertNoneExecuted(names) {
  await logIsWritten();
  assert.deepEqual(names.filter(executed), [], 'nothing behind a refusal is executed');
}

// ---- tables ----

const shown = (bytes) => JSON.stringify(bytes.toString('latin1').slice(0, 300));

// Sends `bytes` and a trace behind them, at once or byte by byte: one answer with `status`, and the end.
async function refused(what, bytes, status, name, bytewise) {
  const wire = await Wire.open(port);
  const whole = joined(bytes, name.bytes);
  if (bytewise) await wire.sendBytewise(whole);
  else wire.send(whole);
  const answers = await wire.rest();
  wire.close();
  assert.deepEqual(answers.map((answer) => answer.status), [status], `${what}${bytewise ? ', byte by byte' : ''}: ${shown(bytes)}`);
  assert.equal(answers[0].field('connection'), 'close', `${what}: the answer says that it is the last`);
  assert.doesNotMatch(answers[0].text, /gatehouse|\/src\/|\.cc|std::|0x/i, `${what}: no internals`);
}

// Every row of [what, bytes, status] is refused, closes, and lets nothing behind it through.
async function assertAllRefused(rows) {
  const names = [];
  for (const [what, bytes, status] of rows) {
    const ways = bytes.length < 600 ? [false, true] : [false];
    await Promise.all(ways.map((bytewise) => {
      const name = trace();
      names.push(name.name);
      return refused(what, joined(bytes), status, name, bytewise);
    }));
  }
  await assertNoneExecuted(names);
}

// Every row is answered with its status, and the connection goes on: the trace behind it is executed.
async function assertAllServed(rows) {
  const names = [];
  for (const [what, bytes, status] of rows) {
    const name = trace();
    names.push(name.name);
    const wire = (await Wire.open(port)).send(bytes, name.bytes);
    const method = /^(\r\n)?HEAD /.test(joined(bytes).toString('latin1')) ? 'HEAD' : undefined;
    const first = await wire.answer({ method });
    assert.equal(first?.status, status, `${what}: ${shown(joined(bytes))}`);
    assert.equal((await wire.answer())?.status, 400, `${what}: the next one is read from where this one ends`);
    wire.close();
  }
  await logIsWritten();
  assert.deepEqual(names.filter((name) => !executed(name)), [], 'what follows a served request is executed');
}

// ---- HP-01 to HP-04 ----

const empty = '0\r\n\r\n';

describe('lengths', () => {
  test('HP-01 both lengths: Content-Length with Transfer-Encoding', { timeout: 30_000 }, async () => {
    await assertAllRefused([
      ['length first', post(['Content-Length: 5', 'Transfer-Encoding: chunked'], empty), 400],
      ['coding first', post(['Transfer-Encoding: chunked', 'Content-Length: 5'], empty), 400],
      ['length 0', post(['Content-Length: 0', 'Transfer-Encoding: chunked'], empty), 400],
      ['length of what follows', post(['Content-Length: 4', 'Transfer-Encoding: chunked'], '1\r\nZ\r\nQ'), 400],
      ['other fields between', post(['Content-Length: 5', 'X: y', 'Transfer-Encoding: chunked'], empty), 400],
      ['other cases', post(['content-LENGTH: 5', 'TRANSFER-encoding: chunked'], empty), 400],
      ['on GET', line('GET /healthz HTTP/1.1', [host(), 'Content-Length: 5', 'Transfer-Encoding: chunked']), 400],
      ['on HTTP/1.0', request('POST /mcp HTTP/1.0', [host(), 'Content-Length: 5', 'Transfer-Encoding: chunked'], empty), 400],
      ['with an odd coding', post(['Content-Length: 5', 'Transfer-Encoding: identity'], 'abcde'), 400],
      ['with an empty coding', post(['Content-Length: 5', 'Transfer-Encoding:'], 'abcde'), 400],
      ['with an odd length', post(['Content-Length: x', 'Transfer-Encoding: chunked'], empty), 400],
      ['to an OAuth route', request('POST /token HTTP/1.1', [host(), 'Content-Length: 5', 'Transfer-Encoding: chunked'], empty), 400],
    ]);
  });

  test('HP-02 Content-Length forms: only plain decimal digits, once', { timeout: 30_000 }, async () => {
    const forms = ['5, 5', '5,5', '5, 6', '5,', ',5', '5;5', '+5', '-1', '-0', '-5', '5_0', '0x5', '0X5', '0b101', '0o5', '5h', 'a', '05', '00', '5.0', '5.', '1e1', '5 5', '"5"', "'5'", '(5)', '[5]', '5\t5', '',
      '18446744073709551616', '18446744073709551621', '18446744073709551615', '99999999999999999999', '9'.repeat(40), '1'.repeat(4000), '\xd9\xa5', '\xb2', '5\x80', '%35', '5%', '\\5', 'NaN', 'Infinity', 'chunked'];
    await assertAllRefused([
      ...forms.map((form) => [`the form ${form.slice(0, 30)}`, post([`Content-Length: ${form}`], 'abcde'), 400]),
      ['two values', post(['Content-Length: 5', 'Content-Length: 6'], 'abcde'), 400],
      ['two equal values', post(['Content-Length: 5', 'Content-Length: 5'], 'abcde'), 400],
      ['two values, the first 0', post(['Content-Length: 0', 'Content-Length: 5'], 'abcde'), 400],
      ['two values in two cases', post(['Content-Length: 5', 'content-length: 0'], 'abcde'), 400],
      ['two values on GET', line('GET /healthz HTTP/1.1', [host(), 'Content-Length: 0', 'Content-Length: 5']), 400],
      ['2^63 - 1', post(['Content-Length: 9223372036854775807'], 'abcde'), 413],
      ['2^63', post(['Content-Length: 9223372036854775808'], 'abcde'), 413],
    ]);
  });

  test('HP-02 neighbours: blanks around the value are legal, and the length is kept to', { timeout: 30_000 }, async () => {
    await assertAllServed([
      ['plain', post(['Content-Length: 5'], 'abcde'), 401],
      ['no blank', post(['Content-Length:5'], 'abcde'), 401],
      ['blanks and tabs', post(['Content-Length: \t 5 \t'], 'abcde'), 401],
      ['length 0', post(['Content-Length: 0']), 401],
      ['no length', post(), 401],
      ['a body that looks like a request', post(['Content-Length: 37'], 'GET /healthz HTTP/1.1\r\nHost: evil\r\n\r\n'), 401],
      ['a body on GET', request('GET /healthz HTTP/1.1', [host(), 'Content-Length: 5'], 'abcde'), 200],
      ['a body on HEAD', request('HEAD /healthz HTTP/1.1', [host(), 'Content-Length: 5'], 'abcde'), 200],
      ['a body on DELETE', request('DELETE /mcp HTTP/1.1', [host(), 'Content-Length: 5'], 'abcde'), 401],
      ['a body on OPTIONS', request('OPTIONS /mcp HTTP/1.1', [host(), 'Content-Length: 5'], 'abcde'), 204],
    ]);
  });

  test('HP-03 Transfer-Encoding forms: exactly `chunked`, once, on HTTP/1.1', { timeout: 30_000 }, async () => {
    const forms = ['xchunked', 'chunkedx', 'chunke', 'chunked, identity', 'identity, chunked', 'identity', 'gzip', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked', 'chunked,', ',chunked', 'chunked;q=1', 'chunked;', '"chunked"', "'chunked'",
      ' chunked', '\tchunked', 'chunked ', 'chunked\t', 'chunked \t ', '  chunked', 'Chunked', 'CHUNKED', 'chun ked', '\x0bchunked', '\x0cchunked', 'chunked\x0b', '\xa0chunked', 'chunked\x85', 'c\xffhunked', '', 'x', 'trailers', 'chunked, x', 'chunked\\', '%63hunked', 'compress', 'deflate'];
    const oneByOne = forms.map((form) => [`the form ${JSON.stringify(form)}`, post([`Transfer-Encoding: ${form}`], empty), 400]);
    await assertAllRefused([
      ...oneByOne,
      ['no blank and a tab', post(['Transfer-Encoding:\tchunked'], empty), 400],
      ['twice', post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], empty), 400],
      ['twice, then identity', post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], empty), 400],
      ['twice, first odd', post(['Transfer-encoding: cow', 'Transfer-Encoding: chunked'], empty), 400],
      ['on HTTP/1.0', request('POST /mcp HTTP/1.0', [host(), 'Transfer-Encoding: chunked'], empty), 400],
      ['on HTTP/1.0 with keep-alive', request('POST /mcp HTTP/1.0', [host(), 'Connection: keep-alive', 'Transfer-Encoding: chunked'], empty), 400],
      ['folded', post(['Transfer-Encoding:', ' chunked'], empty), 400],
      ['blank before the colon', post(['Transfer-Encoding : chunked'], empty), 400],
      ['behind a bare CR', post(['X: y\rTransfer-Encoding: chunked'], empty), 400],
      ['with a control in the name', post(['Transfer\x01-Encoding: chunked'], empty), 400],
      ['on GET', line('GET /healthz HTTP/1.1', [host(), 'Transfer-Encoding: identity']), 400],
    ]);
  });

  test('HP-03 neighbours: odd chunks', { timeout: 30_000 }, async () => {
    const sizes = ['', '+5', '-5', '-1', ' 5', '5 ', '\t5', '5\t', '0x5', '5x', 'g', '0_5', '5_', '5,', '5, 5', '"5"', '5.0', '5h', '\xb5', '5\x00', '5\x80', '%35', '10000000000000000', '10000000000000005', 'ffffffffffffffff', 'fffffffffffffffb', '7fffffffffffffff', '8000000000000000', '100000000',
      '000000005', '0'.repeat(30) + '5', 'f'.repeat(200), '5 ;a', '5\t;a', '5;a\x01', '5;a=\x00', '5;a\rb', '5;a="\x7f"', `5;${'a'.repeat(300)}`];
    await assertAllRefused([
      ...sizes.map((size) => [`the size ${JSON.stringify(size.slice(0, 30))}`, chunked(`${size}\r\nabcde\r\n${empty}`), 400]),
      ['a size with a bare LF', chunked(`5\nabcde\r\n${empty}`), 400],
      ['an extension with a bare LF', chunked(`5;a\nabcde\r\n${empty}`), 400],
      ['a size with a bare CR', chunked(`5\rabcde\r\n${empty}`), 400],
      ['data longer than its size', chunked(`5\r\nabcdef\r\n${empty}`), 400],
      ['data shorter than its size', chunked(`6\r\nabcde\r\n${empty}`), 400],
      ['data ended by a bare LF', chunked(`5\r\nabcde\n${empty}`), 400],
      ['data ended by a bare CR', chunked(`5\r\nabcde\r${empty}`), 400],
      ['data ended by nothing', chunked(`5\r\nabcde${empty}`), 400],
      ['an end with a bare LF', chunked('0\r\n\n'), 400],
      ['extensions without end', chunked(Array.from({ length: 60 }, () => `1;${'a'.repeat(200)}\r\nx\r\n`).join('') + empty), 400],
      ['a trailer without a colon', chunked('0\r\nX y\r\n\r\n'), 400],
      ['a trailer with a blank name', chunked('0\r\n: y\r\n\r\n'), 400],
      ['a folded trailer', chunked('0\r\nX: y\r\n z\r\n\r\n'), 400],
      ['a trailer with a bare LF', chunked('0\r\nX: y\n\r\n'), 400],
      ['a trailer with a control', chunked('0\r\nX: \x01\r\n\r\n'), 400],
      ['a blank before the colon of a trailer', chunked('0\r\nX : y\r\n\r\n'), 400],
      ['trailers without end', chunked(`0\r\n${'X: y\r\n'.repeat(2000)}\r\n`), 431],
      ['a trailer line without end', chunked(`0\r\nX: ${'y'.repeat(9000)}\r\n\r\n`), 431],
    ]);
    await assertAllServed([
      ['one chunk', chunked(`5\r\nabcde\r\n${empty}`), 401],
      ['no chunk', chunked(empty), 401],
      ['zeros before the size', chunked(`0005\r\nabcde\r\n000\r\n\r\n`), 401],
      ['digits of both cases', chunked(`a\r\n0123456789\r\nA\r\n0123456789\r\n${empty}`), 401],
      ['extensions', chunked(`5;a\r\nabcde\r\n5;a=b;c="d, \\"e\\""\r\nabcde\r\n5;\r\nabcde\r\n5;;\r\nabcde\r\n0;last\r\n\r\n`), 401],
      ['trailers', chunked('0\r\nX: y\r\nDigest: z\r\n\r\n'), 401],
      ['trailers that would steer if they were heard', chunked(`5\r\nabcde\r\n0\r\nContent-Length: 500\r\nTransfer-Encoding: chunked\r\nHost: evil.example\r\nConnection: close\r\nExpect: x\r\n${bearer()}\r\n\r\n`), 401],
      ['data that looks like chunks and requests', chunked(chunk('0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n') + empty), 401],
      ['on GET', request('GET /healthz HTTP/1.1', [host(), 'Transfer-Encoding: chunked'], `5\r\nabcde\r\n${empty}`), 200],
    ]);
  });

  test('HP-04 line discipline: CRLF ends a line, and nothing else does', { timeout: 60_000 }, async () => {
    const controls = [...Array(0x20).keys(), 0x7f].filter((code) => code !== 9 && code !== 10 && code !== 13).map((code) => String.fromCharCode(code));
    const hex = (text) => text.charCodeAt(0).toString(16).padStart(2, '0');
    const notInNames = [...' "(),/:;<=>?@[\\]{}\t\x7f\x80\xff\xa0'];
    await assertAllRefused([
      ['bare LF behind the request line', joined('GET /healthz HTTP/1.1\n', host(), '\r\n\r\n'), 400],
      ['bare LF behind a field', joined('GET /healthz HTTP/1.1\r\n', host(), '\nX: y\r\n\r\n'), 400],
      ['bare LF as the last line', joined('GET /healthz HTTP/1.1\r\n', host(), '\r\n\n'), 400],
      ['bare LF throughout', joined('GET /healthz HTTP/1.1\n', host(), '\n\n'), 400],
      ['LF CR', joined('GET /healthz HTTP/1.1\n\r', host(), '\n\r\n\r'), 400],
      ['bare CR behind the request line', joined('GET /healthz HTTP/1.1\r', host(), '\r\n\r\n'), 400],
      ['bare CR behind a field', line('GET /healthz HTTP/1.1', [`${host()}\rX: y`]), 400],
      ['bare CR in a value', get('/healthz', ['X: a\rb']), 400],
      ['bare CR before a name', get('/healthz', ['\rX: a']), 400],
      ['bare CR in a name', get('/healthz', ['X\rY: a']), 400],
      ['CR CR LF', get('/healthz', ['X: a\r']), 400],
      ['bare CR in the target', line('GET /health\rz HTTP/1.1'), 400],
      ['bare CR between the words', line('GET\r/healthz\rHTTP/1.1'), 400],
      ['folded by a blank', get('/healthz', ['X: a', ' b']), 400],
      ['folded by a tab', get('/healthz', ['X: a', '\tb']), 400],
      ['a folded first field', line('GET /healthz HTTP/1.1', [` ${host()}`]), 400],
      ['a fold of nothing but a blank', get('/healthz', ['X: a', ' ']), 400],
      ['a folded Host', line('GET /healthz HTTP/1.1', ['Host:', ` localhost:${port}`]), 400],
      ['blank before the colon', get('/healthz', ['X : a']), 400],
      ['tab before the colon', get('/healthz', ['X\t: a']), 400],
      ['blank before the colon of a length', post(['Content-Length : 5'], 'abcde'), 400],
      ['no colon', get('/healthz', ['Xa']), 400],
      ['no name', get('/healthz', [': a']), 400],
      ...controls.map((code) => [`0x${hex(code)} in a value`, get('/healthz', [`X: a${code}b`]), 400]),
      ...controls.map((code) => [`0x${hex(code)} far into a long value`, get('/healthz', [`X: ${'a'.repeat(300)}${code}${'a'.repeat(300)}`]), 400]),
      ...controls.map((code) => [`0x${hex(code)} in a name`, get('/healthz', [`X${code}Y: a`]), 400]),
      ...controls.map((code) => [`0x${hex(code)} in the target`, line(`GET /health${code}z HTTP/1.1`), 400]),
      ...notInNames.filter((code) => code !== ':').map((code) => [`0x${hex(code)} in a name`, get('/healthz', [`X${code}Y: a`]), 400]),
      ['two empty lines first', joined('\r\n\r\n', get()), 400],
      ['a bare LF first', joined('\n', get()), 400],
      ['a blank first', joined(' ', get()), 400],
      ['a tab first', joined('\t', get()), 400],
      ['a NUL first', joined('\0', get()), 400],
      ['a byte order mark first', joined('\xef\xbb\xbf', get()), 400],
      ['two blanks between the words', line('GET  /healthz HTTP/1.1'), 400],
      ['two blanks before the version', line('GET /healthz  HTTP/1.1'), 400],
      ['a blank behind the version', line('GET /healthz HTTP/1.1 '), 400],
      ['a tab between the words', line('GET\t/healthz\tHTTP/1.1'), 400],
      ['a blank in the target', line('GET /health z HTTP/1.1'), 400],
      ['raw UTF-8 in the target', line('GET /\xc3\xa4 HTTP/1.1'), 400],
      ['a fragment', line('GET /healthz#x HTTP/1.1'), 400],
    ]);
    await assertAllServed([
      ['one empty line first', joined('\r\n', get()), 200],
      ['tabs and high bytes inside a value', get('/healthz', ['X: a\tb \xe4\xff']), 200],
      ['an empty value', get('/healthz', ['X:']), 200],
      ['every character of names', get('/healthz', ["!#$%&'*+-.^_`|~09azAZ: y"]), 200],
    ]);
  });
});

// ---- HP-09 ----

describe('several requests', () => {
  test('HP-09 pipelining: two requests in one packet are answered in order', { timeout: 30_000 }, async () => {
    const wire = await Wire.open(port);
    const pairs = [[get('/healthz'), 200], [get('/nosuchpage'), 404], [post(['Content-Length: 2'], '{}'), 401], [chunked(chunk('{}') + empty), 401], [line('OPTIONS /mcp HTTP/1.1'), 204], [get('/authorize'), 400]];
    for (const [first, firstStatus] of pairs) {
      for (const [second, secondStatus] of pairs) {
        wire.send(first, second);
        assert.deepEqual([(await wire.answer()).status, (await wire.answer()).status], [firstStatus, secondStatus]);
      }
    }
    const ids = Array.from({ length: 200 }, (_, index) => index);
    wire.send(...ids.map((id) => request('POST /mcp HTTP/1.1', [...inSession(), `Content-Length: ${ping(id).length}`], ping(id))));
    for (const id of ids) assert.equal(JSON.parse((await wire.answer()).text).id, id, 'each answer in the order of the requests');
    wire.close();
  });

  test('HP-09 nothing after a close is executed', { timeout: 30_000 }, async () => {
    const closing = [
      ['Connection: close', get('/healthz', ['Connection: close']), 200],
      ['close in a list', get('/healthz', ['Connection: keep-alive, x,  CLOSE ,y']), 200],
      ['close in the second field', get('/healthz', ['Connection: keep-alive', 'Connection: close']), 200],
      ['HTTP/1.0', request('GET /healthz HTTP/1.0', [host()]), 200],
      ['HTTP/1.0 with keep-alive', request('GET /healthz HTTP/1.0', [host(), 'Connection: keep-alive']), 200],
      ['a body before the close', post(['Connection: close', 'Content-Length: 2'], '{}'), 401],
      ['a foreign Host', line('GET /account HTTP/1.1', ['Host: evil.example']), 421],
      ['a foreign Host on the MCP route', request('POST /mcp HTTP/1.1', ['Host: evil.example', 'Content-Length: 2'], '{}'), 421],
    ];
    await assertAllRefused(closing);
    const names = [];
    for (const served of [1, 2, 5]) { // served requests first, then one that is refused, then the trace
      const { name, bytes } = trace();
      names.push(name);
      const wire = (await Wire.open(port)).send(...Array.from({ length: served }, () => get()), get('/healthz', ['X : y']), bytes);
      assert.deepEqual((await wire.rest()).map(({ status }) => status), [...Array(served).fill(200), 400]);
      wire.close();
    }
    await assertNoneExecuted(names);
  });

  test('HP-09 a request behind an event stream is not executed', { timeout: 30_000 }, async () => {
    const { name, bytes } = trace();
    const wire = (await Wire.open(port)).send(request('GET /mcp HTTP/1.1', inSession()), bytes);
    const answer = await wire.answer();
    assert.equal(answer.status, 200);
    assert.match(answer.field('content-type'), /^text\/event-stream/);
    await assertNoneExecuted([name]);
    wire.close();
  });

  test('HP-09 neighbours: one request cut at every byte is the same request', { timeout: 60_000 }, async () => {
    const body = ping('cut');
    const byChunks = chunk(body.slice(0, 7)) + chunk(body.slice(7, 20), ';a=b') + chunk(body.slice(20)) + '0\r\nX: y\r\n\r\n';
    const requests = [request('POST /mcp HTTP/1.1', [...inSession(), `Content-Length: ${body.length}`], body), request('POST /mcp HTTP/1.1', [...inSession(), 'Transfer-Encoding: chunked'], byChunks)];
    const isRight = (answer) => answer?.status === 200 && JSON.parse(answer.text).id === 'cut';
    for (const bytes of requests) {
      const cuts = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
      const work = async () => {
        const wire = await Wire.open(port);
        for (let cut; (cut = cuts.pop());) {
          wire.send(bytes.subarray(0, cut));
          await sleep(2);
          wire.send(bytes.subarray(cut));
          assert.ok(isRight(await wire.answer()), `cut at ${cut}`);
        }
        wire.close();
      };
      await Promise.all(Array.from({ length: 16 }, work));
      const slow = await Wire.open(port);
      await slow.sendBytewise(bytes);
      assert.ok(isRight(await slow.answer()), 'byte by byte');
      slow.close();
    }
  });

  test('HP-09 neighbours: a request without its end is not executed', { timeout: 30_000 }, async () => {
    const names = [];
    for (const less of [1, 2, 3, 4]) {
      const { name, bytes } = trace();
      names.push(name);
      const wire = (await Wire.open(port)).send(bytes.subarray(0, bytes.length - less)).finish();
      assert.deepEqual(await wire.rest(), [], `${less} bytes are missing: no answer`);
      wire.close();
    }
    const registration = (name) => JSON.stringify({ client_name: name, redirect_uris: ['http://127.0.0.1/'] });
    for (const tail of ['', '0', '0\r\n', '0\r\n\r', '0\r\nX: y\r\n']) {
      names.push(`unfinished-${tail.length}`);
      const wire = (await Wire.open(port)).send(request('POST /register HTTP/1.1', [host(), 'Content-Type: application/json', 'Transfer-Encoding: chunked'], chunk(registration(names.at(-1))) + tail)).finish();
      assert.deepEqual(await wire.rest(), [], `a body that ends in ${JSON.stringify(tail)}: no answer`);
      wire.close();
    }
    names.push('unfinished-by-length');
    const wire = (await Wire.open(port)).send(request('POST /register HTTP/1.1', [host(), 'Content-Type: application/json', `Content-Length: ${registration(names.at(-1)).length + 1}`], registration(names.at(-1)))).finish();
    assert.deepEqual(await wire.rest(), []);
    wire.close();
    await assertNoneExecuted(names);
  });
});

// ---- HP-11, HP-12 ----

describe('limits', () => {
  const padding = (bytes) => `X: ${'y'.repeat(bytes - 'X: \r\n'.length)}`;
  // A head of exactly `bytes`, in lines that are short enough each.
  function headOf(bytes) {
    const bare = get().length;
    const fields = [];
    for (let left = bytes - bare; left > 0;) {
      const take = left > 4000 ? 2000 : left;
      fields.push(padding(take));
      left -= take;
    }
    return get('/healthz', fields);
  }

  test('HP-11 head limits: 100 headers, 16 KB in all, 8 KB a line, long targets', { timeout: 60_000 }, async () => {
    const fields = (number) => Array.from({ length: number }, (_, index) => `X-${index}: y`);
    assert.equal(headOf(headBytesMax).length, headBytesMax);
    await assertAllServed([
      ['100 headers', get('/healthz', fields(headersMax - 1)), 200],
      ['16 KB', headOf(headBytesMax), 200],
      ['a line of 8 KB', get('/healthz', [padding(lineBytesMax + 2)]), 200],
      ['a request line of 8 KB', line(`GET /${'a'.repeat(lineBytesMax - 'GET / HTTP/1.1'.length)} HTTP/1.1`), 404],
    ]);
    await assertAllRefused([
      ['101 headers', get('/healthz', fields(headersMax)), 431],
      ['10,000 headers', get('/healthz', fields(10_000)), 431],
      ['10,000 empty headers', get('/healthz', Array(10_000).fill('X:')), 431],
      ['16 KB and a byte', headOf(headBytesMax + 1), 431],
      ['64 KB', headOf(64 * 1024), 431],
      ['200 KB', headOf(200 * 1024), 431],
      ['a line of 8 KB and a byte', get('/healthz', [padding(lineBytesMax + 3)]), 431],
      ['a line of 100 KB', get('/healthz', [padding(100_000)]), 431],
      ['a name of 9 KB', get('/healthz', [`${'x'.repeat(9000)}: y`]), 431],
      ['a line without an end', joined('GET /healthz HTTP/1.1\r\nX: ', 'y'.repeat(9000)), 431],
      ['a request line of 8 KB and a byte', line(`GET /${'a'.repeat(lineBytesMax - 'GET / HTTP/1.1'.length + 1)} HTTP/1.1`), 414],
      ['a target of 100 KB', line(`GET /${'a'.repeat(100_000)} HTTP/1.1`), 414],
      ['a query of 100 KB', line(`GET /?${'a'.repeat(100_000)} HTTP/1.1`), 414],
      ['a request line without an end', joined(`GET /${'a'.repeat(9000)}`), 414],
      ['a method of 9 KB', joined('A'.repeat(9000)), 414],
    ]);
  });

  test('HP-11 neighbours: heads without end are not read to the end', { timeout: 60_000 }, async () => {
    for (const [what, first, status, piece] of [['one line', 'GET /healthz HTTP/1.1\r\nX: ', 431, 'y'], ['many lines', 'GET /healthz HTTP/1.1\r\n', 431, 'X: y\r\n'], ['the request line', 'GET /', 414, 'y']]) {
      const wire = (await Wire.open(port)).send(first);
      const sent = await wire.flood(64 * 1024 * 1024, Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length))));
      assert.ok(sent < 32 * 1024 * 1024, `${what}: the connection ended long before, after ${sent} bytes`);
      const answers = await wire.rest().catch(() => []);
      if (answers.length) assert.equal(answers[0].status, status);
      wire.close();
    }
  });

  const routes = ['/mcp', '/messages', '/register', '/token', '/revoke', '/consent', '/logout', '/authorize', '/', '/nosuchpage'];
  const upload = (path, fields, body = '') => request(`POST ${path} HTTP/1.1`, [host(), 'Content-Type: application/json', ...fields], body);

  test('HP-12 body limit: 413 without reading the rest, by length', { timeout: 60_000 }, async () => {
    await assertAllRefused(routes.flatMap((path) => [
      [`${path}, a byte too much`, upload(path, [`Content-Length: ${bodyBytesMax + 1}`]), 413],
      [`${path}, far too much`, upload(path, ['Content-Length: 1000000000000']), 413],
      [`${path}, too much behind an expectation`, upload(path, ['Expect: 100-continue', `Content-Length: ${bodyBytesMax + 1}`]), 413],
    ]));
    await assertAllRefused([['on GET', get('/healthz', [`Content-Length: ${bodyBytesMax + 1}`]), 413], ['on HEAD', line('DELETE /mcp HTTP/1.1', [host(), `Content-Length: ${bodyBytesMax + 1}`]), 413]]);
  });

  test('HP-12 body limit: 413 without reading the rest, by chunks', { timeout: 60_000 }, async () => {
    const half = chunk('a'.repeat(bodyBytesMax / 2));
    await assertAllRefused(routes.flatMap((path) => [
      [`${path}, a chunk too long`, upload(path, ['Transfer-Encoding: chunked'], `${(bodyBytesMax + 1).toString(16)}\r\n`), 413],
      [`${path}, the longest chunk that can be written`, upload(path, ['Transfer-Encoding: chunked'], 'ffffffff\r\n'), 413],
    ]));
    await assertAllRefused([
      ['two halves and a byte', chunked(`${half}${half}1\r\n`), 413],
      ['a chunk that would overflow the sum', chunked(`5\r\nabcde\r\nfffffffb\r\n`), 413],
    ]);
  });

  test('HP-12 neighbours: the rest is cut off, and what fits is read', { timeout: 60_000 }, async () => {
    for (const [what, bytes] of [['by length', upload('/mcp', ['Content-Length: 1000000000'])], ['by chunks', upload('/mcp', ['Transfer-Encoding: chunked'], '3fffffff\r\n')]]) {
      const wire = (await Wire.open(port)).send(bytes);
      assert.equal((await wire.answer()).status, 413, `${what}: the answer does not wait for the body`);
      const sent = await wire.flood(64 * 1024 * 1024);
      assert.ok(sent < 32 * 1024 * 1024, `${what}: the connection ended long before, after ${sent} bytes`);
      wire.close();
    }
    const large = 'a'.repeat(bodyBytesMax);
    await assertAllServed([
      ['4 MB by length', upload('/mcp', [`Content-Length: ${large.length}`], large), 401],
      ['4 MB by one chunk', upload('/mcp', ['Transfer-Encoding: chunked'], chunk(large) + empty), 401],
      ['4 MB by many chunks', upload('/mcp', ['Transfer-Encoding: chunked'], chunk(large.slice(0, 4096)).repeat(1024) + empty), 401],
    ]);
    const tooLargeThere = [['/register', 'application/json', JSON.stringify({ client_name: 'a'.repeat(17_000), redirect_uris: ['http://127.0.0.1/'] })], ['/token', 'application/x-www-form-urlencoded', `grant_type=${'a'.repeat(17_000)}`], ['/revoke', 'application/x-www-form-urlencoded', `token=${'a'.repeat(17_000)}`]];
    for (const [path, type, body] of tooLargeThere) {
      const wire = (await Wire.open(port)).send(request(`POST ${path} HTTP/1.1`, [host(), `Content-Type: ${type}`, `Content-Length: ${body.length}`], body));
      const answer = await wire.answer();
      assert.ok(answer.status === 400 || answer.status === 413, `${path} with 17 KB: ${answer.status}`);
      wire.close();
    }
  });
});

// ---- HP-13 ----

// What an HTTP/2 client says first, with an empty SETTINGS frame.
const preface = joined('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));

describe('what is not HTTP/1.1 as it should be', () => {
  test('HP-13 odd verbs and forms: TRACE, CONNECT, PRI, odd Expect and others', { timeout: 60_000 }, async () => {
    const expectations = ['200-ok', '100-continue, x', '100-continue;q=1', '100-continued', '100', 'x', '', '"100-continue"'];
    await assertAllRefused([
      ...['/mcp', '/account', '/healthz', '/token', '/'].map((path) => [`TRACE ${path}`, line(`TRACE ${path} HTTP/1.1`), 405]),
      ...['TRACK', 'DEBUG', 'PROPFIND', 'MKCOL', 'get', 'Get', 'post', 'XGET', 'GETX', 'G', 'PURGE', 'M-SEARCH', 'BREW', 'A'.repeat(32)].map((method) => [`the method ${method}`, line(`${method} /healthz HTTP/1.1`), 405]),
      ['TRACE with a body', request('TRACE /mcp HTTP/1.1', [host(), 'Content-Length: 2'], '{}'), 405],
      ['an overlong method', line(`${'A'.repeat(33)} /healthz HTTP/1.1`), 501],
      ['CONNECT', line('CONNECT evil.example:443 HTTP/1.1', ['Host: evil.example:443']), 501],
      ['CONNECT to ourselves', line(`CONNECT localhost:${port} HTTP/1.1`), 501],
      ['CONNECT with a path', line('CONNECT /mcp HTTP/1.1'), 501],
      ['the HTTP/2 preface', preface, 505],
      ['PRI as HTTP/1.1', line('PRI * HTTP/1.1'), 400],
      ...expectations.map((value) => [`Expect: ${value}`, post([`Expect: ${value}`, 'Content-Length: 2']), 417]),
      ['Expect twice', post(['Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 2']), 417],
      ['an odd Expect on GET', get('/healthz', ['Expect: x']), 417],
      ['absolute form', line(`GET http://localhost:${port}/healthz HTTP/1.1`), 400],
      ['absolute form of another host', line('GET http://evil.example/healthz HTTP/1.1'), 400],
      ['absolute form, https', line('GET https://evil.example/ HTTP/1.1'), 400],
      ['authority form', line(`GET localhost:${port} HTTP/1.1`), 400],
      ['asterisk form', line('OPTIONS * HTTP/1.1'), 400],
      ['a target without a slash', line('GET healthz HTTP/1.1'), 400],
      ['a query alone', line('GET ?x HTTP/1.1'), 400],
      ['a scheme alone', line('GET file:///etc/passwd HTTP/1.1'), 400],
      ['no target', line('GET HTTP/1.1'), 400],
      ['a method alone', line('GET'), 400],
      ['HTTP/0.9', joined('GET /healthz\r\n\r\n'), 400],
      ['HTTP/0.9 by its name', line('GET /healthz HTTP/0.9'), 505],
      ['HTTP/1.2', line('GET /healthz HTTP/1.2'), 505],
      ['HTTP/2.0', line('GET /healthz HTTP/2.0'), 505],
      ['HTTP/3', line('GET /healthz HTTP/3'), 400],
      ['HTTP/1.10', line('GET /healthz HTTP/1.10'), 400],
      ['HTTP/01.1', line('GET /healthz HTTP/01.1'), 400],
      ['http/1.1', line('GET /healthz http/1.1'), 400],
      ['HTTP/1,1', line('GET /healthz HTTP/1,1'), 400],
      ['HTTPS/1.1', line('GET /healthz HTTPS/1.1'), 400],
      ['another protocol', line('GET /healthz ICAP/1.0'), 400],
      ['RTSP', line('OPTIONS rtsp://x/ RTSP/1.0'), 400],
      ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), 400],
      ['SSLv2', Buffer.from('802e0100020015', 'hex'), 400],
      ['SSH', joined('SSH-2.0-OpenSSH_9.2\r\n'), 400],
      ['SMTP', joined('EHLO evil.example\r\n'), 400],
      ['Redis', joined('*1\r\n$4\r\nPING\r\n'), 400],
      ['the PROXY protocol', joined('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n', get()), 400],
      ['the PROXY protocol, version 2', Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex'), 400],
      ['an answer instead of a request', joined('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 400],
      ['JSON', joined('{"jsonrpc":"2.0"}\r\n'), 400],
    ]);
  });

  test('HP-13 Host: exactly one, of one form', { timeout: 60_000 }, async () => {
    const forms = ['', ' ', 'a, b', 'localhost, localhost', 'user@localhost', 'localhost/', 'localhost/x', 'localhost?x', 'localhost#x', 'http://localhost', '//localhost', 'localhost:', 'localhost:x', 'localhost:80:80', 'localhost:123456', ':80', 'local%68ost', 'localhost%00', 'local host', '[::1', '[]', '::1', '[::1]x', '[fe80::1%25a]', '\xc3\xa4', 'localhost\\', '"localhost"', "'localhost'", '<localhost>', '*'];
    await assertAllRefused([
      ...forms.map((form) => [`the form ${JSON.stringify(form)}`, line('GET /healthz HTTP/1.1', [`Host: ${form}`]), 400]),
      ['none', line('GET /healthz HTTP/1.1', []), 400],
      ['none on HTTP/1.0', line('GET /healthz HTTP/1.0', []), 400],
      ['two', line('GET /healthz HTTP/1.1', [host(), host()]), 400],
      ['two, the second foreign', line('GET /healthz HTTP/1.1', [host(), 'host: evil.example']), 400],
      ['two, the first foreign', line('GET /healthz HTTP/1.1', ['HOST: evil.example', host()]), 400],
      ...['evil.example', 'localhost.evil.example', 'evil.example:80', 'notlocalhost', '10.0.0.1', '[2001:db8::1]', '127.0.0.1.evil.example', '2130706433', '0x7f.1', 'localhost.'].map((name) => [`the foreign ${name}`, line('GET /account HTTP/1.1', [`Host: ${name}`]), 421]),
      ['a foreign one that claims ours beside it', line('GET /account HTTP/1.1', ['Host: evil.example', `X-Forwarded-Host: localhost:${port}`, `Forwarded: host=localhost:${port}`]), 421],
    ]);
  });

  test('HP-13 Upgrade: no protocol but this one is ever spoken', { timeout: 30_000 }, async () => {
    const upgrades = [
      ['h2c', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA']],
      ['h2c without its settings', ['Connection: Upgrade', 'Upgrade: h2c']],
      ['h2c not named by Connection', ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA']],
      ['websocket', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13']],
      ['TLS', ['Connection: Upgrade', 'Upgrade: TLS/1.2']],
      ['several', ['Connection: Upgrade', 'Upgrade: h2c, websocket, foo/2']],
    ];
    const names = [];
    for (const [what, fields] of upgrades) {
      for (const [path, status] of [['/healthz', 200], ['/mcp', 401], ['/account', 200]]) {
        const { name, bytes } = trace();
        const wire = (await Wire.open(port)).send(get(path, fields));
        const answer = await wire.answer();
        assert.equal(answer.status, status, `${what}: answered as the HTTP/1.1 request that it is`);
        assert.deepEqual([answer.field('upgrade'), answer.field('connection')], [undefined, undefined]);
        wire.send(preface, bytes);
        assert.deepEqual((await wire.rest()).map((each) => each.status), [505], 'who goes on in another protocol is refused');
        names.push(name);
        wire.close();
      }
    }
    await assertNoneExecuted(names);
  });

  test('HP-13 Expect: 100-continue is answered once, before the body, and only where a body may come', { timeout: 30_000 }, async () => {
    const wire = await Wire.open(port);
    for (const fields of [['Content-Length: 5'], ['Transfer-Encoding: chunked']]) {
      wire.send(post(['Expect: 100-Continue', ...fields]));
      assert.equal((await wire.answer()).status, 100);
      wire.send(fields[0].startsWith('C') ? 'abcde' : chunk('abcde') + empty);
      assert.equal((await wire.answer()).status, 401, 'one 100 and then the answer');
    }
    await assertAllServed([
      ['the body is there already', post(['Expect: 100-continue', 'Content-Length: 5'], 'abcde'), 401],
      ['no body will come', get('/healthz', ['Expect: 100-continue']), 200],
    ]);
    await assertAllRefused([['HTTP/1.0 knows no expectation', request('POST /mcp HTTP/1.0', [host(), 'Expect: x', 'Content-Length: 2'], '{}'), 401]]);
    wire.close();
  });

  test('HP-13 Connection: what it names is neither dropped nor believed', { timeout: 30_000 }, async () => {
    const body = ping(1);
    for (const names of ['Authorization', 'Host', 'Content-Length', 'Transfer-Encoding', 'Mcp-Session-Id', 'Authorization, Content-Type, Origin', ', ,,', 'keep-alive', '"close"', 'x=close', 'closed']) {
      const wire = (await Wire.open(port)).send(request('POST /mcp HTTP/1.1', [...inSession(), `Connection: ${names}`, `Content-Length: ${body.length}`], body));
      assert.equal((await wire.answer()).status, 200, `Connection: ${names}`);
      wire.send(request('POST /mcp HTTP/1.1', [...inSession().filter((field) => !field.startsWith('Authorization')), `Connection: ${names}`, `Content-Length: ${body.length}`], body));
      assert.equal((await wire.answer()).status, 401, `Connection: ${names}`);
      wire.close();
    }
  });
});

// ---- HP-15 ----

describe('HP-15 response splitting', () => {
  const breaks = ['\r\nX-Evil: yes', '\r\n\r\nHTTP/1.1 200 OK\r\n\r\n<script>', '\nX-Evil: yes', '\rX-Evil: yes', '\0\r\nX-Evil: yes', '\u560d\u560aX-Evil: yes', '\u2028X-Evil: yes', '\u0085X-Evil: yes', 'x\r\nSet-Cookie: evil=1'];
  const query = (parameters) => new URLSearchParams(parameters).toString();
  const authorization = (more) => {
    const url = new URL(client.begin());
    for (const [name, value] of Object.entries(more)) value === undefined ? url.searchParams.delete(name) : url.searchParams.set(name, value);
    return `/authorize?${url.searchParams}`;
  };

  // One answer, which shows no sign of the break in its head; Wire has read it strictly.
  async function whole(bytes, method) {
    const wire = (await Wire.open(port)).send(bytes, get('/healthz'));
    const answer = await wire.answer({ method });
    assert.ok(!answer.names.includes('x-evil'), answer.head);
    assert.doesNotMatch(answer.field('set-cookie') ?? '', /evil/);
    assert.equal((await wire.answer()).text, (await (await fetch(`${gateway.url}/healthz`)).text()), 'and the next answer is the next one');
    wire.close();
    return answer;
  }

  const send = (path, type, body, fields = []) => whole(request(`POST ${path} HTTP/1.1`, [host(), `Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`, ...fields], Buffer.from(body)));

  test('HP-15 through state, in the answer that refuses and in the one that grants', { timeout: 60_000 }, async () => {
    for (const each of breaks) {
      const refusal = await whole(get(authorization({ state: each, code_challenge: undefined })));
      assert.equal(refusal.status, 302);
      assert.equal(new URL(refusal.field('location')).searchParams.get('state'), each, 'the state comes back whole, and escaped');
      assert.match(refusal.field('location'), /^[\x21-\x7e]+$/);
    }
    for (const decision of ['approve', 'deny']) {
      const browser = new FormBrowser({ headers: { 'x-forwarded-for': '198.51.100.77' } });
      const page = await browser.consent(gateway.url + authorization({ state: breaks[1] }), decision);
      assert.ok(page.url.startsWith(client.redirect), `back at the client: ${page.status} ${page.url}`);
      assert.equal(new URL(page.url).searchParams.get('state'), breaks[1]);
      assert.equal(page.headers.get('x-evil'), null);
    }
  });

  test('HP-15 through every other parameter of the pages', { timeout: 60_000 }, async () => {
    for (const each of breaks) {
      for (const name of ['redirect_uri', 'client_id', 'scope', 'resource', 'response_type', 'response_mode', 'prompt', 'code_challenge', 'code_challenge_method', 'login_hint', 'nonce', 'x']) {
        const answer = await whole(get(authorization({ [name]: each })));
        assert.ok([200, 302, 400].includes(answer.status), `${name}: ${answer.status}`);
        const kept = (await whole(get(authorization({ [name]: `${client.redirect}${each}` })))).status;
        assert.ok([200, 302, 400].includes(kept), `${name}: ${kept}`);
        if (name === 'redirect_uri') assert.equal(kept, 400, 'no redirect to what was not registered');
      }
      for (const path of [`/oauth/google/callback?${query({ code: each, state: each })}`, `/oauth/google/callback?${query({ error: each, error_description: each, state: 'x' })}`, `/login?${query({ next: each, return_to: each })}`, `/account?${query({ message: each })}`, `/mcp?${query({ sessionId: each })}`, `/messages?${query({ sessionId: each })}`]) {
        await whole(get(path));
        await whole(get(path, [`Cookie: ${encodeURIComponent(each)}=x; y=${encodeURIComponent(each)}`]));
      }
      await whole(get(`/${encodeURIComponent(each)}`));
    }
  });

  test('HP-15 through redirects and names of clients at registration', { timeout: 60_000 }, async () => {
    const register = (value) => send('/register', 'application/json', JSON.stringify({ redirect_uris: ['http://127.0.0.1/'], ...value }), [`X-Forwarded-For: 203.0.113.${traces % 250}`]);
    for (const each of breaks) {
      trace();
      for (const uri of [`https://app.example/${each}`, `https://app.example${each}`, each, `com.example.app:/${each}`]) {
        assert.equal((await register({ redirect_uris: [uri] })).status, 400, `no such redirect: ${JSON.stringify(uri)}`);
      }
      const named = await register({ client_name: `splitter${each}`, client_uri: 'https://app.example/' });
      assert.equal(named.status, 201, named.text);
      const id = JSON.parse(named.text).client_id;
      const page = await whole(get(authorization({ client_id: id, redirect_uri: 'http://127.0.0.1/' })));
      assert.equal(page.status, 200, 'the consent page');
      assert.doesNotMatch(page.text, /<script>/i, 'the name is text on the page');
    }
    // An escaped line end is legal in a URI; it must come back as it is.
    const escaped = await register({ redirect_uris: ['https://app.example/cb%0d%0aX-Evil:%20yes'] });
    assert.equal(escaped.status, 201, escaped.text);
    const answer = await whole(get(authorization({ client_id: JSON.parse(escaped.text).client_id, redirect_uri: 'https://app.example/cb%0d%0aX-Evil:%20yes', code_challenge: undefined })));
    assert.match(answer.field('location'), /^https:\/\/app\.example\/cb%0d%0aX-Evil:%20yes\?/);
  });

  test('HP-15 through names of tools, methods, sessions and programs', { timeout: 60_000 }, async () => {
    for (const each of breaks) {
      const messages = [
        { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: each, arguments: {} } },
        { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: { [each]: each } } },
        { jsonrpc: '2.0', id: each, method: 'ping' },
        { jsonrpc: '2.0', id: 1, method: each },
        { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: each, capabilities: {}, clientInfo: { name: each, version: each } } },
        { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { cursor: each } },
        { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'gmail_search', arguments: { query: each, time_zone: each, cursor: each } } },
        { jsonrpc: '2.0', id: each, method: 'tools/list', params: { _meta: { 'io.modelcontextprotocol/protocolVersion': each } } },
      ];
      for (const message of messages) {
        const answer = await send('/mcp', 'application/json', JSON.stringify(message), inSession().filter((field) => !/^(Host|Content-Type)/.test(field)));
        assert.ok([200, 400].includes(answer.status), `${JSON.stringify(message)}: ${answer.status}`);
        assert.ok(answer.text.startsWith('{') && JSON.parse(answer.text), 'one JSON document');
      }
    }
    const encoded = Buffer.from('x\r\nX-Evil: yes').toString('base64');
    await send('/mcp', 'application/json', ping(1), [bearer(), `Mcp-Name: =?base64?${encoded}?=`, 'Mcp-Method: ping', 'MCP-Protocol-Version: 2026-07-28']);
  });

  test('HP-15 through form fields, and into the log', { timeout: 60_000 }, async () => {
    for (const each of breaks) {
      for (const [path, names] of [['/token', ['grant_type', 'code', 'client_id', 'redirect_uri', 'code_verifier', 'refresh_token', 'resource', 'scope']], ['/revoke', ['token', 'client_id', 'token_type_hint']], ['/consent', ['decision', 'form']], ['/logout', ['form', 'where']]]) {
        const answer = await send(path, 'application/x-www-form-urlencoded', query(Object.fromEntries(names.map((name) => [name, each]))), [`Origin: ${gateway.url}`]);
        assert.ok(answer.status < 500, `${path}: ${answer.status}`);
      }
    }
    await logIsWritten();
    for (const each of gateway.log.split('\n').filter(Boolean)) assert.doesNotThrow(() => JSON.parse(each), `one event a line: ${each.slice(0, 300)}`);
    assert.doesNotMatch(gateway.log, /^X-Evil/m);
  });
});

// ---- HP-18 ----

describe('paths', () => {
  const climbs = [
    '/../etc/passwd', '/../../../../etc/passwd', '/./account', '/account/.', '/account/..', '/style.css/../account', '/style.css/../../../../etc/passwd', '/healthz/../account', '/.well-known/../account', '/.well-known/oauth-protected-resource/../../account', '/%2e%2e/etc/passwd', '/%2e%2e%2fetc%2fpasswd', '/..%2f..%2f..%2fetc%2fpasswd', '/%2E%2E/%2E%2E/etc/passwd', '/%252e%252e%252fetc%252fpasswd', '/.%2e/account', '/%2e/account', '/..;/account', '/account;x=y', '/account/', '//account', '///account', '/\\..\\..\\etc\\passwd', '/..%5c..%5cetc%5cpasswd', '/%5c..%5caccount', '/C:/boot.ini', '/file:///etc/passwd',
    '/%c0%ae%c0%ae/etc/passwd', '/%c0%ae%c0%ae%c0%af', '/%e0%80%ae%e0%80%ae/etc/passwd', '/%f0%80%80%ae/etc/passwd', '/..%c0%af..%c0%afetc/passwd', '/%c1%9c..', '/%uff0e%uff0e/etc/passwd', '/%ef%bc%8e%ef%bc%8e/etc/passwd', '/%fe%fe', '/%80', '/%ff',
    '/%00', '/account%00', '/account%00.css', '/style.css%00', '/style%00.css', '/%00/account', '/healthz%00', '/mcp%00', '/authorize%00', '/.well-known/oauth-protected-resource%00', '/account%0a', '/account%0d%0a', '/account%20', '/account%09',
    '/%61ccount', '/accoun%74', '/ACCOUNT', '/Style.css', '/mcp%2f', '/mcp//', '/mcp/x', '/%', '/%2', '/%zz', '/account%', '/account&x', '/account=', '/style.css.map', '/favicon.ico/..', '/.git/config', '/.env', '/proc/self/environ', '/gatehouse.db', '/data/gatehouse.key',
  ];
  const methods = ['GET', 'HEAD', 'POST', 'DELETE', 'PUT'];

  test(`HP-18 file paths: ${climbs.length} climbs by ${methods.length} methods come to nothing`, { timeout: 60_000 }, async () => {
    const wire = await Wire.open(port);
    for (const path of climbs) {
      for (const method of methods) {
        const fields = [host(), ...(method === 'POST' || method === 'PUT' ? ['Content-Length: 0'] : [])];
        wire.send(request(`${method} ${path} HTTP/1.1`, fields));
        const answer = await wire.answer({ method });
        assert.ok([400, 404].includes(answer.status), `${method} ${path}: ${answer.status}`);
        assert.doesNotMatch(answer.text, /root:|\[boot loader\]|SQLite|PATH=|gatehouse\.(db|key)/, `${method} ${path} shows no file`);
        if (method !== 'HEAD') assert.ok(!answer.text.includes(path), `${method} ${path} is not repeated`);
      }
    }
    wire.close();
    await assertAllRefused([
      ['raw overlong dots', line('GET /\xc0\xae\xc0\xae/etc/passwd HTTP/1.1'), 400],
      ['raw overlong slash', line('GET /..\xc0\xaf..\xc0\xafetc/passwd HTTP/1.1'), 400],
      ['raw overlong NUL', line('GET /account\xc0\x80 HTTP/1.1'), 400],
      ['a raw NUL', line('GET /account\0 HTTP/1.1'), 400],
      ['a raw NUL before an ending', line('GET /account\0.css HTTP/1.1'), 400],
      ['raw UTF-8', line('GET /\xef\xbc\x8e\xef\xbc\x8e/account HTTP/1.1'), 400],
      ['dots without a slash', line('GET ../etc/passwd HTTP/1.1'), 400],
      ['a climb in absolute form', line(`GET http://localhost:${port}/../etc/passwd HTTP/1.1`), 400],
    ]);
  });

  test('HP-18 neighbours: a query never changes which page answers', { timeout: 30_000 }, async () => {
    const wire = await Wire.open(port);
    for (const query of ['?', '?/../account', '?%00', '?x=%c0%ae', '??', '?x', `?${'a=b&'.repeat(1000)}`]) {
      for (const [path, status] of [['/style.css', 200], ['/healthz', 200], ['/nosuchpage', 404]]) {
        wire.send(get(path + query));
        assert.equal((await wire.answer()).status, status, path + query.slice(0, 20));
      }
    }
    wire.close();
  });
});

// ---- after all that ----

test('HP: heads that never end are answered 408 and closed', { timeout: 60_000 }, async () => {
  for (const { wire, statuses } of unfinishedHeads) {
    const answers = await wire.rest(30);
    assert.deepEqual(answers.map(({ status }) => status), statuses);
    assert.equal(answers.at(-1).field('connection'), 'close');
    wire.close();
  }
});

test('HP: the same process still serves, and holds what it held before', { timeout: 60_000 }, async () => {
  assert.equal(gateway.pid, pid);
  assert.ok(gateway.running);
  const body = ping('after');
  const wire = (await Wire.open(port)).send(request('POST /mcp HTTP/1.1', [...inSession(), `Content-Length: ${body.length}`], body));
  assert.deepEqual(JSON.parse((await wire.answer()).text), { jsonrpc: '2.0', id: 'after', result: {} }, 'the session is the same, too');
  wire.close();
  await assertBackAt(baseline, pid);
  assert.doesNotMatch(gateway.log, /"level":"error"/, 'nothing went wrong inside');
});
