// SPDX-License-Identifier: Apache-2.0
//
// Child processes that end with us: by pid when asked, and by the kernel when we are killed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const setpriv = '/usr/bin/setpriv';

export class Child {
  output = '';
  errors = '';

  constructor(command, args, { env, cwd, input = 'ignore' } = {}) {
    const whole = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', command, ...args] : [command, ...args];
    this.process = spawn(whole[0], whole.slice(1), { env, cwd, stdio: [input, 'pipe', 'pipe'] });
    this.process.stdout.setEncoding('utf8').on('data', (text) => { this.output += text; });
    this.process.stderr.setEncoding('utf8').on('data', (text) => { this.errors += text; });
    this.gone = new Promise((resolve) => this.process.once('exit', (code, signal) => resolve({ code, signal })));
    this.process.once('error', (error) => { this.errors += String(error); });
  }

  get pid() {
    return this.process.pid;
  }

  get running() {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  // Ends it, with SIGKILL when the gentler signal is not heeded within ten seconds.
  async end(signal = 'SIGTERM') {
    if (!this.running) return this.gone;
    this.process.kill(signal);
    const heeded = await Promise.race([this.gone, sleep(10_000, undefined, { ref: false })]);
    if (heeded) return heeded;
    this.process.kill('SIGKILL');
    return this.gone;
  }
}

// A port below those that the kernel gives to outgoing connections: one of them could take it before its owner listens, or while
// its owner is away.
export async function freePort() {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const isFree = await new Promise((resolve) => {
      const probe = createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

// Polls until `condition` gives something true; says what it waited for when it gives up.
export async function until(what, condition, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await sleep(50);
  }
}
