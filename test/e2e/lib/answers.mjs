// SPDX-License-Identifier: Apache-2.0
//
// Reading tool results: columns and rows, errors, and everything a model would see.
import assert from 'node:assert/strict';

export const textOf = (result) => (result.content ?? []).filter(({ type }) => type === 'text').map(({ text }) => text).join('\n');

// The rows of a search as objects; fails with the tool's own words when it was an error.
export function rowsOf(result) {
  assert.ok(!result.isError, `the tool failed: ${textOf(result)}`);
  const { cols, rows } = result.structuredContent ?? {};
  assert.ok(Array.isArray(cols) && Array.isArray(rows), `no columns and rows in ${JSON.stringify(result).slice(0, 600)}`);
  return rows.map((row) => Object.fromEntries(cols.map((name, index) => [name, row[index]])));
}

export const idsOf = (result) => rowsOf(result).map(({ id }) => id);

// All a model gets to see of a result, in one string.
export const seenBy = (result) => `${textOf(result)}\n${JSON.stringify(result.structuredContent ?? {})}`;

export function assertSays(result, ...wanted) {
  assert.ok(!result.isError, `the tool failed: ${textOf(result)}`);
  for (const words of wanted) {
    assert.ok(textOf(result).includes(words), `the text does not say ${JSON.stringify(words)}:\n${textOf(result).slice(0, 3000)}`);
  }
}

export function assertSilent(result, ...unwanted) {
  for (const words of unwanted) assert.ok(!seenBy(result).includes(words), `it must not say ${JSON.stringify(words)}:\n${seenBy(result).slice(0, 3000)}`);
}

// A tool error in its form: code, message, fix, perhaps retry_after_s.
export function errorOf(result) {
  assert.equal(result.isError, true, `expected an error, got ${JSON.stringify(result).slice(0, 600)}`);
  const { code, message, fix } = result.structuredContent ?? {};
  assert.ok(code && message && fix, `an error needs code, message and fix: ${JSON.stringify(result).slice(0, 600)}`);
  assert.ok(textOf(result).includes(message), 'the text block says the same as the structured content');
  return result.structuredContent;
}
