// SPDX-License-Identifier: Apache-2.0
//
// The same words in every revision of the protocol, for tests that run once per revision.
import { request } from './exchange.mjs';

export const legacyRevisions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
export const modernRevision = '2026-07-28';
export const revisions = [...legacyRevisions, modernRevision];

export const bearer = (token) => (token ? { authorization: `Bearer ${token}` } : {});
export const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
export const inSession = (id, revision) => ({ 'mcp-session-id': id, ...(revision ? { 'mcp-protocol-version': revision } : {}) });

export const initializeMessage = (revision, { id = 0, name = 'cases', capabilities = {} } = {}) =>
  ({ jsonrpc: '2.0', id, method: 'initialize', params: { protocolVersion: revision, capabilities, clientInfo: { name, version: '1' } } });

// Any JSON to /mcp; {status, headers, text, json, message}, where `message` is the answer wherever it came.
export async function postMcp(gateway, token, body, headers = {}) {
  const answer = await request(gateway, { method: 'POST', path: '/mcp', headers: { ...jsonHeaders, ...bearer(token), ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body), patience: 30_000 });
  const events = [...answer.text.matchAll(/^data: ?(\S.*)$/gm)].map(([, data]) => JSON.parse(data));
  return { ...answer, message: answer.json ?? events.findLast((event) => 'id' in event) };
}

// The id of a session that has been opened in this revision.
export async function openSession(gateway, token, revision, more = {}) {
  const answer = await postMcp(gateway, token, initializeMessage(revision, more));
  if (answer.status !== 200 || answer.json.result?.protocolVersion !== revision) throw new Error(`initialize ${revision}: ${answer.status} ${answer.text}`);
  return answer.headers['mcp-session-id'];
}

// One request in a revision; the legacy ones need the session.
export function ask(gateway, token, revision, { id = 1, method, params = {}, session, headers = {} }) {
  if (revision !== modernRevision) return postMcp(gateway, token, { jsonrpc: '2.0', id, method, params }, { ...inSession(session, revision), ...headers });
  const _meta = { 'io.modelcontextprotocol/protocolVersion': modernRevision, 'io.modelcontextprotocol/clientCapabilities': {} };
  const named = params.name ? { 'mcp-name': params.name } : {};
  return postMcp(gateway, token, { jsonrpc: '2.0', id, method, params: { ...params, _meta } }, { 'mcp-protocol-version': modernRevision, 'mcp-method': method, ...named, ...headers });
}
