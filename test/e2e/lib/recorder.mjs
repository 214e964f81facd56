// SPDX-License-Identifier: Apache-2.0
//
// Stands between the gateway and the test Google, passes everything on under its own address, and remembers each request whole.
import http from 'node:http';

async function bytesOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export class Recorder {
  requests = []; // {method, path, headers, body}
  target; // the test Google's address, once it is known
  #server = http.createServer((request, response) => this.#pass(request, response).catch(() => response.destroy()));

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  asked = (pattern) => this.requests.filter(({ path }) => pattern.test(path));

  async #pass(request, response) {
    const body = await bytesOf(request);
    this.requests.push({ method: request.method, path: request.url, headers: request.headers, body: body.toString() });
    const { host, connection, 'accept-encoding': encoding, ...headers } = request.headers;
    const target = new URL(request.url, this.target);
    const answer = await new Promise((resolve, reject) => {
      http.request(target, { method: request.method, headers, agent: false }, resolve).once('error', reject).end(body);
    });
    const whole = await bytesOf(answer);
    const isOurs = /json/.test(answer.headers['content-type'] ?? '') && request.url.includes('/.well-known/');
    const text = isOurs ? Buffer.from(whole.toString().replaceAll(this.target, this.url)) : whole;
    const { 'content-length': length, 'transfer-encoding': coding, connection: kept, ...rest } = answer.headers;
    response.writeHead(answer.statusCode, { ...rest, 'content-length': text.length });
    response.end(text);
  }
}
