// SPDX-License-Identifier: Apache-2.0
//
// What a process holds: memory, descriptors, threads, and the CPU time it has used. For processes that let nobody look inside, too.
import { readdirSync, readFileSync, statSync } from 'node:fs';

const ticksPerSecond = 100;

// Linux 6.2 and later tell the number as the size of the folder.
function descriptorsOf(pid) {
  const { size } = statSync(`/proc/${pid}/fd`);
  return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length;
}

export function stateOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const times = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
  return { rssKb: number('VmRSS'), peakKb: number('VmHWM'), threads: number('Threads'), descriptors: descriptorsOf(pid), cpuSeconds: (Number(times[11]) + Number(times[12])) / ticksPerSecond };
}
