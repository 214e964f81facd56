// SPDX-License-Identifier: Apache-2.0
//
// One HTTP exchange as it is, on a connection of its own: the target as written, the headers as given, in their order and spelling, no
// redirect followed, every cookie told. For bytes that no HTTP library would send there is raw_http.mjs.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

// Of an object or of pairs; a list as value sends the header once per element, undefined leaves it out.
const pairsOf = (headers) => (Array.isArray(headers) ? headers : pairs(headers));

// `port`: where the host of `url` is to be found on this machine, when no name server knows it. `patience`: milliseconds.
function begin(url, { method = 'GET', headers = {}, body, port, agent = false, patience = 20_000 } = {}) {
  const { host, hostname, port: written } = new URL(url);
  const path = url.slice(url.indexOf(host) + host.length) || '/';
  const given = pairsOf(headers);
  const own = [['Host', host], ...(body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))]])];
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const whole = [...own.filter(([name]) => !names.has(name.toLowerCase())), ...given].flat();
  return new Promise((resolve, reject) => {
    const request = http.request({ host: port ? '127.0.0.1' : hostname, port: port ?? written, family: 4, method, path, headers: whole, agent });
    request.once('error', reject).once('response', (response) => resolve({ request, response: response.setEncoding('utf8') }));
    if (patience) request.setTimeout(patience, () => request.destroy(new Error(`no answer in ${patience} ms: ${method} ${url.slice(0, 200)}`)));
    request.end(body);
  });
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// The whole answer; `lines` has every header as it came, `json` what the text says when it is some.
export async function exchange(url, options) {
  const { response } = await begin(url, options);
  let text = '';
  for await (const part of response) text += part;
  return { url, status: response.statusCode, headers: response.headers, lines: response.rawHeaders, location: response.headers.location, setCookies: response.headers['set-cookie'] ?? [], text, json: jsonOf(text) };
}

// A path of a gateway.
export const request = (gateway, { path = '/', ...options } = {}) => exchange(`${gateway.url}${path}`, options);

// An answer that goes on: what came so far, as `text` and as `events`; `open` until the server ends it. `leave` ends it as a client does,
// `cut` as a lost network would.
export async function openStream(url, options) {
  const { request: sent, response } = await begin(url, { ...options, patience: 0 });
  const stream = {
    status: response.statusCode,
    headers: response.headers,
    text: '',
    open: true,
    get events() { return [...this.text.matchAll(/(?:^event: (.*)\n)?^data: (.*)\n\n/gm)].map(([, name, data]) => ({ name, data })); },
    leave: () => sent.destroy(),
    cut: () => sent.socket.resetAndDestroy(),
  };
  sent.on('error', () => {}); // ours: left or cut
  response.on('data', (part) => { stream.text += part; }).on('error', () => {});
  stream.ended = new Promise((resolve) => response.once('close', resolve)).then(() => { stream.open = false; });
  return stream;
}

// An event stream of a gateway.
export const follow = (gateway, { path, headers = {}, ...options }) => openStream(`${gateway.url}${path}`, { ...options, headers: { accept: 'text/event-stream', ...headers } });

// Whether a stream ends within so many seconds.
export const endsWithin = (stream, seconds) => Promise.race([stream.ended.then(() => true), sleep(seconds * 1000, false, { ref: false })]);

// Pairs of a query, a form or headers: a list repeats its name, undefined leaves it out.
export const pairs = (fields) => Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [value].flat().map((one) => [name, String(one)])));

export const post = (url, fields, { headers = {}, ...more } = {}) =>
  exchange(url, { method: 'POST', headers: [['Content-Type', 'application/x-www-form-urlencoded'], ...pairsOf(headers)], body: new URLSearchParams(pairs(fields)).toString(), ...more });

export const postJson = (url, value, { headers = {}, ...more } = {}) =>
  exchange(url, { method: 'POST', headers: [['Content-Type', 'application/json'], ...pairsOf(headers)], body: typeof value === 'string' ? value : JSON.stringify(value), ...more });
