// SPDX-License-Identifier: Apache-2.0
//
// A load balancer without stickiness, as an ALB behaves: round robin for every request, streams included, X-Forwarded-* appended, the
// Host kept, replicas that refuse connections skipped. A replica that breaks before it has answered anything is a 502: like an ALB it
// never sends a request twice.
import http from 'node:http';

const hopHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

async function bytesOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export class Balancer {
  requests = []; // {n, method, path, replica, status}
  #targets = new Map(); // name -> port
  #out = new Set(); // names that get no new requests
  #turn = 0;
  #steered = [];
  #route;
  #server = http.createServer((request, response) => this.#serve(request, response));

  async listen(port = 0) {
    this.#server.keepAliveTimeout = 60_000;
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    return this;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  add(name, port) {
    this.#targets.set(name, port);
  }

  // As a target group deregisters and registers: requests under way go on.
  deregister = (name) => this.#out.add(name);
  register = (name) => this.#out.delete(name);

  // The next requests go to these replicas, one each; then the turn goes on. Health still counts. A request may choose for itself by the
  // header X-Replica, which goes no further.
  next(...names) {
    this.#steered.push(...names);
  }

  // `route` is asked for every other request ({method, path}) and names a replica, or gives undefined to leave it to the turn.
  steer(route) {
    this.#route = route;
    this.#steered = [];
  }

  async #serve(request, response) {
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      const body = await bytesOf(request);
      await this.#pass(request, response, body);
    } catch {
      request.socket.destroy();
    }
  }

  #candidates(request) {
    const names = [...this.#targets.keys()].filter((name) => !this.#out.has(name));
    this.#turn += 1;
    const inTurn = names.map((_, n) => names[(this.#turn + n) % names.length]);
    const wanted = request.headers['x-replica'] ?? this.#steered.shift() ?? this.#route?.({ method: request.method, path: request.url.split('?')[0] });
    return wanted && names.includes(wanted) ? [wanted, ...inTurn.filter((name) => name !== wanted)] : inTurn;
  }

  async #pass(request, response, body) {
    const entry = { n: this.requests.length + 1, method: request.method, path: request.url.split('?')[0] };
    this.requests.push(entry);
    for (const name of this.#candidates(request)) {
      entry.replica = name;
      const outcome = await this.#attempt(this.#targets.get(name), request, response, body, entry);
      if (outcome !== 'refused') return;
    }
    this.#fail(response, entry, 503, 'Service Temporarily Unavailable');
  }

  #headersFor(request, body) {
    const headers = request.rawHeaders.filter((_, n) => !hopHeaders.has(request.rawHeaders[n - (n % 2)].toLowerCase()) && !/^x-(forwarded-|replica$)/i.test(request.rawHeaders[n - (n % 2)]));
    const before = request.headers['x-forwarded-for'];
    headers.push('X-Forwarded-For', before ? `${before}, ${request.socket.remoteAddress}` : request.socket.remoteAddress, 'X-Forwarded-Proto', 'http', 'X-Forwarded-Port', String(this.port));
    if (body.length || !/^(GET|HEAD)$/.test(request.method)) headers.push('Content-Length', String(body.length));
    return headers;
  }

  #attempt(port, request, response, body, entry) {
    return new Promise((resolve) => {
      // A connection of its own for every request: a kept one that the replica is just closing would look like a failure of the replica.
      const outgoing = http.request({ host: '127.0.0.1', port, method: request.method, path: request.url, headers: this.#headersFor(request, body), setHost: false, agent: false });
      const gone = () => outgoing.destroy();
      response.once('close', gone);
      outgoing.once('response', (incoming) => {
        entry.status = incoming.statusCode;
        const headers = incoming.rawHeaders.filter((_, n) => !/^(connection|keep-alive|transfer-encoding)$/i.test(incoming.rawHeaders[n - (n % 2)]));
        response.writeHead(incoming.statusCode, headers);
        response.flushHeaders();
        incoming.pipe(response);
        incoming.once('error', () => response.destroy());
        incoming.once('close', () => {
          if (!incoming.complete) response.destroy(); // the replica broke in the middle; the client must see that
          resolve('answered');
        });
      });
      outgoing.once('error', (error) => {
        response.off('close', gone);
        if (response.headersSent) return resolve('answered');
        if (error.code === 'ECONNREFUSED') return resolve('refused');
        this.#fail(response, entry, 502, 'Bad Gateway');
        return resolve('broken');
      });
      outgoing.end(body);
    });
  }

  #fail(response, entry, status, reason) {
    entry.status = status;
    if (response.destroyed) return;
    const content = `<html><head><title>${status} ${reason}</title></head><body><center><h1>${status} ${reason}</h1></center></body></html>\r\n`;
    response.writeHead(status, reason, { 'content-type': 'text/html', 'content-length': content.length });
    response.end(content);
  }
}
