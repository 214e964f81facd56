// SPDX-License-Identifier: Apache-2.0
//
// Constant traffic of many clients: each asks one thing after the other and holds streams, which it opens again when they end. Every request
// is counted with what came of it, none is repeated, with one exception that the old HTTP+SSE transport forces: a message answered with 404,
// or with 503 because the holder of its stream is gone, whose stream has ended cleanly meanwhile. Its address died with the stream, before the
// client could know; nothing was done, it is counted as `crossed` and sent again on the next stream.
import { setTimeout as sleep } from 'node:timers/promises';
import { idsOf } from './answers.mjs';
import { alone, messageIn } from './raw_mcp.mjs';

const answerWaitMs = 15_000;
const lostItsStream = ({ status, text }) => status === 404 || (status === 503 && text.includes('holds this stream'));
const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export class Traffic {
  outcomes = []; // {client, what, at, ms, good, detail, servedBy}
  ends = []; // of streams: {client, kind, servedBy, at, heldMs, how}
  crossed = 0;
  ids = 0; // events that bore an id
  over = false;
  clients = [];
  #loops = [];

  run(loop) {
    this.#loops.push(loop);
  }

  // Does it, and notes what came of it: `attempt` gives {good, detail, servedBy}, or throws.
  async note(client, what, attempt) {
    const at = Date.now();
    const result = await attempt().catch((error) => ({ good: false, detail: error.cause?.code ?? error.message }));
    const outcome = { client, what, at, ms: Date.now() - at, ...result };
    this.outcomes.push(outcome);
    return outcome;
  }

  get failures() {
    return this.outcomes.filter(({ good }) => !good);
  }

  get torn() {
    return this.ends.filter(({ how }) => how.startsWith('torn'));
  }

  get streams() {
    return this.clients.flatMap(({ streams }) => streams ?? []);
  }

  get openStreams() {
    return this.streams.filter(({ open }) => open).length;
  }

  // How often what was asked, for messages.
  counts(outcomes = this.outcomes) {
    const counts = {};
    for (const { what } of outcomes) counts[what] = (counts[what] ?? 0) + 1;
    return counts;
  }

  async stop() {
    this.over = true;
    for (const stream of this.streams) stream.leave();
    await Promise.all(this.#loops);
    for (const { road } of this.clients) road?.close();
  }
}

// A stream that is held as long as there is traffic. `request`: makes {method, path, headers, body}; `kind`: its name in messages.
class HeldStream {
  open = false;
  #answer;

  constructor({ client, kind, request, onEvent = () => {} }) {
    Object.assign(this, { client, kind, request, onEvent });
    client.traffic.run(this.#hold());
  }

  async #hold() {
    const { traffic, name } = this.client;
    while (!traffic.over) {
      let answer;
      let rest = '';
      const outcome = await traffic.note(name, `open ${this.kind}`, async () => {
        answer = await this.client.road.begin({ ...(await this.request()), onText: (text) => { rest = this.#read(rest + text); } });
        return { good: answer.status === 200, detail: `${answer.status} ${answer.text.slice(0, 200)}`, servedBy: answer.servedBy };
      });
      if (!outcome.good) {
        answer?.leave();
        await sleep(100);
        continue;
      }
      const opened = Date.now();
      [this.#answer, this.open, this.servedBy] = [answer, true, answer.servedBy];
      if (traffic.over) answer.leave();
      const how = await answer.ended;
      this.open = false;
      this.onEvent({ name: 'end', how });
      traffic.ends.push({ client: name, kind: this.kind, servedBy: answer.servedBy, at: Date.now(), heldMs: Date.now() - opened, how });
    }
  }

  // Takes whole events off the front; gives what is left.
  #read(text) {
    const events = text.split('\n\n');
    const rest = events.pop();
    for (const event of events) {
      if (/^id:/m.test(event)) this.client.traffic.ids += 1;
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) this.onEvent({ name: /^event: (.*)$/m.exec(event)?.[1], data });
    }
    return rest;
  }

  leave() {
    this.#answer?.leave();
  }
}

// One signed-in client. Asks one thing at a time and pauses in between; `signedIn` is a RawClient with tokens.
export class Caller {
  streams = [];
  #turn = 0;
  #nextId = 1;
  #waiting = new Map(); // ids of messages over HTTP+SSE to {stream, take}

  constructor({ traffic, road, signedIn, name, pauseMs = 20 }) {
    Object.assign(this, { traffic, road, signedIn, name, pauseMs });
    traffic.clients.push(this);
  }

  get headers() {
    return { authorization: `Bearer ${this.signedIn.tokens.access_token}`, ...this.signedIn.headers };
  }

  #post = (path, message, headers) => this.road.exchange({ method: 'POST', path, headers: { ...jsonHeaders, ...this.headers, ...headers }, body: JSON.stringify(message) });

  // A session of this revision, for the streams of the older eras: the headers that name it.
  async session(revision) {
    const answer = await this.#post('/mcp', { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: revision, capabilities: {}, clientInfo: { name: this.name, version: '1' } } });
    const headers = { 'mcp-session-id': answer.headers['mcp-session-id'], 'mcp-protocol-version': revision };
    if (!headers['mcp-session-id']) throw new Error(`no session: ${answer.status} ${answer.text}`);
    await this.#post('/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' }, headers);
    this.inSession = headers;
    return headers;
  }

  // A GET stream of a session of its own.
  async holdGet(revision) {
    const session = await this.session(revision);
    this.streams.push(new HeldStream({ client: this, kind: `GET /mcp ${revision}`, request: async () => ({ path: '/mcp', headers: { accept: 'text/event-stream', ...this.headers, ...session } }) }));
  }

  // What takes the place of the GET stream in the revision without sessions.
  holdListen() {
    const { message, headers } = alone('subscriptions/listen', { notifications: { toolsListChanged: true } }, 'listen');
    this.streams.push(new HeldStream({ client: this, kind: 'subscriptions/listen', request: async () => ({ method: 'POST', path: '/mcp', headers: { ...jsonHeaders, ...this.headers, ...headers }, body: JSON.stringify(message) }) }));
  }

  holdSse() {
    const stream = new HeldStream({ client: this, kind: 'HTTP+SSE', request: async () => ({ path: '/sse', headers: { accept: 'text/event-stream', ...this.headers } }), onEvent: (event) => this.#heard(stream, event) });
    this.streams.push(stream);
  }

  #heard(stream, { name, data, how }) {
    if (name === 'endpoint') stream.target = data;
    if (name === 'message') {
      const message = JSON.parse(data);
      this.#waiting.get(message.id)?.take({ message });
    }
    if (name !== 'end') return;
    stream.target = undefined;
    for (const waiting of this.#waiting.values()) if (waiting.stream === stream) waiting.take({ how });
  }

  // Asks in turn for everything a client asks for, until there is no more traffic.
  run(what = ['ping', 'search', 'list', 'sse', 'whoami', 'renew']) {
    this.traffic.run((async () => {
      while (!this.traffic.over) {
        await this.ask(what[this.#turn++ % what.length]);
        await sleep(this.pauseMs);
      }
    })());
  }

  ask = (what) => this.traffic.note(this.name, what, () => this[`_${what}`]());

  async #rpc(message, headers, isGood) {
    const answer = await this.#post('/mcp', message, headers);
    const said = answer.status === 200 ? messageIn(answer.headers['content-type'], answer.text) : undefined;
    return { good: Boolean(said?.result) && isGood(said.result), detail: `${answer.status} ${answer.text.slice(0, 300)}`, servedBy: answer.servedBy };
  }

  #alone(method, params, isGood) {
    const { message, headers } = alone(method, params, this.#nextId++);
    return this.#rpc(message, headers, isGood);
  }

  _ping = () => this.#rpc({ jsonrpc: '2.0', id: this.#nextId++, method: 'ping' }, this.inSession, () => true);
  _list = () => this.#alone('tools/list', {}, ({ tools }) => tools.some(({ name }) => name === 'gmail_search'));
  _whoami = () => this.#rpc({ jsonrpc: '2.0', id: this.#nextId++, method: 'tools/call', params: { name: 'whoami', arguments: {} } }, this.inSession, ({ isError }) => !isError);
  _search = () => this.#alone('tools/call', { name: 'gmail_search', arguments: { query: 'in:inbox', limit: 2 } }, (result) => !result.isError && idsOf(result).length > 0);

  async _renew() {
    const { id, tokens } = this.signedIn;
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: id }).toString();
    const answer = await this.road.exchange({ method: 'POST', path: '/token', headers: { 'content-type': 'application/x-www-form-urlencoded', ...this.signedIn.headers }, body });
    if (answer.status === 200) this.signedIn.tokens = JSON.parse(answer.text);
    return { good: answer.status === 200, detail: `${answer.status} ${answer.text.slice(0, 200)}`, servedBy: answer.servedBy };
  }

  // A call over HTTP+SSE, whose answer comes on a stream of this client.
  async _sse() {
    for (;;) {
      const stream = await this.#readyStream();
      if (!stream) return { good: this.traffic.over, detail: 'no stream of HTTP+SSE opened' };
      const { posted, came } = await this.#sendOver(stream);
      if (lostItsStream(posted) && came.how === 'cleanly') {
        this.traffic.crossed += 1;
        continue;
      }
      const good = posted.status === 202 && came.message?.result !== undefined && !came.message.result.isError;
      return { good, detail: `${posted.status} ${posted.text.slice(0, 200)}, then ${JSON.stringify(came.message ?? came.how ?? 'nothing').slice(0, 200)}`, servedBy: posted.servedBy };
    }
  }

  // Posts a call for this stream: how that was answered, and what came on the stream, its end included.
  async #sendOver(stream) {
    const id = this.#nextId++;
    const heard = new Promise((resolve) => { this.#waiting.set(id, { stream, take: resolve }); });
    try {
      const posted = await this.#post(stream.target, { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'whoami', arguments: {} } });
      const waitMs = posted.status === 202 ? answerWaitMs : lostItsStream(posted) ? 2000 : 0;
      const came = await Promise.race([heard, sleep(waitMs, {}, { ref: false })]);
      return { posted, came };
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #readyStream() {
    const mine = this.streams.filter(({ kind }) => kind === 'HTTP+SSE');
    for (const end = Date.now() + answerWaitMs; Date.now() < end && !this.traffic.over;) {
      const ready = mine.filter(({ open, target }) => open && target);
      if (ready.length) return ready[this.#nextId % ready.length];
      await sleep(20);
    }
    return undefined;
  }
}

// A real client of an SDK, which asks the same things in its own way.
export class RealCaller {
  constructor({ traffic, client, name, pauseMs = 80 }) {
    Object.assign(this, { traffic, client, name, pauseMs });
    traffic.clients.push(this);
  }

  run() {
    const asks = {
      'SDK search': async () => ({ good: idsOf(await this.client.call('gmail_search', { query: 'in:inbox', limit: 2 })).length > 0 }),
      'SDK list': async () => ({ good: (await this.client.tools()).length > 0 }),
      'SDK ping': async () => (await this.client.client.ping(), { good: true }),
    };
    const usable = Object.entries(asks).filter(([what]) => what !== 'SDK ping' || this.client.protocolVersion !== '2026-07-28');
    this.traffic.run((async () => {
      for (let n = 0; !this.traffic.over; n += 1) {
        await this.traffic.note(this.name, ...usable[n % usable.length]);
        await sleep(this.pauseMs);
      }
    })());
  }
}
