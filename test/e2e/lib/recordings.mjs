// SPDX-License-Identifier: Apache-2.0
//
// What clients that cannot run here send: their discovery order, registrations, parameters and headers, from their published sources
// where there are any and from reports of what servers saw.
import assert from 'node:assert/strict';
import { freePort } from './child.mjs';

const wellKnown = (origin, name, path = '') => `${origin}/.well-known/${name}${path}`;
const bothTypes = ['Accept', 'application/json, text/event-stream'];
const eventsOnly = ['Accept', 'text/event-stream'];
const asJson = ['Accept', 'application/json'];
const anything = ['Accept', '*/*'];
const grants = ['authorization_code', 'refresh_token'];

const sessionHeaders = ({ session, version }) => [...(session ? [['mcp-session-id', session]] : []), ...(version ? [['mcp-protocol-version', version]] : [])];
const challenged = ({ challenge }) => [[challenge.metadata, ['MCP-Protocol-Version', '2025-11-25'], anything]];
const rfc8414ThenOpenid = ({ origin }) => [[wellKnown(origin, 'oauth-authorization-server'), ['MCP-Protocol-Version', '2025-11-25'], anything], [wellKnown(origin, 'openid-configuration'), anything]];
const pathOf = ({ url }) => new URL(url).pathname;
// Equal as URLs; what is typed with a slash at its end is another one.
const equalsTyped = ({ resource, url }) => assert.equal(new URL(resource.resource).href, new URL(url).href);

const codeChallenge = (challenge) => ({ code_challenge: challenge, code_challenge_method: 'S256' });
const redeeming = ({ identity, redirect, verifier }, code) => ({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirect, client_id: identity.client_id });
const refreshing = ({ identity, tokens }) => ({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: identity.client_id });
const secretOf = ({ identity }) => (identity.client_secret ? { client_secret: identity.client_secret } : {});

// Built on the SDK, in an editor whose capabilities are truth values. No client metadata documents. Asks for every scope it finds.
export const cursor = {
  agent: 'Cursor/3.20.17 (linux x64)',
  firstContact: (client) => client.post(client.url, { method: 'initialize', params: cursor.initialize, jsonrpc: '2.0', id: 0 }, [bothTypes]),
  resourceDocuments: challenged,
  checkResource: equalsTyped,
  serverDocuments: rfc8414ThenOpenid,
  callbacks: ['http://localhost:8787/callback', 'https://www.cursor.com/agents/mcp/oauth/callback', 'cursor://anysphere.cursor-mcp/oauth/callback'],
  registration: () => ({ client_name: 'Cursor', redirect_uris: cursor.callbacks, grant_types: grants, response_types: ['code'], token_endpoint_auth_method: 'none', application_type: 'native' }),
  redirect: () => cursor.callbacks[2],
  authorize: ({ identity, redirect, state, server, resource }, challenge) => ({
    response_type: 'code', client_id: identity.client_id, ...codeChallenge(challenge), redirect_uri: redirect, state, scope: server.scopes_supported.join(' '), resource: resource.resource,
  }),
  redeem: (client, code) => ({ ...redeeming(client, code), resource: client.resource.resource }),
  refresh: (client) => ({ ...refreshing(client), resource: client.resource.resource }),
  initialize: {
    protocolVersion: '2025-11-25', capabilities: { tools: true, prompts: true, resources: true, logging: false, elicitation: {}, roots: { listChanged: false } }, clientInfo: { name: 'cursor-vscode', version: '1.0.0' },
  },
  messageHeaders: (client) => [bothTypes, ...sessionHeaders(client)],
  streamHeaders: (client) => [eventsOnly, ...sessionHeaders(client)],
};

