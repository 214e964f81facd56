// SPDX-License-Identifier: Apache-2.0
//
// The front door. Every request passes here: control, faults, sign-in, then the APIs behind their tokens and scopes.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { answerBatch } from './batch.mjs';
import { Gmail } from './gmail.mjs';
import { fieldNames, unitsOf } from './gmail_parameters.mjs';
import { apiError, invalidArgument, notAuthenticated, scopeMissing } from './google_error.mjs';
import { namesIn, parseMask, select } from './partial_response.mjs';
import { scopesFor } from './scopes.mjs';

const bodyBytesMax = 64 * 1024 * 1024;
const apiPath = /^\/(upload\/)?(gmail|calendar|drive)\//;

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > bodyBytesMax) throw new Error('request body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

// A reset, as a lost network gives. A socket whose other end has left already is only closed: Node 20 never lets go of one that is
// reset then, and the process could not end.
const cutOff = (socket) => (socket.readyState === 'open' ? socket.resetAndDestroy() : socket.destroy());

const bearerOf = (headers) => /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];

// One byte at a time, for as long as anybody waits for them.
async function drip(outgoing, content, milliseconds) {
  for (const byte of content) {
    if (outgoing.destroyed) return;
    outgoing.write(Buffer.of(byte));
    await sleep(milliseconds);
  }
  outgoing.end();
}

export class Shim {
  #parts; // {oauth, gmail, npm, control or undefined, faults, grants, settings, log}
  // Google keeps an idle connection for minutes, longer than any client of ours. Node's five seconds would close some just as a request goes out on
  // them, and what may be sent only once, such as a code, is lost then.
  #server = http.createServer({ keepAliveTimeout: 240_000 }, (request, response) => this.#serve(request, response));

  connect(parts) {
    this.#parts = parts;
  }

