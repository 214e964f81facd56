// SPDX-License-Identifier: Apache-2.0
//
// Two roads to one https address, HTTP/1.1 with kept connections and HTTP/2 with one connection for all. Nothing is ever sent twice, and each
// answer says how it ended: `cleanly`, with the last chunk or END_STREAM, or how it was torn. (HAProxy 2.6 makes an END_STREAM also of an answer
// that its replica has torn; only its counters and its log tell then.)
import http2 from 'node:http2';
import https from 'node:https';

const patienceMs = 30_000; // for the head of an answer

// An answer as it comes: {status, headers, text, ended}; `ended` gives 'cleanly', 'left' when we left, or what tore it.
class Answer {
  text = '';
  #leave;

  constructor(status, headers, leave) {
    this.status = status;
    this.headers = headers;
    this.#leave = leave;
    this.ended = new Promise((resolve) => { this.settle = resolve; });
  }

  get servedBy() {
    return this.headers['x-served-by'];
  }

  leave() {
    this.settle('left');
    this.#leave();
  }
}

// Both roads: `begin(request)` gives an Answer when its head is there; request: {method, path, headers, body, onText}.
class Road {
  constructor({ url, ca }) {
    this.port = Number(new URL(url).port);
    this.authority = new URL(url).host;
    this.ca = ca;
  }

  // The whole answer; throws when it does not end cleanly.
  async exchange(request) {
    const answer = await this.begin(request);
    const how = await answer.ended;
    if (how !== 'cleanly') throw new Error(`answer ${answer.status} was ${how}`);
    return answer;
  }
}

export class Http1Road extends Road {
  #agent;

  constructor(where) {
    super(where);
    this.#agent = new https.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256, ca: this.ca });
  }

  begin({ method = 'GET', path, headers = {}, body, onText = () => {} }) {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const request = https.request({ host: '127.0.0.1', port: this.port, servername: 'localhost', agent: this.#agent, method, path, headers: { host: this.authority, ...length, ...headers } });
      const timer = setTimeout(() => request.destroy(new Error(`no answer in ${patienceMs} ms`)), patienceMs);
      request.once('error', reject).on('error', () => {}).once('response', (response) => {
        clearTimeout(timer);
        const answer = new Answer(response.statusCode, response.headers, () => request.destroy());
        response.setEncoding('utf8').on('data', (text) => { answer.text += text; onText(text, answer); });
        response.on('error', (error) => answer.settle(`torn: ${error.code ?? error.message}`)).once('close', () => answer.settle(response.complete ? 'cleanly' : 'torn: no last chunk'));
        resolve(answer);
      });
      request.once('close', () => clearTimeout(timer));
      request.end(body);
    });
  }

  close = () => this.#agent.destroy();
}

export class Http2Road extends Road {
  #session;

  #open() {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = http2.connect(`https://127.0.0.1:${this.port}`, { ca: this.ca, servername: 'localhost' });
    session.on('error', () => {}).once('goaway', () => session.close());
    this.#session = session;
    return session;
  }

  begin({ method = 'GET', path, headers = {}, body, onText = () => {} }) {
    return new Promise((resolve, reject) => {
      const stream = this.#open().request({ ':method': method, ':path': path, ':scheme': 'https', ':authority': this.authority, ...headers }, { endStream: body === undefined });
      const timer = setTimeout(() => stream.destroy(new Error(`no answer in ${patienceMs} ms`)), patienceMs);
      let answer;
      let ended = false;
      const torn = (what) => (answer ? answer.settle(`torn: ${what}`) : reject(new Error(what)));
      stream.once('response', (fields) => {
        clearTimeout(timer);
        answer = new Answer(fields[':status'], fields, () => stream.close(http2.constants.NGHTTP2_CANCEL));
        // Not earlier: data that came together with the head would be told first.
        stream.setEncoding('utf8').on('data', (text) => { answer.text += text; onText(text, answer); });
        resolve(answer);
      });
      stream.once('end', () => { ended = true; }).on('error', (error) => torn(error.message)).once('close', () => {
        clearTimeout(timer);
        if (answer && ended && !stream.aborted && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR) answer.settle('cleanly');
        else torn(`stream closed with code ${stream.rstCode}`);
      });
      stream.end(body);
    });
  }

  close = () => this.#session?.destroy();
}
