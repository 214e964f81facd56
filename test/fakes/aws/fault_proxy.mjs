// SPDX-License-Identifier: Apache-2.0
//
// Stands in front of the cloud or of dynalite: counts, records and spoils calls. See README.md.
//
// It passes on every header as it came, `Host` too, so signatures stay whole: cloud.py checks them against the host that the client
// was told, which is the proxy's.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import { readCall } from './aws_call.mjs';
import { FaultRule } from './fault_rules.mjs';

const hopHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);
const contentTypes = { dynamodb: 'application/x-amz-json-1.0', kms: 'application/x-amz-json-1.1' };
const namespaces = { dynamodb: 'com.amazonaws.dynamodb.v20120810#', kms: '' };

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

// zlib.crc32 is missing from Node 20.
export const crc32 = zlib.crc32 ?? ((bytes) => (bytes.reduce((crc, byte) => (crc >>> 8) ^ crcTable[(crc ^ byte) & 255], 0xffffffff) ^ 0xffffffff) >>> 0);

const pairsOf = (raw) => Array.from({ length: raw.length / 2 }, (_, n) => [raw[2 * n], raw[2 * n + 1]]);

// A reset, as a lost network gives. A socket whose other end has left already is only closed: Node 20 never lets go of one that is
// reset then, and the process could not end.
const cutOff = (socket) => (socket.readyState === 'open' ? socket.resetAndDestroy() : socket.destroy());

