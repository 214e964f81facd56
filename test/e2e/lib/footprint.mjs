// SPDX-License-Identifier: Apache-2.0
//
// What a process holds: memory, descriptors, threads. Attacks have to leave it as they found it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export function footprintOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
  // A sanitizer keeps freed memory on purpose; its shadow shows as terabytes of address space.
  const isSanitized = number('VmSize') > 1e9;
  return { kilobytes: isSanitized ? 0 : number('VmRSS'), descriptors: readdirSync(`/proc/${pid}/fd`).length, threads: number('Threads') };
}

// Waits until the process is back at `before`, with room for what malloc and caches keep; fails when it does not come back.
export async function assertBackAt(before, pid, { kilobytesMore = 24 * 1024, descriptorsMore = 4, seconds = 15 } = {}) {
  const isBack = (now) => now.kilobytes <= before.kilobytes + kilobytesMore && now.descriptors <= before.descriptors + descriptorsMore && now.threads <= before.threads;
  const end = Date.now() + seconds * 1000;
  while (!isBack(footprintOf(pid)) && Date.now() < end) await sleep(200);
  const now = footprintOf(pid);
  assert.ok(isBack(now), `not back at the baseline: ${JSON.stringify(before)} before, ${JSON.stringify(now)} now`);
  return now;
}
