// SPDX-License-Identifier: Apache-2.0
//
// What a gateway's log must hold and must not hold: an event for each refusal, and no secret in any disguise.
import assert from 'node:assert/strict';
import { until } from './child.mjs';
import { assertAbsent } from './disguises.mjs';

export class Audit {
  #secrets = new Map(); // value -> what it is
  #expected = new Map(); // event and fields as JSON -> how often

  // `value` must never be read in the log. Gives it back.
  note(what, value) {
    if (value) this.#secrets.set(value, what);
    return value;
  }

  // One more line with this event and these fields; a field may be a pattern.
  expect(event, fields = {}) {
    const wanted = JSON.stringify([event, ...Object.entries(fields).map(([name, value]) => [name, value instanceof RegExp ? { pattern: value.source } : value])]);
    this.#expected.set(wanted, (this.#expected.get(wanted) ?? 0) + 1);
  }

  get secrets() {
    return this.#secrets.size;
  }

  // Every expected line is there (I14). `log` gives all lines so far; it is asked until the last of them have been written.
  async assertTold(log) {
    assert.ok(this.#expected.size > 0, 'refusals were expected');
    const missing = () => {
      const lines = log().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
      return [...this.#expected].filter(([wanted, times]) => {
        const [event, ...fields] = JSON.parse(wanted);
        const matches = (line) => fields.every(([name, value]) => (value?.pattern === undefined ? line[name] === value : new RegExp(value.pattern).test(String(line[name] ?? ''))));
        return lines.filter((line) => line.event === event && matches(line)).length < times;
      });
    };
    await until('every refusal is in the log', () => missing().length === 0, 4).catch(() => assert.deepEqual(missing(), [], 'refusals without an event of their own'));
  }

  // No secret that was noted can be read in the log (I8).
  assertSilent(log) {
    assert.ok(this.#secrets.size > 0, 'there were secrets');
    const haystack = Buffer.from(log());
    assert.ok(haystack.includes('"event"'), 'there is a log');
    for (const [value, what] of this.#secrets) assertAbsent(haystack, `${what} ${value.slice(0, 12)}... in the log`, value);
  }
}