// Types in the other order, no version header on any request, the state is an address of its own.
export const vsCode = {
  agent: 'Visual Studio Code/1.121.0',
  firstContact: (client) => client.post(client.url, { jsonrpc: '2.0', id: 1, method: 'initialize', params: vsCode.initialize }, [['Accept', 'text/event-stream, application/json']]),
  resourceDocuments: ({ challenge }) => [[challenge.metadata, asJson]],
  checkResource: equalsTyped,
  serverDocuments: ({ origin }) => [[wellKnown(origin, 'oauth-authorization-server'), asJson], [wellKnown(origin, 'openid-configuration'), asJson]],
  callbacks: ['https://insiders.vscode.dev/redirect', 'https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'],
  registration: ({ server, challenge }) => ({
    client_name: 'Visual Studio Code', client_uri: 'https://code.visualstudio.com', grant_types: server.grant_types_supported.filter((grant) => [...grants, 'urn:ietf:params:oauth:grant-type:device_code'].includes(grant)),
    response_types: ['code'], redirect_uris: vsCode.callbacks, scope: challenge.scope, token_endpoint_auth_method: 'none', application_type: 'native',
  }),
  redirect: () => vsCode.callbacks[3],
  state: () => `vscode://dynamicauthprovider/localhost/authorize?nonce=${'n0nce'.repeat(8)}&windowId=1`,
  authorize: ({ identity, redirect, state, challenge: { scope }, resource }, challenge) => ({
    client_id: identity.client_id, response_type: 'code', state, ...codeChallenge(challenge), redirect_uri: redirect, scope, resource: resource.resource,
  }),
  redeem: (client, code) => ({ ...redeeming(client, code), resource: client.resource.resource }),
  refresh: (client) => refreshing(client),
  tokenHeaders: [asJson],
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: { form: {}, url: {} }, tasks: { list: {}, cancel: {}, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } }, extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } },
    clientInfo: { name: 'Visual Studio Code', title: 'Visual Studio Code', version: '1.121.0' },
  },
  messageHeaders: ({ session }) => [['Accept', 'text/event-stream, application/json'], ...(session ? [['Mcp-Session-Id', session]] : [])],
  streamHeaders: ({ session, lastEventId }) => [eventsOnly, ...(session ? [['Mcp-Session-Id', session]] : []), ...(lastEventId ? [['Last-Event-ID', lastEventId]] : [])],
};

// Web, desktop and mobile alike: from its own machines. A confidential client that sends its secret in the body.
export const claudeWeb = {
  agent: 'python-httpx/0.28.1',
  firstContact: (client) => client.post(client.url, { jsonrpc: '2.0', id: 0, method: 'initialize', params: claudeWeb.initialize }, [bothTypes]),
  resourceDocuments: challenged,
  checkResource: equalsTyped,
  serverDocuments: rfc8414ThenOpenid,
  registration: ({ challenge, callback = 'https://claude.ai/api/mcp/auth_callback' }) => ({
    redirect_uris: [callback], token_endpoint_auth_method: 'client_secret_post', grant_types: grants, response_types: ['code'], scope: challenge.scope, client_name: 'Claude', client_uri: 'https://claude.ai',
  }),
  redirect: ({ callback = 'https://claude.ai/api/mcp/auth_callback' }) => callback,
  authorize: ({ identity, redirect, state, challenge: { scope }, resource }, challenge) => ({
    response_type: 'code', client_id: identity.client_id, redirect_uri: redirect, ...codeChallenge(challenge), state, scope, resource: resource.resource,
  }),
  redeem: (client, code) => ({ ...redeeming(client, code), ...secretOf(client), resource: client.resource.resource }),
  refresh: (client) => ({ ...refreshing(client), ...secretOf(client), resource: client.resource.resource }),
  initialize: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'claude-ai', version: '0.1.0' } },
  messageHeaders: (client) => [bothTypes, ...sessionHeaders(client)],
  streamHeaders: (client) => [eventsOnly, ...sessionHeaders(client)],
};

// Copies `resource` as it is written. Speaks the stateless revision and says who asks in headers of its own.
export const chatGpt = {
  agent: 'openai-mcp/1.0.0',
  firstContact: (client) => client.post(client.url, chatGpt.discover, [bothTypes, ...chatGpt.modernHeaders('server/discover')]),
  resourceDocuments: ({ origin, url }) => [[wellKnown(origin, 'oauth-protected-resource', pathOf({ url })), anything], [wellKnown(origin, 'oauth-protected-resource'), anything]],
  checkResource: equalsTyped,
  serverDocuments: ({ origin }) => [[wellKnown(origin, 'oauth-authorization-server'), anything], [wellKnown(origin, 'openid-configuration'), anything]],
  registration: ({ callback = 'https://chatgpt.com/connector_platform_oauth_redirect' }) => ({ client_name: 'ChatGPT', redirect_uris: [callback], grant_types: grants, response_types: ['code'], token_endpoint_auth_method: 'none' }),
  redirect: ({ callback = 'https://chatgpt.com/connector_platform_oauth_redirect' }) => callback,
  state: () => `oauth_s_${'5f'.repeat(32)}`,
  authorize: ({ identity, redirect, state, resource }, challenge) => ({
    response_type: 'code', client_id: identity.client_id, redirect_uri: redirect, state, scope: resource.scopes_supported.join(' '), ...codeChallenge(challenge), resource: resource.resource,
  }),
  redeem: (client, code) => ({ ...redeeming(client, code), resource: client.resource.resource }),
  refresh: (client) => ({ ...refreshing(client), resource: client.resource.resource }),
  meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name: 'openai-mcp', version: '1.0.0' }, 'io.modelcontextprotocol/clientCapabilities': {}, 'openai/userAgent': 'ChatGPT/1.2026', 'openai/locale': 'en-US' },
  modernHeaders: (method, name) => [['MCP-Protocol-Version', '2026-07-28'], ['Mcp-Method', method], ...(name ? [['Mcp-Name', name]] : []), ['X-Openai-Session', 'v1/session'], ['X-Openai-Subject', 'v1/subject']],
  initialize: { protocolVersion: '2025-11-25', capabilities: { experimental: { 'openai/visibility': { enabled: true } } }, clientInfo: { name: 'openai-mcp', version: '1.0.0' } },
  messageHeaders: (client) => [bothTypes, ...sessionHeaders(client)],
  streamHeaders: (client) => [eventsOnly, ...sessionHeaders(client)],
};
chatGpt.discover = { jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: chatGpt.meta } };

