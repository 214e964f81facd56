// SPDX-License-Identifier: Apache-2.0
//
// MCP by plain HTTP, for what no well-behaved client would send: others' session ids, others' tokens, cut streams.
import { until } from './child.mjs';

const revision = '2025-11-25';
const modern = '2026-07-28';

export async function post(gateway, token, message, headers = {}) {
  const response = await fetch(gateway.mcpUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...(token ? { authorization: `Bearer ${token}` } : {}), ...gateway.headers, ...headers },
    body: JSON.stringify(message),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, message: messageIn(response.headers.get('content-type'), text) };
}

// The answer in a body, plain or as an event.
export function messageIn(contentType, text) {
  if (/text\/event-stream/.test(contentType ?? '')) {
    const data = [...text.matchAll(/^data: ?(\S.*)$/gm)].map(([, value]) => JSON.parse(value));
    return data.findLast((message) => 'id' in message);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const inSession = (sessionId) => ({ 'mcp-session-id': sessionId, 'mcp-protocol-version': revision });

export async function initialize(gateway, token) {
  const answer = await post(gateway, token, { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'raw', version: '1' } } });
  const sessionId = answer.headers.get('mcp-session-id');
  if (sessionId) await post(gateway, token, { jsonrpc: '2.0', method: 'notifications/initialized' }, inSession(sessionId));
  return { ...answer, sessionId };
}

export const callTool = (gateway, token, sessionId, name, args, id = 1) =>
  post(gateway, token, { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } }, sessionId ? inSession(sessionId) : { 'mcp-protocol-version': revision });

// A request of the revision that knows no sessions: {message, headers}.
export function alone(method, params, id = 1) {
  const meta = { 'io.modelcontextprotocol/protocolVersion': modern, 'io.modelcontextprotocol/clientCapabilities': {} };
  const name = params.name ?? params.uri;
  return { message: { jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }, headers: { 'mcp-protocol-version': modern, 'mcp-method': method, ...(name === undefined ? {} : { 'mcp-name': name }) } };
}

export function askAlone(gateway, token, method, params, id) {
  const { message, headers } = alone(method, params, id);
  return post(gateway, token, message, headers);
}

export const callAlone = (gateway, token, name, args, id) => askAlone(gateway, token, 'tools/call', { name, arguments: args }, id);

// A GET stream; `cut` ends it as a lost network would, `rest` reads it until the gateway ends it.
export async function openStream(gateway, token, sessionId) {
  const controller = new AbortController();
  const response = await fetch(gateway.mcpUrl, { headers: { accept: 'text/event-stream', authorization: `Bearer ${token}`, ...gateway.headers, ...inSession(sessionId) }, signal: controller.signal });
  return { status: response.status, cut: () => controller.abort(), rest: () => response.text() };
}

// A stream of HTTP+SSE. `target` is where its messages go, `events` what has come so far.
export async function openSse(gateway, token, headers = {}) {
  const controller = new AbortController();
  const response = await fetch(gateway.sseUrl, { headers: { accept: 'text/event-stream', ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers }, signal: controller.signal });
  const stream = { status: response.status, headers: response.headers, events: [], cut: () => controller.abort() };
  if (response.status !== 200) return Object.assign(stream, { text: await response.text() });
  stream.ended = gather(response, stream.events).catch(() => {});
  await until('the stream names its address', () => stream.events.length > 0);
  return Object.assign(stream, { target: stream.events[0].data });
}

async function gather(response, events) {
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + text).split('\n\n');
    rest = whole.pop();
    for (const event of whole) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) events.push({ name: /^event: (.*)$/m.exec(event)?.[1], data });
    }
  }
}

export const postMessage = (gateway, token, target, message, headers = {}) =>
  fetch(new URL(target, gateway.url), { method: 'POST', headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers }, body: JSON.stringify(message) });
