// SPDX-License-Identifier: Apache-2.0
//
// One HTTP request as no browser or fetch would send it: any method, any Host and Origin, the same header twice. Each has its own connection.
import http from 'node:http';

// `headers`: an array as value sends the header once per element. {status, headers, lines, text}; `lines` has every header as it came.
export function request(gateway, { method = 'GET', path = '/', headers = {}, body, agent = false, patience = 10_000 }) {
  const { hostname, port, host } = new URL(gateway.url);
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: hostname, port, family: 4, method, path, agent, headers: { host, ...length, ...headers }, timeout: patience }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => { text += part; }).on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, lines: response.rawHeaders, text, json: parsed(text) }));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path} within ${patience} ms`))).on('error', reject);
    sent.end(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// A stream as it comes: what it said so far, and whether it has ended. `cut` ends it as a lost network would.
export function openStream(gateway, { method = 'GET', path, headers = {}, body }) {
  const { hostname, port, host } = new URL(gateway.url);
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const stream = { text: '', ended: false };
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: hostname, port, family: 4, method, path, agent: false, headers: { host, accept: 'text/event-stream', ...length, ...headers } }, (response) => {
      response.setEncoding('utf8').on('data', (text) => { stream.text += text; }).on('close', () => { stream.ended = true; }).on('error', () => {});
      resolve(Object.assign(stream, { status: response.statusCode, headers: response.headers, cut: () => sent.socket.resetAndDestroy() }));
    }).on('error', (error) => (stream.status ? undefined : reject(error)));
    sent.end(body);
  });
}
