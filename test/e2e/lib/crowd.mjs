// SPDX-License-Identifier: Apache-2.0
//
// Many connections at once, by bare sockets: each sends what it is told and counts what comes back.
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const atOnce = 200; // connections under way; a listener's queue is finite

export class Crowd {
  members = [];

  constructor(gateway) {
    this.port = Number(new URL(gateway.url).port);
    this.host = new URL(gateway.url).host;
  }

  // Opens `count` more, each of which sends `greeting(index)` once it is connected. `pausing`: nothing is read until told.
  async grow(count, greeting, { pausing = false } = {}) {
    for (let done = 0; done < count; done += atOnce) {
      await Promise.all(Array.from({ length: Math.min(atOnce, count - done) }, (_, index) => this.#join(greeting?.(done + index), pausing)));
    }
    return this;
  }

  #join(greeting, pausing) {
    return new Promise((resolve) => {
      const socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true });
      const member = { socket, bytes: 0, start: '', open: false };
      this.members.push(member);
      socket.on('data', (data) => {
        member.bytes += data.length;
        if (member.start.length < 4096) member.start += data.toString('latin1').slice(0, 4096);
      });
      socket.on('error', (error) => { member.error = error.code; });
      socket.on('close', () => {
        member.open = false;
        resolve(member);
      });
      socket.on('connect', () => {
        member.open = true;
        if (pausing) socket.pause();
        if (greeting) socket.write(greeting, () => resolve(member));
        else resolve(member);
      });
    });
  }

  get open() {
    return this.members.filter(({ open }) => open);
  }

  // How often each status was answered first; those without an answer under their error, or as 0.
  get statuses() {
    const counts = {};
    for (const { start, error } of this.members) {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(start)?.[1] ?? error ?? '0';
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  // Sends `text` on every connection that is open, again and again, until `done()` or until none is.
  async drip(text, everyMs, done = () => false) {
    while (!done() && this.open.length > 0) {
      for (const { socket } of this.open) socket.write(text);
      await sleep(everyMs);
    }
  }

  // Reads `bytes` from everyone, every `everyMs`; all must be pausing.
  async sip(bytes, everyMs, done = () => false) {
    while (!done() && this.open.length > 0) {
      for (const { socket } of this.open) socket.read(bytes) ?? socket.read(); // counted as it is emitted
      await sleep(everyMs);
    }
  }

  end() {
    for (const { socket } of this.members) socket.destroy();
  }
}
