// SPDX-License-Identifier: Apache-2.0
//
// What a process holds: memory, descriptors, threads, and the CPU time it has used. Attacks have to leave it as they found it. For
// processes that let nobody look inside, too.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const ticksPerSecond = 100;

// Linux 6.2 and later tell the number as the size of the folder.
function descriptorsOf(pid) {
  const { size } = statSync(`/proc/${pid}/fd`);
  return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length;
}

// A sanitizer keeps freed memory on purpose, so that its resident size says nothing; its shadow shows as terabytes of address space.
export function stateOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const times = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
  const isSanitized = number('VmSize') > 1e9;
  return { rssKb: isSanitized ? 0 : number('VmRSS'), peakKb: number('VmHWM'), threads: number('Threads'), descriptors: descriptorsOf(pid), cpuSeconds: (Number(times[11]) + Number(times[12])) / ticksPerSecond };
}

// Waits until the process is back at `before`, with room for what malloc and caches keep; fails when it does not come back.
export async function assertBackAt(before, pid, { kilobytesMore = 24 * 1024, descriptorsMore = 4, seconds = 15 } = {}) {
  const isBack = (now) => now.rssKb <= before.rssKb + kilobytesMore && now.descriptors <= before.descriptors + descriptorsMore && now.threads <= before.threads;
  const end = Date.now() + seconds * 1000;
  while (!isBack(stateOf(pid)) && Date.now() < end) await sleep(200);
  const now = stateOf(pid);
  assert.ok(isBack(now), `not back at the baseline: ${JSON.stringify(before)} before, ${JSON.stringify(now)} now`);
  return now;
}
