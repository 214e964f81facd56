// SPDX-License-Identifier: Apache-2.0
//
// A process that the kernel kills when it takes more memory than allowed, as a container would be. Needs the right to make a control group.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Version 2 in one place or version 1 in another; both do.
const places = [
  { root: '/sys/fs/cgroup', needs: 'cgroup.controllers', cap: 'memory.max', swap: 'memory.swap.max', peak: 'memory.peak' },
  { root: '/sys/fs/cgroup/memory', needs: 'memory.limit_in_bytes', cap: 'memory.limit_in_bytes', swap: 'memory.memsw.limit_in_bytes', peak: 'memory.max_usage_in_bytes' },
];

export class MemoryCap {
  // undefined where control groups cannot be made.
  static make(bytes) {
    for (const place of places) {
      if (!existsSync(join(place.root, place.needs))) continue;
      const folder = join(place.root, `gatehouse-test-${process.pid}-${bytes}`);
      try {
        mkdirSync(folder);
        writeFileSync(join(folder, place.cap), String(bytes));
        if (existsSync(join(folder, place.swap))) writeFileSync(join(folder, place.swap), place.swap === 'memory.swap.max' ? '0' : String(bytes));
        return new MemoryCap(folder, place);
      } catch {
        try { rmdirSync(folder); } catch { /* was not made */ }
      }
    }
    return undefined;
  }

  constructor(folder, place) {
    Object.assign(this, { folder, place });
  }

  // Joins the group and becomes the command that follows.
  get under() {
    return ['/bin/sh', '-c', `echo $$ > ${this.folder}/cgroup.procs && exec "$0" "$@"`];
  }

  // With what the kernel holds for it, such as pages of files and of sockets.
  get peakBytes() {
    return Number(readFileSync(join(this.folder, this.place.peak), 'utf8'));
  }

  // Once all its processes are gone.
  end() {
    rmdirSync(this.folder);
  }
}
