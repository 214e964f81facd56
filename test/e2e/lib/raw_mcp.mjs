// SPDX-License-Identifier: Apache-2.0
//
// MCP by plain HTTP, for what no well-behaved client would send: others' session ids, others' tokens, cut streams.
const revision = '2025-11-25';

export async function post(gateway, token, message, headers = {}) {
  const response = await fetch(gateway.mcpUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...(token ? { authorization: `Bearer ${token}` } : {}), ...gateway.headers, ...headers },
    body: JSON.stringify(message),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, message: readMessage(response, text) };
}

function readMessage(response, text) {
  if (/text\/event-stream/.test(response.headers.get('content-type') ?? '')) {
    const data = [...text.matchAll(/^data: ?(.+)$/gm)].map(([, value]) => JSON.parse(value));
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

// A GET stream; `cut` ends it as a lost network would, `rest` reads it until the gateway ends it.
export async function openStream(gateway, token, sessionId) {
  const controller = new AbortController();
  const response = await fetch(gateway.mcpUrl, { headers: { accept: 'text/event-stream', authorization: `Bearer ${token}`, ...inSession(sessionId) }, signal: controller.signal });
  return { status: response.status, cut: () => controller.abort(), rest: () => response.text() };
}