async function bytesOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export class FaultProxy {
  calls = [];
  captured = []; // filled while `capturing`
  capturing = false;
  #target;
  #rules = [];
  #doors = new Set(); // servers; several may bear one name
  #agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
  #answersByDigest = 0;

  constructor(target) {
    this.#target = new URL(target);
  }

  // Another address of the same proxy; calls through it bear its name, which tells replicas apart.
  async door(name = 'main', port = 0) {
    const server = http.createServer((request, response) => this.#serve(name, request, response));
    server.keepAliveTimeout = 60_000;
    await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    this.#doors.add(server);
    return `http://127.0.0.1:${server.address().port}`;
  }

  close() {
    this.clear();
    for (const server of this.#doors) {
      server.close();
      server.closeAllConnections();
    }
    this.#agent.destroy();
  }

  add(rule) {
    const made = new FaultRule(rule);
    this.#rules.push(made);
    return made;
  }

  remove(rule) {
    rule.release();
    this.#rules = this.#rules.filter((one) => one !== rule);
  }

  // Ends all rules and lets go of what they hold; calls that were counted stay.
  clear() {
    this.#rules.forEach((rule) => rule.release());
    this.#rules = [];
  }

  forget() {
    this.calls = [];
    this.captured = [];
  }

  // How often each operation was called, as {'dynamodb GetItem': 2}; `where` picks calls.
  counts(where = () => true) {
    const counts = {};
    for (const call of this.calls.filter(where)) {
      const name = `${call.service} ${call.operation}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  async #serve(door, request, response) {
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      const body = await bytesOf(request);
      if (request.url.startsWith('/_proxy/')) return this.#control(request, response, body);
      return await this.#pass(door, request, response, body);
    } catch {
      return cutOff(request.socket); // the client went, or the target did
    }
  }

  async #pass(door, request, response, body) {
    const call = { n: this.calls.length + 1, door, ...readCall({ method: request.method, url: request.url, headers: request.headers, body }) };
    this.calls.push(call);
    if (this.capturing) this.captured.push({ method: request.method, url: `http://${request.headers.host}${request.url}`, headers: pairsOf(request.rawHeaders), body: body.toString('base64') });
    const rules = this.#rules.filter((rule) => rule.picks(call));
    if (rules.length) call.fault = rules.map((rule) => Object.keys(rule).find((name) => /^(throttle|error|status|drop|hold|truncate|wrong_crc32|content_type|unprocessed|call|call_after|delay_ms)$/.test(name))).join('+');
    const before = await this.#before(rules, call, request, response);
    if (before) return undefined;
    const answer = await this.#forward(request, body);
    call.status = answer.status;
    call.committed = answer.status === 200;
    for (const rule of rules) {
      await rule.call_after?.(call);
      if (rule.hold === 'after') await rule.held();
      if (rule.drop === 'after') return cutOff(request.socket);
      this.#spoil(rule, answer, body);
    }
    return this.#send(response, answer, rules.some((rule) => rule.truncate === 'cut'));
  }

  // True when the call has been answered or dropped and must not reach the target.
  async #before(rules, call, request, response) {
    for (const rule of rules) {
      if (rule.delay_ms) await sleep(rule.delay_ms);
      await rule.call?.(call);
      if (rule.hold === 'before') await rule.held();
      if (rule.drop === 'before') return (cutOff(request.socket), true);
      const error = rule.throttle ? { type: rule.throttle, status: 400, message: 'Rate exceeded' } : rule.error;
      if (error) {
        call.status = error.status ?? 400;
        const content = Buffer.from(JSON.stringify({ __type: `${namespaces[call.service] ?? ''}${error.type}`, message: error.message ?? 'made to fail' }));
        return (this.#send(response, { status: call.status, headers: this.#headersOf(call, content), content }), true);
      }
      if (rule.status) {
        call.status = rule.status;
        return (this.#send(response, { status: rule.status, headers: [['content-type', 'text/html']], content: Buffer.from('<html><body>made to fail</body></html>') }), true);
      }
    }
    return false;
  }

  #headersOf(call, content) {
    this.#answersByDigest += 1;
    return [['x-amzn-RequestId', `FAULT${String(this.#answersByDigest).padStart(47, '0')}`], ['content-type', contentTypes[call.service] ?? 'application/json'], ['date', new Date().toUTCString()],
      ...(call.service === 'dynamodb' ? [['x-amz-crc32', String(crc32(content))]] : [])];
  }

  #forward(request, body) {
    return new Promise((resolve, reject) => {
      const headers = request.rawHeaders.filter((_, n) => !hopHeaders.has(request.rawHeaders[n - (n % 2)].toLowerCase()));
      headers.push('Content-Length', String(body.length));
      const outgoing = http.request({ host: this.#target.hostname, port: this.#target.port, method: request.method, path: request.url, headers, setHost: false, agent: this.#agent }, async (incoming) => {
        try {
          const content = await bytesOf(incoming);
          resolve({ status: incoming.statusCode, headers: pairsOf(incoming.rawHeaders).filter(([name]) => !hopHeaders.has(name.toLowerCase())), content });
        } catch (error) {
          reject(error);
        }
      });
      outgoing.once('error', reject).end(body);
    });
  }

  #spoil(rule, answer, body) {
    const set = (name, value) => { answer.headers = [...answer.headers.filter(([one]) => one.toLowerCase() !== name), [name, value]]; };
    if (rule.unprocessed) this.#leaveUnprocessed(answer, body, set);
    // Half of the JSON with a right checksum: only reading it shows that it is cut.
    if (rule.truncate === true) {
      answer.content = answer.content.subarray(0, answer.content.length >> 1);
      if (answer.headers.some(([name]) => name.toLowerCase() === 'x-amz-crc32')) set('x-amz-crc32', String(crc32(answer.content)));
    }
    if (rule.wrong_crc32) set('x-amz-crc32', String((crc32(answer.content) ^ 1) >>> 0));
    if (rule.content_type) set('content-type', rule.content_type);
  }

  // A BatchGetItem that came back with half of its keys, as DynamoDB does when it is short of capacity.
  #leaveUnprocessed(answer, body, set) {
    const [[table, { Keys: keys, ...rest }]] = Object.entries(JSON.parse(body).RequestItems);
    const left = keys.slice(Math.floor(keys.length / 2));
    const names = new Set(left.map((key) => key.sessionId.S));
    const content = JSON.parse(answer.content);
    content.Responses[table] = (content.Responses[table] ?? []).filter((item) => !names.has(item.sessionId.S));
    content.UnprocessedKeys = { [table]: { ...rest, Keys: left } };
    answer.content = Buffer.from(JSON.stringify(content));
    set('x-amz-crc32', String(crc32(answer.content)));
  }

  #send(response, { status, headers, content }, cut = false) {
    response.sendDate = false;
    response.writeHead(status, [...headers, ['content-length', String(content.length)]].flat());
    if (!cut) return response.end(content);
    return response.write(content.subarray(0, content.length >> 1), () => response.socket?.destroy()); // the connection ends in the middle
  }

  #control(request, response, body) {
    const name = request.url.slice('/_proxy/'.length);
    const say = (status, value) => this.#send(response, { status, headers: [['content-type', 'application/json']], content: Buffer.from(JSON.stringify(value)) });
    try {
      const wanted = body.length ? JSON.parse(body) : {};
      if (request.method === 'GET' && name === 'calls') return say(200, { calls: this.calls, counts: this.counts() });
      if (request.method === 'GET' && name === 'captured') return say(200, this.captured);
      if (request.method !== 'POST') return say(405, { error: 'POST JSON here' });
      if (name === 'rule') return (this.add(wanted), say(200, { rule: this.#rules.length - 1 }));
      if (name === 'release') return (this.#rules[wanted.rule].release(), say(200, {}));
      if (name === 'clear') return (this.clear(), this.forget(), say(200, {}));
      if (name === 'capture') return ((this.capturing = wanted.on !== false), say(200, {}));
      return say(404, { error: `no such lever: ${name}` });
    } catch (error) {
      return say(400, { error: error.message });
    }
  }
}

async function main() {
  const { values } = parseArgs({ options: { target: { type: 'string' }, port: { type: 'string', default: '0' }, 'end-with-parent': { type: 'boolean', default: false } } });
  if (!values.target) throw new Error('usage: node fault_proxy.mjs --target URL [--port N] [--end-with-parent]');
  const proxy = new FaultProxy(values.target);
  const url = await proxy.door('main', Number(values.port));
  if (values['end-with-parent']) {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && process.exit(0), 500).unref();
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
  process.stdout.write(`${JSON.stringify({ url, pid: process.pid })}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
}
