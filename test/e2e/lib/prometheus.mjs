// SPDX-License-Identifier: Apache-2.0
//
// A page in Prometheus' text format 0.0.4, read strictly: every family says HELP and TYPE once, before its samples, and its samples stand together.
import assert from 'node:assert/strict';

const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/g;

function labelsOf(text) {
  if (!text) return {};
  const labels = Object.fromEntries([...text.matchAll(label)].map(([, name, value]) => [name, value]));
  assert.equal(text, [...text.matchAll(label)].map(([whole]) => whole).join(','), `labels: ${text}`);
  return labels;
}

// Family -> {help, type, samples: [{name, labels, value}]}.
export function familiesOf(page) {
  assert.ok(page.endsWith('\n'), 'the last line ends');
  const families = new Map();
  let current;
  for (const line of page.split('\n').slice(0, -1)) {
    const [, word, name, rest] = line.match(/^# (HELP|TYPE) (\S+) (.+)$/) ?? [];
    if (word === 'HELP') {
      assert.ok(!families.has(name), `${name} comes twice`);
      current = { name, help: rest, samples: [] };
      families.set(name, current);
    } else if (word === 'TYPE') {
      assert.equal(name, current.name);
      assert.match(rest, /^(counter|gauge|histogram)$/);
      current.type = rest;
    } else {
      const [, sample, labels, value] = line.match(/^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/) ?? assert.fail(line);
      assert.ok(sample === current.name || (current.type === 'histogram' && sample.match(/^(.*)_(bucket|sum|count)$/)?.[1] === current.name), line);
      assert.ok(Number.isFinite(Number(value)), line);
      current.samples.push({ name: sample, labels: labelsOf(labels), value: Number(value) });
    }
  }
  for (const { name, type } of families.values()) assert.ok(type, `${name} has a type`);
  return families;
}
