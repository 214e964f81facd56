// SPDX-License-Identifier: Apache-2.0
//
// One HTTP exchange as it is: the target as written, the headers as given and in their order, no redirect followed, every cookie told.
import http from 'node:http';

const pairsOf = (headers) => (Array.isArray(headers) ? headers : Object.entries(headers).filter(([, value]) => value !== undefined));

function read(response) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk)).once('error', reject).once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// `port`: where the host of `url` is to be found on this machine, when no name server knows it.
export async function exchange(url, { method = 'GET', headers = {}, body, port } = {}) {
  const { host, hostname, port: written } = new URL(url);
  const path = url.slice(url.indexOf(host) + host.length) || '/';
  const given = pairsOf(headers);
  const own = [['Host', host], ...(body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))]])];
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const whole = [...own.filter(([name]) => !names.has(name.toLowerCase())), ...given].flat();
  const response = await new Promise((resolve, reject) => {
    const request = http.request({ host: port ? '127.0.0.1' : hostname, port: port ?? written, method, path, headers: whole, agent: false });
    request.once('error', reject).once('response', resolve).setTimeout(20_000, () => request.destroy(new Error(`no answer in 20 s: ${method} ${url.slice(0, 200)}`)));
    request.end(body);
  });
  const text = await read(response);
  return { url, status: response.statusCode, headers: response.headers, location: response.headers.location, setCookies: response.headers['set-cookie'] ?? [], text, json: jsonOf(text) };
}

// Pairs of a query or form: a list repeats its name, undefined leaves it out.
export const pairs = (fields) => Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [value].flat().map((one) => [name, String(one)])));

export const post = (url, fields, { headers = {}, ...more } = {}) =>
  exchange(url, { method: 'POST', headers: [['Content-Type', 'application/x-www-form-urlencoded'], ...pairsOf(headers)], body: new URLSearchParams(pairs(fields)).toString(), ...more });

export const postJson = (url, value, { headers = {}, ...more } = {}) =>
  exchange(url, { method: 'POST', headers: [['Content-Type', 'application/json'], ...pairsOf(headers)], body: typeof value === 'string' ? value : JSON.stringify(value), ...more });
