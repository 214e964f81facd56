// SPDX-License-Identifier: Apache-2.0
//
// HTTP by bare sockets, for bytes that no HTTP library would send. What comes back is read strictly: a head of plain lines, one length.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const secondsMax = 20;
const bytesOf = (text) => (typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
export const joined = (...parts) => Buffer.concat(parts.map(bytesOf));

// A request. `fields` are its header lines as they stand on the wire; no Host and no length is added.
export const request = (line, fields = [], body = '') => joined(`${line}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`, body);

// The answer that begins `bytes`, or undefined while it is incomplete. `end` is where the next one begins.
function readAnswer(bytes, method) {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const [first, ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.1 ([1-5]\d\d) [A-Za-z ]+$/.exec(first)?.[1];
  assert.ok(status, `a status line, not ${JSON.stringify(first)}`);
  const fields = lines.map((line) => /^([A-Za-z-]+): ([^\r\n\0]*)$/.exec(line) ?? assert.fail(`a header field, not ${JSON.stringify(line)}`)).map(([, name, value]) => [name.toLowerCase(), value]);
  const values = (name) => fields.filter(([each]) => each === name).map(([, value]) => value);
  const answer = { status: Number(status), head, names: fields.map(([name]) => name), field: (name) => values(name).join(', ') || undefined, text: '', end: headEnd + 4 };
  if (answer.status < 200 || answer.status === 204 || method === 'HEAD') return answer;
  if (values('transfer-encoding').length) return Object.assign(answer, { streams: true, text: bytes.toString('utf8', headEnd + 4), end: bytes.length });
  assert.equal(values('content-length').length, 1, `one length in ${head}`);
  const bodyEnd = answer.end + Number(values('content-length')[0]);
  if (bodyEnd > bytes.length) return undefined;
  return Object.assign(answer, { text: bytes.toString('utf8', answer.end, bodyEnd), end: bodyEnd });
}

export class Wire {
  #socket;
  #bytes = Buffer.alloc(0);
  #wake = () => {};
  ended = false; // by the other side, in whatever manner

  static async open(port) {
    const wire = new Wire();
    wire.#socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    wire.#socket.on('data', (bytes) => { wire.#bytes = Buffer.concat([wire.#bytes, bytes]); wire.#wake(); });
    wire.#socket.on('end', () => { wire.ended = true; wire.#wake(); });
    wire.#socket.on('close', () => { wire.ended = true; wire.closed = true; wire.#wake(); });
    wire.#socket.on('error', (error) => { wire.error = error; });
    await new Promise((resolve, reject) => wire.#socket.once('connect', resolve).once('error', reject));
    return wire;
  }

  send(...parts) {
    this.#socket.write(joined(...parts));
    return this;
  }

  // Every byte on its own, each in a turn of its own.
  async sendBytewise(bytes) {
    for (const byte of bytesOf(bytes)) {
      if (this.closed) return;
      this.#socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
  }

  // Pushes up to `bytesMax` while the other side takes them; how many were pushed before it closed or took no more for three seconds.
  async flood(bytesMax, piece = Buffer.alloc(64 * 1024, 'a')) {
    let sent = 0;
    while (sent < bytesMax && !this.closed) {
      sent += piece.length;
      if (!this.#socket.write(piece)) await Promise.race([new Promise((resolve) => this.#socket.once('drain', resolve)), new Promise((resolve) => this.#socket.once('close', resolve)), sleep(3000, undefined, { ref: false })]);
      if (this.#socket.writableNeedDrain) break;
    }
    return sent;
  }

  // Says that nothing more will come, and goes on reading.
  finish() {
    this.#socket.end();
    return this;
  }

  close = () => this.#socket.destroy();

  async #until(what, condition, seconds = secondsMax) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const value = condition();
      if (value) return value;
      if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}; so far ${JSON.stringify(this.#bytes.toString('latin1').slice(0, 300))}`);
      let timer;
      await new Promise((resolve) => { this.#wake = resolve; timer = setTimeout(resolve, 500); });
      clearTimeout(timer);
    }
  }

  // The next answer; undefined when the connection ends before there is one.
  async answer({ method, seconds } = {}) {
    let answer;
    await this.#until('an answer', () => {
      answer = readAnswer(this.#bytes, method);
      return answer || this.ended;
    }, seconds);
    if (answer) this.#bytes = this.#bytes.subarray(answer.end);
    return answer;
  }

  // All that comes until the other side ends.
  async rest(seconds) {
    await this.#until('the other side closes', () => this.ended, seconds);
    const answers = [];
    for (let answer; this.#bytes.length && (answer = readAnswer(this.#bytes));) {
      this.#bytes = this.#bytes.subarray(answer.end);
      answers.push(answer);
    }
    assert.equal(this.#bytes.length, 0, `nothing but answers: ${JSON.stringify(this.#bytes.toString('latin1').slice(0, 200))}`);
    return answers;
  }
}
