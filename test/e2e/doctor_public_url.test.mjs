// SPDX-License-Identifier: Apache-2.0
//
// `gatehouse doctor` looks at the public URL as a client would: what is wrong with TLS, the certificate or who answers is told apart, each
// with its remedy; what is right passes. One address, behind which every test puts something else.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Authority, trusting } from './lib/certificates.mjs';
import { freePort, until } from './lib/child.mjs';
import { Emulator } from './lib/emulator.mjs';
import { Gateway, gatewayBinary } from './lib/gateway.mjs';
import { Haproxy } from './lib/haproxy.mjs';

const directory = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-'));
let authority;
let google;
let gateway;
let publicUrl;
let port;

async function doctor(trusted = authority.file) {
  const child = trusting(trusted, gatewayBinary(), ['doctor'], { env: gateway.settings });
  const { code } = await child.gone;
  const lines = child.output.split('\n').filter((line) => /^\S+ +public URL/.test(line));
  return { code, lines, output: child.output + child.errors };
}

// Runs the doctor while this server is behind the public URL.
async function doctorBefore(server, trusted) {
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  try {
    return await doctor(trusted);
  } finally {
    server.closeAllConnections?.();
    await new Promise((resolve) => server.close(resolve));
  }
}

// A server with this certificate that answers everything alike.
const server = (certificate, answer = (request, response) => response.end('ok\n')) => createHttpsServer(authority.certificate(certificate), answer);

// What the doctor says of the public URL, when it is one line with this verdict.
async function says(verdict, child) {
  const { code, lines, output } = await child;
  assert.equal(lines.length, 1, output);
  assert.ok(lines[0].startsWith(verdict), lines[0]);
  assert.equal(code, verdict === 'FAIL' ? 1 : 0, output);
  return lines[0];
}

