// SPDX-License-Identifier: Apache-2.0
//
// HAProxy as a load balancer of a cloud behaves: TLS and HTTP/2 in front, HTTP/1.1 behind, one replica after the other
// without stickiness, health asked of every one, silence of two minutes cut, X-Forwarded-* set by itself. It never sends a request twice nor to
// another replica than it first chose, so that whatever a replica drops is a failed request here.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Child, until } from './child.mjs';

const program = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'].find(existsSync) ?? 'haproxy';

// A certificate for localhost that is its own authority: {pem: with its key, ca: without}.
function selfMade(directory) {
  const [key, certificate, both] = ['tls.key', 'tls.crt', 'tls.pem'].map((name) => join(directory, name));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  const ca = readFileSync(certificate, 'utf8');
  writeFileSync(both, ca + readFileSync(key, 'utf8'), { mode: 0o600 });
  return { pem: both, ca };
}

// The checks of an ALB at their quickest, every five seconds and two of them, ten times as fast.
const configuration = ({ port, pem, socket, idle, targets }) => `
global
    stats socket ${socket} mode 600 level admin
    log stdout format raw local0
    tune.bufsize 65536
    maxconn 4000
defaults
    mode http
    log global
    timeout connect 5s
    timeout client ${idle}
    timeout server ${idle}
    timeout http-keep-alive ${idle}
    timeout http-request 60s
    timeout check 2s
    retries 0
frontend clients
    bind 127.0.0.1:${port} ssl crt ${pem} alpn h2,http/1.1 ssl-min-ver TLSv1.2
    log-format "{\\"at\\":%Ts%ms,\\"replica\\":\\"%s\\",\\"method\\":\\"%HM\\",\\"path\\":\\"%HPO\\",\\"status\\":%ST,\\"end\\":\\"%ts\\",\\"ms\\":%Ta}"
    acl was_forwarded req.hdr(X-Forwarded-For) -m found
    http-request set-header X-Forwarded-For "%[req.fhdr(X-Forwarded-For)], %[src]" if was_forwarded
    http-request set-header X-Forwarded-For %[src] if !was_forwarded
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Port ${port}
    http-request return status 404 content-type text/plain string "not found" if { path /healthz }
    default_backend replicas
backend replicas
    balance roundrobin
    http-reuse safe
    http-response set-header X-Served-By %s
    option httpchk
    http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host 127.0.0.1
    http-check expect status 200
    default-server check inter 500ms fall 2 rise 2
${[...targets].map(([name, to]) => `    server ${name} 127.0.0.1:${to}`).join('\n')}
`;

export class Haproxy {
  #child;
  #file;
  #socket;

  // targets: Map of names to ports, of replicas that will come too.
  constructor({ directory, port, targets, idle = '120s' }) {
    const { pem, ca } = selfMade(directory);
    this.ca = ca;
    this.port = port;
    this.url = `https://localhost:${port}`;
    this.#file = join(directory, 'haproxy.cfg');
    this.#socket = join(directory, 'haproxy.sock');
    writeFileSync(this.#file, configuration({ port, pem, socket: this.#socket, idle, targets }));
  }

  // Returns when the health of every target has been looked at.
  async start() {
    this.#child = new Child(program, ['-db', '-f', this.#file], { env: { PATH: process.env.PATH } });
    await until('HAProxy has asked every replica for its health', async () => {
      if (!this.#child.running) throw new Error(`HAProxy ended (Debian: apt-get install haproxy):\n${this.#child.errors}`);
      const servers = existsSync(this.#socket) ? await this.servers().catch(() => []) : [];
      return servers.length > 0 && servers.every(({ status, check_status: check }) => check && check !== 'INI' && !/\d\/\d/.test(status));
    });
    return this;
  }

  stop = () => this.#child?.end();

  // A word of its runtime interface.
  ask(command) {
    return new Promise((resolve, reject) => {
      let answer = '';
      connect(this.#socket).on('data', (bytes) => { answer += bytes; }).once('error', reject).once('end', () => resolve(answer)).end(`${command}\n`);
    });
  }

  // What it knows of each replica: {svname, status, check_status, stot, econ, eresp, srv_abrt ...}, as text.
  async servers() {
    const [head, ...rows] = (await this.ask('show stat')).replace(/^# /, '').trim().split('\n').map((line) => line.split(','));
    return rows.map((row) => Object.fromEntries(head.map((name, n) => [name, row[n]]))).filter(({ pxname, svname }) => pxname === 'replicas' && svname !== 'BACKEND');
  }

  server = async (name) => (await this.servers()).find(({ svname }) => svname === name);

  // UP, DOWN, DRAIN, or on the way from one to the other.
  status = async (name) => (await this.server(name)).status;

  // As a target group deregisters and registers: requests under way go on.
  deregister = (name) => this.ask(`set server replicas/${name} state drain`);
  register = (name) => this.ask(`set server replicas/${name} state ready`);

  // Every request that it has finished: {at, replica, method, path, status, end, ms}. `end` is "--" where nobody broke off, begins with S where the
  // replica did, with C where the client did.
  get requests() {
    return this.#child.output.split('\n').slice(0, -1).filter((line) => line.startsWith('{"at"')).map((line) => JSON.parse(line));
  }

  // What went wrong at each replica so far: connections refused, answers broken off before and within. Counted, while lines of the log may be lost
  // when many come at once.
  async troubles() {
    const counted = ({ econ, eresp, srv_abrt: torn }) => [econ, eresp, torn].reduce((sum, text) => sum + Number(text), 0);
    return Object.fromEntries((await this.servers()).map((server) => [server.svname, counted(server)]));
  }

  get errors() {
    return this.#child.errors;
  }
}