// Asks by HEAD. Wants `resource` letter by letter, and `iss` with the code. Asks for all scopes of the authorization server.
export const geminiCli = {
  firstContact: (client) => client.send(client.url, { method: 'HEAD', headers: [pathOf(client) === '/sse' ? eventsOnly : asJson] }),
  resourceDocuments: ({ challenge }) => [[challenge.metadata, anything]],
  checkResource: ({ resource, url }) => assert.equal(resource.resource, `${new URL(url).origin}${new URL(url).pathname}`),
  serverDocuments: ({ origin }) => [[wellKnown(origin, 'oauth-authorization-server'), anything], [wellKnown(origin, 'openid-configuration'), anything]],
  registration: ({ callback }) => ({ client_name: 'Gemini CLI MCP Client', redirect_uris: [callback], grant_types: grants, response_types: ['code'], token_endpoint_auth_method: 'none', scope: '' }),
  redirect: ({ callback }) => callback,
  authorize: ({ identity, redirect, state, server, resource }, challenge) => ({
    client_id: identity.client_id, response_type: 'code', redirect_uri: redirect, state, ...codeChallenge(challenge), scope: server.scopes_supported.join(' '), resource: resource.resource,
  }),
  redeem: (client, code) => ({ ...redeeming(client, code), resource: client.resource.resource }),
  refresh: (client) => ({ ...refreshing(client), scope: client.server.scopes_supported.join(' '), resource: client.resource.resource }),
  tokenHeaders: [['Accept', 'application/json, application/x-www-form-urlencoded']],
  initialize: { protocolVersion: '2025-11-25', capabilities: { roots: { listChanged: true } }, clientInfo: { name: 'gemini-cli-mcp-client', version: '0.61.0' } },
  messageHeaders: (client) => [bothTypes, ...sessionHeaders(client)],
  streamHeaders: (client) => [eventsOnly, ...sessionHeaders(client)],
};

// Asks by GET with the version header of the first revision, and looks for the authorization server below the endpoint's path first.
export const codex = {
  agent: 'codex-mcp-client/0.169.0',
  firstContact: (client) => client.send(client.url, { headers: [anything, codex.version] }),
  resourceDocuments: undefined,
  serverDocuments: ({ origin, url }) => [
    [wellKnown(origin, 'oauth-authorization-server', pathOf({ url })), codex.version, anything],
    [`${url}/.well-known/oauth-authorization-server`, codex.version, anything],
    [wellKnown(origin, 'oauth-authorization-server'), codex.version, anything],
  ],
  version: ['mcp-protocol-version', '2024-11-05'],
  registration: ({ callback }) => ({ client_name: 'Codex', redirect_uris: [callback], grant_types: grants, token_endpoint_auth_method: 'none', response_types: ['code'] }),
  redirect: ({ callback }) => callback,
  authorize: ({ identity, redirect, state, server, url }, challenge) => ({
    response_type: 'code', client_id: identity.client_id, state, ...codeChallenge(challenge), redirect_uri: redirect, scope: server.scopes_supported.join(' '), resource: url,
  }),
  redeem: (client, code) => ({ ...redeeming(client, code), resource: client.url }),
  refresh: (client) => refreshing(client), // without `resource` and `scope`
  initialize: { protocolVersion: '2025-06-18', capabilities: { elicitation: {} }, clientInfo: { name: 'codex-mcp-client', title: 'Codex', version: '0.169.0' } },
  messageHeaders: (client) => [['Accept', 'text/event-stream, application/json'], ...sessionHeaders(client)],
  streamHeaders: (client) => [eventsOnly, ...sessionHeaders(client)],
};

export const loopbackCallback = async (host, path) => `http://${host}:${await freePort()}${path}`;