before(async () => {
  authority = new Authority(directory);
  port = await freePort();
  publicUrl = `https://localhost:${port}`;
  google = await new Emulator({ directory: join(directory, 'google'), redirectUri: `${publicUrl}/oauth/google/callback`, port: await freePort() }).start();
  mkdirSync(join(directory, 'gateway'), { mode: 0o700 });
  gateway = await new Gateway({ directory: join(directory, 'gateway'), port: await freePort(), google, env: { GATEHOUSE_PUBLIC_URL: publicUrl } }).start();
});
after(async () => {
  await gateway?.stop();
  await google?.stop();
  authority?.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('the certificate', () => {
  test('of an authority that this machine does not know: the whole chain, or the bundle', async () => {
    const line = await says('FAIL', doctorBefore(server({ by: 'itself' })));
    assert.match(line, /certificate of an authority that is not trusted here \(issuer: CN = localhost; .*self-signed.*fullchain\.pem.*ca-certificates\.crt/);
  });
  test('whose intermediate one is not sent along', async () => {
    const line = await says('FAIL', doctorBefore(server({ by: 'intermediate' })));
    assert.match(line, /issuer: CN = Test Intermediate; .*Have the proxy or load balancer send the whole chain/);
  });
  test('for another name: which it has, and which it should have', async () => {
    const line = await says('FAIL', doctorBefore(server({ names: ['other.example', '*.other.example'] })));
    assert.match(line, /has a certificate for other\.example, \*\.other\.example and not for localhost\. Have one issued that names it/);
  });
  test('that has expired: since when', async () => {
    const line = await says('FAIL', doctorBefore(server({ days: 10, daysAgo: 20 })));
    const ended = new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 10);
    assert.match(line, new RegExp(`has expired \\(${ended} \\d\\d:\\d\\d UTC\\)\\. Renew it`));
  });
  test('that is not valid yet: from when, and whether the clock is right', async () => {
    const line = await says('FAIL', doctorBefore(server({ days: 10, daysAgo: -5 })));
    const begins = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
    assert.match(line, new RegExp(`not valid before ${begins} \\d\\d:\\d\\d UTC\\. If this machine's clock is right`));
  });
  test('that should have been renewed by now is a note, and the rest is looked at too', async () => {
    const { code, lines, output } = await doctorBefore(server({ days: 90, daysAgo: 85 }, (request, response) => response.end(JSON.stringify({ issuer: publicUrl }))));
    assert.equal(code, 0, output);
    assert.match(lines[0], /^note +public URL .*ends on \d{4}-\d\d-\d\d \d\d:\d\d UTC, in (4|5) days, and should have been renewed by now\. See why/);
    assert.match(lines[1], /^ok +public URL/);
  });
  test('of a few days, half of which are left, is not due', async () => {
    const { lines } = await doctorBefore(server({ days: 6, daysAgo: 3 }));
    assert.doesNotMatch(lines[0], /renewed/);
  });
});

describe('the port', () => {
  test('with nothing behind it is a note, since the doctor may come first', async () => {
    const line = await says('note', doctor());
    assert.match(line, /cannot be reached from here: .*Couldn't connect.*Unless nothing serves yet: does its DNS record lead to the load balancer/);
  });
  test('that speaks plain http, such as our own', async () => {
    const line = await says('FAIL', doctorBefore(createHttpServer((request, response) => response.end('ok\n'))));
    assert.match(line, /is answered without TLS\. Put a proxy or load balancer with a certificate at this port/);
  });
  test('that breaks off the handshake', async () => {
    const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, 40]);
    const line = await says('FAIL', doctorBefore(createTcpServer((socket) => socket.once('data', () => socket.end(alert)).on('error', () => {}))));
    assert.match(line, /breaks off the TLS handshake: .*handshake failure\. Has the proxy or load balancer a certificate for localhost/);
  });
});

describe('who answers', () => {
  const answering = (status, headers, body = '') => server({}, (request, response) => response.writeHead(status, headers).end(body));

  test('a page of somebody else', async () => {
    const line = await says('FAIL', doctorBefore(answering(200, { 'content-type': 'text/html' }, '<html>It works!</html>')));
    assert.match(line, /is answered with 200 by something else than Gatehouse\. Lead the DNS record of localhost to your proxy/);
  });
  test('a server that says ok at /healthz and knows nothing else', async () => {
    const line = await says('FAIL', doctorBefore(server({}, (request, response) => (request.url === '/healthz' ? response.end('ok\n') : response.writeHead(404).end()))));
    assert.match(line, /\/\.well-known\/oauth-authorization-server is answered with 404 by something else than Gatehouse/);
  });
  test('another authorization server, by the name it gives itself', async () => {
    const line = await says('FAIL', doctorBefore(answering(200, { 'content-type': 'application/json' }, JSON.stringify({ issuer: 'https://sso.other.example' }))));
    assert.match(line, /another authorization server, which calls itself https:\/\/sso\.other\.example\. Lead the DNS record .*or set GATEHOUSE_PUBLIC_URL/);
  });
  test('a redirect to another host', async () => {
    const line = await says('FAIL', doctorBefore(answering(301, { location: 'https://www.acme.example/' })));
    assert.match(line, /redirects to https:\/\/www\.acme\.example\/\. Clients do not follow: forward every path to Gatehouse instead/);
  });
  test('a redirect from http to https, applied behind the place where TLS ends', async () => {
    const line = await says('FAIL', doctorBefore(server({}, (request, response) => response.writeHead(301, { location: publicUrl + request.url }).end())));
    assert.match(line, /It leads to itself: .*Keep it on port 80 alone, and have port 443 forward/);
  });
  test('what it says is shown as one line, and not all of it', async () => {
    const line = await says('FAIL', doctorBefore(answering(200, {}, JSON.stringify({ issuer: `https://x\u001b[2J\nok    public URL ${'y'.repeat(1000)}` }))));
    assert.ok(line.length < 700, line);
    assert.doesNotMatch(line, /\u001b/);
  });
  test('a server that hangs up on every request', async () => {
    const line = await says('note', doctorBefore(server({}, (request) => request.socket.destroy())));
    assert.match(line, /shakes hands and does not answer: .*may reach `gatehouse serve`/);
  });

  describe('behind HAProxy', () => {
    let haproxy;
    let trusted;

    before(async () => {
      haproxy = await new Haproxy({ directory, port, targets: new Map([['a', new URL(gateway.url).port]]) }).start();
      trusted = join(directory, 'haproxy.crt');
      writeFileSync(trusted, haproxy.ca);
    });
    after(() => haproxy?.stop());

    test('this gateway passes, also where /healthz is kept from the outside', async () => {
      const line = await says('ok', doctor(trusted));
      assert.ok(line.includes(`${publicUrl} leads to this gateway, under a certificate that is trusted.`), line);
    });
    test('another deployment\'s, or one that is shown another Host', async () => {
      const settings = { ...gateway.settings };
      await gateway.restart({ env: { GATEHOUSE_PUBLIC_URL: 'https://mail.other.example' } });
      Object.assign(gateway.settings, settings);
      await until('HAProxy finds the replica healthy', async () => (await haproxy.status('a')) === 'UP');
      const line = await says('FAIL', doctor(trusted));
      assert.match(line, /a gateway that does not answer to this name \(421\)\. If it is yours: the proxy replaces the Host header.*another GATEHOUSE_PUBLIC_URL/);
      await gateway.restart();
    });
    test('no healthy replica is a note', async () => {
      await gateway.stop();
      await haproxy.deregister('a');
      const line = await says('note', doctor(trusted));
      assert.match(line, /is answered with 503\. If that is the load balancer, no target of it is healthy/);
    });
  });
});
