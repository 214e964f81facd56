// SPDX-License-Identifier: Apache-2.0
//
// Adds an access token to every request and passes everything else as it is, Host and Origin too: the conformance suite cannot
// send headers of its own.
import http from 'node:http';

export class BearerProxy {
  #server;

  constructor(upstream, token) {
    const { hostname, port } = new URL(upstream);
    const agent = new http.Agent({ keepAlive: true });
    this.#server = http.createServer((request, response) => {
      // Seen from the suite we are the gateway's host, so a Host that names us names the gateway.
      const host = request.headers.host === `localhost:${this.port}` ? `${hostname}:${port}` : request.headers.host;
      const origin = request.headers.origin === `http://localhost:${this.port}` ? upstream : request.headers.origin;
      const headers = { ...request.headers, host, authorization: `Bearer ${token}`, ...(origin ? { origin } : {}) };
      const onward = http.request({ agent, host: '127.0.0.1', port, method: request.method, path: request.url, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      response.on('close', () => onward.destroy());
      request.pipe(onward);
    });
  }

  async open() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    this.url = `http://localhost:${this.port}`;
    return this;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
