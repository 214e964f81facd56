// SPDX-License-Identifier: Apache-2.0
//
// CloudWatch's embedded metric format: which lines of a log are of it, and whether CloudWatch would take them. It drops what breaks a rule and
// tells it only by its own metrics EMFParsingErrors and EMFValidationErrors, so the rules are held here: those of the published specification
// and, where that is wider, of the API that takes metrics (MetricDatum, Dimension). What a metric is may be a number, at most 100 numbers, or
// values with how often each came, which the specification is silent about: AWS's own exporters write these objects (OpenTelemetry's awsemf, the
// CloudWatch agent's Application Signals), with Min, Max, Sum and Count beside Values and Counts, and the limit of 100 is known from there.
import assert from 'node:assert/strict';

const units = new Set(['Seconds', 'Microseconds', 'Milliseconds', 'Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits', 'Megabits',
  'Gigabits', 'Terabits', 'Percent', 'Count', 'Bytes/Second', 'Kilobytes/Second', 'Megabytes/Second', 'Gigabytes/Second', 'Terabytes/Second', 'Bits/Second',
  'Kilobits/Second', 'Megabits/Second', 'Gigabits/Second', 'Terabits/Second', 'Count/Second', 'None']);

export const emfLines = (log) => log.split('\n').filter((line) => line.startsWith('{"_aws":')).map((line) => JSON.parse(line));

const day = 86_400_000; // milliseconds
const numberMax = Number.MAX_SAFE_INTEGER;

function assertNumbers(list, what) {
  assert.ok(Array.isArray(list) && list.length >= 1 && list.length <= 100, `${what}: 1 to 100 values`);
  assert.ok(list.every((one) => Number.isFinite(one) && Math.abs(one) <= numberMax), `${what}: numbers`);
}

// Of metrics and dimensions.
const assertName = (name) => assert.match(name, /^(?!:)(?=.*[!-~])[ -~]{1,250}$/, `${name} can be a name`);

function assertTarget(target, name) {
  if (typeof target !== 'object') return assertNumbers([target], name);
  if (Array.isArray(target)) return assertNumbers(target, name);
  assert.deepEqual(Object.keys(target).sort(), ['Count', 'Counts', 'Max', 'Min', 'Sum', 'Values'], name);
  assertNumbers(target.Values, name);
  assertNumbers(target.Counts, name);
  assert.equal(target.Values.length, target.Counts.length, `${name}: a count for each value`);
  assert.ok(target.Counts.every((count) => count > 0), `${name}: what never came is left out`);
  assert.equal(target.Count, target.Counts.reduce((sum, count) => sum + count, 0), name);
  assert.deepEqual([target.Min, target.Max], [Math.min(...target.Values), Math.max(...target.Values)], name);
  return assert.equal(target.Sum, target.Values.reduce((sum, value, n) => sum + value * target.Counts[n], 0), name);
}

export function assertEmf(line) {
  assert.ok(Buffer.byteLength(JSON.stringify(line)) <= 16 * 1024, 'one event of a log: CloudWatch takes more, but containers\' logs are handed on in pieces of 16 KB');
  const age = Date.now() - line._aws.Timestamp;
  assert.ok(Number.isInteger(line._aws.Timestamp) && age < 14 * day && age > -day / 12, 'milliseconds since the epoch, of the last two weeks or the next two hours');
  assert.deepEqual(Object.keys(line._aws).sort(), ['CloudWatchMetrics', 'Timestamp']);
  assert.ok(line._aws.CloudWatchMetrics.length >= 1);
  for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
    assert.match(Namespace, /^(?!AWS\/)[\w.\-/#:]{1,255}$/);
    assert.ok(Metrics.length >= 1 && Metrics.length <= 100, 'at most 100 metrics');
    assert.equal(new Set(Metrics.map(({ Name }) => Name)).size, Metrics.length, 'each once');
    assert.ok(Dimensions.length >= 1, 'a set of dimensions, be it empty');
    for (const set of Dimensions) {
      assert.ok(set.length <= 30, 'at most 30 dimensions');
      for (const name of set) {
        assertName(name);
        assert.match(line[name], /^(?=.*[!-~])[ -~]{1,1024}$/, `the dimension ${name} has a value`);
      }
    }
    for (const { Name, Unit, ...more } of Metrics) {
      assertName(Name);
      assert.ok(units.has(Unit), `${Unit} is a unit`);
      assert.deepEqual(more, {});
      assertTarget(line[Name], Name);
    }
  }
}
