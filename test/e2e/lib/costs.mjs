// SPDX-License-Identifier: Apache-2.0
//
// The table "What it costs" of docs/storage.md, and what was counted, in the same form.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = fileURLToPath(new URL('../../../docs/storage.md', import.meta.url));
export const columns = ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'GenerateDataKey', 'Decrypt'];

export const rowOf = (counts) => Object.fromEntries(columns.map((name) => [name, counts[`dynamodb ${name}`] ?? counts[`kms ${name}`] ?? 0]));

// What is documented, as {what: {GetItem: 1, ...}}; an empty cell is 0.
export function documentedCosts() {
  const section = readFileSync(page, 'utf8').split(/^## /m).find((text) => text.startsWith('What it costs'));
  if (!section) return {};
  const lines = section.split('\n').filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  const [head, , ...rows] = lines;
  return Object.fromEntries(rows.map(([what, ...cells]) => [what, Object.fromEntries(columns.map((name) => [name, Number(cells[head.indexOf(`\`${name}\``) - 1] || 0)]))]));
}

// The table as it should be written.
export function tableOf(costs) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(['', ...columns.map((name) => `\`${name}\``)]), `|${'---|'.repeat(columns.length + 1)}`, ...Object.entries(costs).map(([what, row]) => line([what, ...columns.map((name) => row[name] || '')]))].join('\n');
}
