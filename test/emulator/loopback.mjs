// SPDX-License-Identifier: Apache-2.0
//
// Loaded into the npm emulator before its own code. It has no setting for the address it listens on and would take every
// interface; and it must not outlive the process that started it.
import { Server } from 'node:net';

const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(first, ...rest) {
  if (first !== null && typeof first === 'object' && 'port' in first) return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
  if (typeof first === 'number' || /^\d+$/.test(first)) return listen.call(this, { port: Number(first), host: '127.0.0.1' }, ...rest.filter((argument) => typeof argument === 'function'));
  return listen.call(this, first, ...rest);
};

process.on('disconnect', () => process.exit(0));
