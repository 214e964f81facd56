// SPDX-License-Identifier: Apache-2.0
//
// The commands of a page of docs/, as they stand there.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The fences with commands below a heading, in their order: {words, needs}; `needs` says what this machine lacks to run them.
export function commandsOf(page, heading) {
  const text = readFileSync(fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url)), 'utf8');
  const [, below] = text.split(`\n${heading}\n`);
  if (below === undefined) throw new Error(`docs/${page} has no heading "${heading}"`);
  const level = /^#+/.exec(heading)[0];
  const [part] = below.split(new RegExp(`^#{1,${level.length}} `, 'm'));
  const fences = [...part.matchAll(/(?:<!-- needs: (.*?) -->\n)?^```sh\n([\s\S]*?)^```$/gm)];
  return fences.map(([, needs, words]) => ({ words, needs }));
}

// The same, those that can be run here.
export const runnable = (page, heading) => commandsOf(page, heading).filter(({ needs }) => !needs).map(({ words }) => words);
