// SPDX-License-Identifier: Apache-2.0
//
// CloudWatch's embedded metric format: which lines of a log are of it, and whether CloudWatch would take them. It drops what breaks a rule
// without a word, so the rules of its specification are held here.
import assert from 'node:assert/strict';

const units = new Set(['Seconds', 'Microseconds', 'Milliseconds', 'Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits', 'Megabits',
  'Gigabits', 'Terabits', 'Percent', 'Count', 'Bytes/Second', 'Kilobytes/Second', 'Megabytes/Second', 'Gigabytes/Second', 'Terabytes/Second', 'Bits/Second',
  'Kilobits/Second', 'Megabits/Second', 'Gigabits/Second', 'Terabits/Second', 'Count/Second', 'None']);

export const emfLines = (log) => log.split('\n').filter((line) => line.startsWith('{"_aws":')).map((line) => JSON.parse(line));

function assertNumbers(list, what) {
  assert.ok(Array.isArray(list) && list.length >= 1 && list.length <= 100, `${what}: 1 to 100 values`);
  assert.ok(list.every(Number.isFinite), `${what}: numbers`);
}

function assertTarget(target, name) {
  if (Number.isFinite(target)) return;
  assertNumbers(target.Values, name);
  assertNumbers(target.Counts, name);
  assert.equal(target.Values.length, target.Counts.length, `${name}: a count for each value`);
  assert.equal(target.Count, target.Counts.reduce((sum, count) => sum + count, 0), name);
  assert.ok(target.Min <= target.Max && Number.isFinite(target.Sum), name);
}

export function assertEmf(line) {
  assert.ok(Buffer.byteLength(JSON.stringify(line)) <= 256 * 1024, 'one event of a log');
  assert.ok(Number.isInteger(line._aws.Timestamp) && line._aws.Timestamp > 1e12, 'milliseconds since the epoch');
  assert.ok(line._aws.CloudWatchMetrics.length >= 1);
  for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
    assert.match(Namespace, /^(?!AWS\/)[\w.\-/#:]{1,255}$/);
    assert.ok(Metrics.length >= 1 && Metrics.length <= 100, 'at most 100 metrics');
    assert.equal(new Set(Metrics.map(({ Name }) => Name)).size, Metrics.length, 'each once');
    for (const set of Dimensions) {
      assert.ok(set.length <= 30, 'at most 30 dimensions');
      for (const name of set) assert.match(line[name], /^[ -~]{1,1024}$/, `the dimension ${name} has a value`);
    }
    for (const { Name, Unit } of Metrics) {
      assert.match(Name, /^[ -~]{1,1024}$/);
      assert.ok(units.has(Unit), `${Unit} is a unit`);
      assertTarget(line[Name], Name);
    }
  }
}
