// SPDX-License-Identifier: Apache-2.0
//
// HTTP with exactly the given headers, in their order and spelling: `fetch` adds some of its own.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

function open(url, { method = 'GET', headers = [], body }) {
  const target = new URL(url);
  const whole = ['Host', target.host, ...headers.flat(), ...(body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))])];
  return new Promise((resolve, reject) => {
    const request = http.request(target, { method, headers: whole, agent: false });
    request.once('error', reject).once('response', (response) => resolve({ request, response: response.setEncoding('utf8') }));
    request.end(body);
  });
}

// The answer: status, headers in lower case, text, and `json` when it is some.
export async function send(url, options = {}) {
  const { response } = await open(url, options);
  let text = '';
  for await (const chunk of response) text += chunk;
  const json = /application\/json/.test(response.headers['content-type'] ?? '') && text ? JSON.parse(text) : undefined;
  return { status: response.statusCode, headers: response.headers, text, json };
}

// A GET whose answer goes on: `events` holds what came so far, `ended` is settled when the server ends it, `cut` is our own end.
export async function stream(url, headers) {
  const { request, response } = await open(url, { headers });
  const going = { status: response.statusCode, headers: response.headers, text: '', events: [], open: true, cut: () => request.destroy() };
  going.ended = new Promise((resolve) => response.once('close', resolve)).then(() => { going.open = false; });
  response.on('data', (chunk) => {
    going.text += chunk;
    going.events = [...going.text.matchAll(/(?:^event: (.*)\n)?^data: (.*)\n\n/gm)].map(([, name, data]) => ({ name, data }));
  });
  response.on('error', () => {}); // ours: cut
  return going;
}

// Whether it ends within so many seconds.
export const endsWithin = (going, seconds) => Promise.race([going.ended.then(() => true), sleep(seconds * 1000, false, { ref: false })]);
