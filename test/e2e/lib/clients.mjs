// SPDX-License-Identifier: Apache-2.0
//
// The clients people use, each behind the same few words: connect, tools, call, close.
import assert from 'node:assert/strict';
import http from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as v2 from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { UnauthorizedError as UnauthorizedV1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { FormBrowser } from './browser.mjs';
import { Child, freePort, until } from './child.mjs';
import { OpenedUrls } from './opened_urls.mjs';

// Where an authorization answer arrives, as desktop clients do it.
class Callback {
  #server = http.createServer((request, response) => {
    const url = new URL(request.url, this.url);
    if (url.pathname === '/callback') this.#arrived?.(url.searchParams);
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Done</title><p>You may close this page.</p>');
  });
  #arrived;

  async open() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}/callback`;
    return this;
  }

  next = () => new Promise((resolve) => { this.#arrived = resolve; });

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

// Remembers everything a client must: registration, tokens, verifier. Serves both generations of the SDK.
export class MemoryProvider {
  registered;
  granted;
  signIns = 0;
  #verifier;

  constructor(callback, name) {
    this.callback = callback;
    this.name = name;
  }

  get redirectUrl() { return this.callback.url; }
  get clientMetadata() {
    return { client_name: this.name, redirect_uris: [this.callback.url], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' };
  }
  state = () => `state-${this.signIns}`;
  clientInformation = () => this.registered;
  saveClientInformation = (information) => { this.registered = information; };
  tokens = () => this.granted;
  saveTokens = (tokens) => { this.granted = tokens; };
  saveCodeVerifier = (verifier) => { this.#verifier = verifier; };
  codeVerifier = () => this.#verifier;
  saveDiscoveryState = (state) => { this.discovered = state; };
  discoveryState = () => this.discovered;
  redirectToAuthorization = (url) => { this.signIns += 1; this.authorizationUrl = url; };
  invalidateCredentials = (scope) => {
    if (scope === 'all' || scope === 'client') this.registered = undefined;
    if (scope === 'all' || scope === 'tokens') this.granted = undefined;
    if (scope === 'all' || scope === 'discovery') this.discovered = undefined;
  };
}

// How a person gets from the authorization URL back to the client. `browser` keeps its cookies from one time to the next.
export const byForms = (browser = new FormBrowser()) => (url) => browser.consent(url);

// The same for a client that asks for these scopes of ours.
export const askingFor = (...scopes) => (url) => {
  const target = new URL(url);
  target.searchParams.set('scope', scopes.join(' '));
  return byForms()(target.href);
};

class SdkClient {
  notices = [];
  errors = [];

  // `elicit`: what its user answers to a form, given the form's params; without it the client cannot be asked.
  constructor({ gateway, name, signIn = byForms(), elicit }) {
    this.gateway = gateway;
    this.name = name;
    this.signIn = signIn;
    this.elicit = elicit;
  }

  get capabilities() {
    return this.elicit ? { elicitation: { form: {} } } : {};
  }

  async connect() {
    this.callback ??= await new Callback().open();
    this.provider ??= new MemoryProvider(this.callback, this.name);
    await this.close({ forGood: false });
    try {
      await this.open();
    } catch (error) {
      if (!this.isUnauthorized(error)) throw error;
      await this.authorize();
      this.errors.length = 0;
      await this.open();
    }
    return this;
  }

  // From the authorization URL that the client would open to its new tokens.
  async authorize() {
    const arrived = this.callback.next();
    await this.signIn(this.provider.authorizationUrl.href, this.callback.url);
    const answer = await Promise.race([arrived, new Promise((_, reject) => setTimeout(reject, 10_000, new Error(`${this.name}: no authorization answer came back`)).unref())]);
    assert.equal(answer.get('error'), null, `${this.name}: authorization was refused: ${answer}`);
    await this.finish(answer);
  }

  // The access token is forgotten; the refresh token stays.
  forgetAccess() {
    this.provider.granted = { ...this.provider.granted, access_token: 'forgotten' };
  }

  tools = async () => (await this.client.listTools()).tools;
  call = (name, args = {}) => this.client.callTool({ name, arguments: args });

  async close({ forGood = true } = {}) {
    await this.client?.close().catch(() => {});
    this.client = undefined;
    if (forGood) this.callback?.close();
  }
}

// @modelcontextprotocol/sdk 1.32: initialize, session id, GET stream.
export class SdkV1Client extends SdkClient {
  isUnauthorized = (error) => error instanceof UnauthorizedV1;

  async open() {
    this.transport = new TransportV1(new URL(this.gateway.mcpUrl), { authProvider: this.provider });
    this.client = new ClientV1({ name: this.name, version: '1.0.0' }, { capabilities: this.capabilities });
    if (this.elicit) this.client.setRequestHandler(ElicitRequestSchema, ({ params }) => this.elicit(params));
    this.client.onerror = (error) => this.errors.push(error);
    await this.client.connect(this.transport);
  }

  finish = (answer) => this.transport.finishAuth(answer.get('code'));

  get sessionId() {
    return this.transport.sessionId;
  }
}

// The same SDK over HTTP+SSE. `posts`: the address of the replica that gets its POSTs, when that is another one.
export class SdkV1SseClient extends SdkClient {
  isUnauthorized = (error) => error instanceof UnauthorizedV1;

  constructor({ posts, ...rest }) {
    super(rest);
    this.posts = posts;
  }

  async open() {
    const balanced = (url, init) => fetch(this.posts && new URL(url).pathname === '/messages' ? new URL(new URL(url).pathname + new URL(url).search, this.posts) : url, init);
    this.transport = new SSEClientTransport(new URL(this.gateway.sseUrl), { authProvider: this.provider, fetch: balanced });
    this.client = new ClientV1({ name: this.name, version: '1.0.0' }, { capabilities: {} });
    this.client.onerror = (error) => this.errors.push(error);
    await this.client.connect(this.transport);
  }

  finish = (answer) => this.transport.finishAuth(answer.get('code'));

  // Where its POSTs go: another one after every new stream.
  get endpoint() {
    return this.transport._endpoint?.href;
  }
}

// @modelcontextprotocol/client 2.4. mode: legacy, auto, or {pin: revision}.
export class SdkV2Client extends SdkClient {
  isUnauthorized = (error) => v2.UnauthorizedError.isInstance(error);

  constructor({ mode = 'auto', ...rest }) {
    super(rest);
    this.mode = mode;
  }

  makeTransport() {
    return new v2.StreamableHTTPClientTransport(new URL(this.gateway.mcpUrl), { authProvider: this.provider });
  }

  async open() {
    this.transport = this.makeTransport();
    this.client = new v2.Client({ name: this.name, version: '1.0.0' }, { capabilities: this.capabilities, versionNegotiation: { mode: this.mode } });
    if (this.elicit) this.client.setRequestHandler('elicitation/create', ({ params }) => this.elicit(params));
    this.client.onerror = (error) => this.errors.push(error);
    await this.client.connect(this.transport);
  }

  finish = (answer) => this.transport.finishAuth(answer);

  get sessionId() {
    return this.transport.sessionId;
  }

  get protocolVersion() {
    return this.transport.protocolVersion;
  }
}

// The same over HTTP+SSE, which knows only the legacy era.
export class SdkV2SseClient extends SdkV2Client {
  constructor(options) {
    super({ ...options, mode: 'legacy' });
  }

  makeTransport() {
    return new v2.SSEClientTransport(new URL(this.gateway.sseUrl), { authProvider: this.provider });
  }
}

// The SDKs in every era that they speak: what to call one, and how to make it.
export const everySdk = [
  ['@modelcontextprotocol/sdk 1.32', (options) => new SdkV1Client(options)],
  ['@modelcontextprotocol/client 2.4, modern era', (options) => new SdkV2Client({ mode: { pin: '2026-07-28' }, ...options })],
  ['@modelcontextprotocol/client 2.4, legacy era', (options) => new SdkV2Client({ mode: 'legacy', ...options })],
];

// The questions a client's user was asked, and what they answer: yes, to begin with, to a question about `what`.
export class AskedUser {
  asked = [];
  constructor(what) { this.answer = { action: 'accept', content: { [what]: true } }; }
  elicit = async (params) => (this.asked.push(params), this.answer);
}

// mcp-remote 0.15 as clients without OAuth run it: a child spoken to over stdio, which opens a browser by itself.
export class McpRemoteClient {
  #child;
  #waiting = new Map();
  #nextId = 0;
  strays = [];

  constructor({ gateway, directory, signIn = byForms(), more = [], url = gateway.mcpUrl }) {
    this.url = url;
    this.directory = directory;
    this.signIn = signIn;
    this.more = more;
    this.signIns = 0;
  }

  async connect() {
    const opened = new OpenedUrls(this.directory);
    this.port ??= await freePort();
    const program = fileURLToPath(new URL('../node_modules/mcp-remote/dist/proxy.js', import.meta.url));
    const env = { PATH: process.env.PATH, HOME: this.directory, MCP_REMOTE_CONFIG_DIR: join(this.directory, 'config'), BROWSER: opened.browser };
    this.#child = new Child(process.execPath, [program, this.url, String(this.port), '--host', '127.0.0.1', '--allow-http', ...this.more], { env, input: 'pipe' });
    createInterface({ input: this.#child.process.stdout }).on('line', (line) => this.#arrived(line));
    const ready = this.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'through mcp-remote', version: '1' } });
    const greeting = await Promise.race([ready, this.#watchBrowser(opened, ready)]);
    this.#send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return Object.assign(this, { greeting: greeting ?? (await ready) });
  }

  async #watchBrowser(opened, ready) {
    let done = false;
    ready.then(() => { done = true; }, () => { done = true; });
    await until('mcp-remote opens a browser or connects', () => {
      if (!this.#child.running) throw new Error(`mcp-remote ended:\n${this.#child.errors}`);
      return done || opened.all.length > 0;
    }, 30);
    if (done) return ready;
    this.signIns += 1;
    await this.signIn(opened.all.at(-1));
    return ready;
  }

  #arrived(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return void this.strays.push(message);
    this.#waiting.delete(message.id);
    if (message.error) waiting.reject(Object.assign(new Error(message.error.message), { code: message.error.code }));
    else waiting.resolve(message.result);
  }

  #send = (message) => this.#child.process.stdin.write(`${JSON.stringify(message)}\n`);

  request(method, params = {}, seconds = 60) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`mcp-remote did not answer ${method} within ${seconds} s:\n${this.#child.errors.slice(-2000)}`)), seconds * 1000);
      this.#waiting.set(id, { resolve: (value) => (clearTimeout(timer), resolve(value)), reject: (error) => (clearTimeout(timer), reject(error)) });
      this.#send({ jsonrpc: '2.0', id, method, params });
    });
  }

  tools = async () => (await this.request('tools/list')).tools;
  call = (name, args = {}) => this.request('tools/call', { name, arguments: args });

  async close() {
    await this.#child?.end();
  }
}