  listen(port) {
    return new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, '127.0.0.1', () => resolve(this.#server.address().port)));
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(incoming, outgoing) {
    incoming.on('error', () => {});
    outgoing.on('error', () => {});
    try {
      const request = { method: incoming.method, url: new URL(incoming.url, 'http://127.0.0.1'), headers: incoming.headers, body: await readBody(incoming) };
      if (!this.#parts) return this.#send(request, outgoing, apiError(503, 'backendError', 'Starting'));
      if (request.url.pathname.startsWith('/__test/')) {
        const answer = (await this.#parts.control?.answer(request)) ?? apiError(404, 'notFound', 'Not Found');
        return this.#send(request, outgoing, answer);
      }
      return await this.#observed(request, incoming, outgoing);
    } catch (error) {
      return this.#send({ method: incoming.method, headers: {} }, outgoing, apiError(500, 'backendError', `test Google: ${error.message}`));
    }
  }

  async #observed(request, incoming, outgoing) {
    const { faults, settings, log } = this.#parts;
    const { method, url } = request;
    const email = this.#emailOf(request);
    if (settings.latency_ms) await sleep(settings.latency_ms);
    const fault = faults.take(method, url, email);
    if (fault?.delay_ms) await sleep(fault.delay_ms);
    const entry = { method, url, email, units: this.#unitsOf(method, url), fault: Boolean(fault), traceparent: incoming.headers.traceparent };
    const effect = fault?.after ? await this.#noted(request, entry) : undefined;
    if (fault?.hold_ms) await sleep(fault.hold_ms);
    if (fault?.drop) {
      log.add({ ...entry, status: 0 });
      return cutOff(incoming.socket);
    }
    const answer = (fault && faults.answer(fault, url.pathname)) || effect || (await this.#noted(request, entry));
    log.add({ ...entry, status: answer.status });
    return this.#send(request, outgoing, answer, fault);
  }

  // What breaks in here is in the log, too.
  async #noted(request, entry) {
    try {
      return await this.#answer(request);
    } catch (error) {
      this.#parts.log.add({ ...entry, status: 500 });
      throw error;
    }
  }

  #unitsOf(method, url) {
    const route = Gmail.route(url.pathname);
    return route ? unitsOf(method, route.path) : 0;
  }

  // Whose request this is, for the log and for faults meant for one person: by bearer, or by the token in a form.
  #emailOf({ headers, body }) {
    const bearer = bearerOf(headers);
    if (bearer) return this.#parts.grants.emailOf(bearer);
    if (!/^application\/x-www-form-urlencoded/.test(headers['content-type'] ?? '')) return undefined;
    const form = new URLSearchParams(body.toString());
    return this.#parts.grants.emailOf(form.get('refresh_token') ?? form.get('token') ?? '');
  }

  async #answer(request) {
    const signIn = this.#parts.oauth.answer(request);
    if (signIn) return signIn;
    if (/^\/batch(\/|$)/.test(request.url.pathname) && request.method === 'POST') return answerBatch(request, (call) => this.#answerApi(call));
    if (apiPath.test(request.url.pathname)) return this.#answerApi(request);
    return apiError(404, 'notFound', 'Not Found');
  }

  async #answerApi(request) {
    const { grants, gmail, npm } = this.#parts;
    const { method, url } = request;
    const held = grants.access(bearerOf(request.headers));
    if (!held) return notAuthenticated();
    const needed = scopesFor(method, url.pathname);
    if (needed && !needed.some((scope) => held.scopes.includes(scope))) return scopeMissing(needed);
    const metadataOnly = held.scopes.some((scope) => scope.endsWith('/gmail.metadata')) && !held.scopes.some((scope) => /gmail\.(readonly|modify)$|mail\.google\.com/.test(scope));
    if (metadataOnly && url.searchParams.has('q')) return apiError(403, 'forbidden', "Metadata scope does not support 'q' parameter");
    const isGmail = Gmail.route(url.pathname);
    const selector = this.#mask(url, isGmail);
    if (selector === false) return invalidArgument(`Invalid field selection ${url.searchParams.get('fields')}`);
    const answer = isGmail ? await gmail.answer(request, held.email) : await npm.call(held.email, method, url.pathname + url.search, { contentType: request.headers['content-type'], body: request.body });
    return selector && answer.status === 200 ? this.#reduced(answer, selector) : answer;
  }

  // undefined: no mask; false: a mask that Google would refuse.
  #mask(url, isGmail) {
    const mask = url.searchParams.get('fields');
    if (!mask) return undefined;
    const selector = parseMask(mask);
    if (!selector) return false;
    const checked = isGmail && /^\/(messages|threads|profile)(\/[^/]+)?$/.test(isGmail.path);
    return checked && [...namesIn(selector)].some((name) => !fieldNames.has(name)) ? false : selector;
  }

  #reduced(answer, selector) {
    if (answer.json !== undefined) return { ...answer, json: select(answer.json, selector) };
    if (!/json/.test(answer.headers['content-type'] ?? '')) return answer;
    return { status: answer.status, headers: {}, json: select(JSON.parse(answer.body), selector) };
  }

  // `spoiled`: a fault, as far as it concerns the way of the answer.
  #send(request, outgoing, answer, spoiled = {}) {
    for (const status of spoiled.informational ?? []) outgoing.socket?.write(`HTTP/1.1 ${status} Soon\r\nX-Soon: yes\r\n\r\n`);
    let content = Buffer.from(answer.json === undefined ? answer.body ?? '' : JSON.stringify(answer.json));
    if (spoiled.pad_bytes) content = Buffer.concat([content, Buffer.alloc(spoiled.pad_bytes, ' ')]);
    const headers = { ...(answer.json === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }), ...answer.headers };
    if (/\bgzip\b/.test(request.headers['accept-encoding'] ?? '') && content.length > 200) {
      content = gzipSync(content);
      headers['content-encoding'] = 'gzip';
      headers.vary = 'Origin, X-Origin, Referer, Accept-Encoding';
    }
    outgoing.writeHead(answer.status, { ...headers, 'content-length': content.length });
    if (request.method === 'HEAD') return outgoing.end();
    const half = content.subarray(0, content.length >> 1);
    if (spoiled.truncate) return outgoing.write(half, () => outgoing.socket?.destroy());
    if (spoiled.stall) return outgoing.write(half);
    if (spoiled.drip_ms) return drip(outgoing, content, spoiled.drip_ms);
    return outgoing.end(content);
  }
}
