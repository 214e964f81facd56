// SPDX-License-Identifier: Apache-2.0
//
// What operators count: /metrics for Prometheus, and the same as lines in CloudWatch's embedded metric format.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort } from './lib/child.mjs';
import { assertEmf, emfLines } from './lib/emf.mjs';
import { follow } from './lib/exchange.mjs';
import { assertWorks, whoami } from './lib/outcomes.mjs';
import { familiesOf } from './lib/prometheus.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

const families = [
  'gatehouse_requests_total', 'gatehouse_request_seconds', 'gatehouse_open_streams', 'gatehouse_tool_calls_total', 'gatehouse_tool_seconds',
  'gatehouse_google_calls_total', 'gatehouse_google_units_total', 'gatehouse_google_throttled_total', 'gatehouse_token_refresh_failures_total',
  'gatehouse_kms_errors_total', 'gatehouse_store_errors_total', 'gatehouse_sign_ins_total', 'gatehouse_rate_limited_total', 'gatehouse_loop_lag_seconds',
  'gatehouse_resident_bytes', 'gatehouse_open_connections', 'gatehouse_build_info', 'process_start_time_seconds',
];

describe('metrics', () => {
  let world;
  let admin;
  before(async () => {
    const port = await freePort();
    admin = `http://127.0.0.1:${port}`;
    world = await World.start({ env: { GATEHOUSE_ADMIN_LISTEN: `127.0.0.1:${port}`, GATEHOUSE_EMF_NAMESPACE: 'Gatehouse', GATEHOUSE_EMF_SERVICE: 'mail' } });
    await world.google.set({ auto_login: 'alice@acme.example' });
  }, { timeout: 60_000 });
  after(() => world?.end());

  const scrape = async () => {
    const response = await fetch(`${admin}/metrics`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    return familiesOf(await response.text());
  };
  const value = (page, family, labels = {}) =>
    page.get(family).samples.filter((sample) => sample.name === family && Object.entries(labels).every(([name, text]) => sample.labels[name] === text)).reduce((sum, sample) => sum + sample.value, 0);

  test('the page has every family, and counts what people did', { timeout: 60_000 }, async () => {
    const before = await scrape();
    assert.deepEqual([...before.keys()].sort(), [...families].sort());
    assert.ok(value(before, 'gatehouse_resident_bytes') > 1_000_000);
    assert.equal(value(before, 'gatehouse_build_info'), 1);

    const client = await new RawClient({ gateway: world.gateway }).signIn();
    assertWorks(await whoami({ at: () => world.gateway }, client));
    await world.google.fault({ path: '/messages$', status: 429, times: 1 });
    const { access_token: token } = client.tokens;
    const search = await fetch(world.gateway.mcpUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'gmail_search', arguments: { query: 'from:bob' }, _meta: {} } }),
    });
    await search.text();
    await fetch(world.gateway.mcpUrl, { method: 'POST' });
    await fetch(`${world.gateway.url}/no/such/path-of-a-stranger`);
    const stream = await follow(world.gateway, { path: '/sse', headers: { authorization: `Bearer ${token}` } });

    const page = await scrape();
    assert.equal(value(page, 'gatehouse_sign_ins_total', { outcome: 'signed_in' }), 1);
    assert.ok(value(page, 'gatehouse_tool_calls_total', { tool: 'whoami', outcome: 'ok' }) >= 1);
    assert.ok(value(page, 'gatehouse_requests_total', { route: '/mcp', status: '2xx' }) >= 1);
    assert.ok(value(page, 'gatehouse_requests_total', { route: '/mcp', status: '4xx' }) >= 1);
    assert.ok(value(page, 'gatehouse_requests_total', { route: 'other', status: '4xx' }) >= 1);
    assert.equal(value(page, 'gatehouse_open_streams'), 1);
    assert.doesNotMatch(JSON.stringify([...page]), /path-of-a-stranger/);
    stream.leave();
    await stream.ended;
  });

  test('nothing of it is on the clients’ listener', { timeout: 60_000 }, async () => {
    assert.equal((await fetch(`${world.gateway.url}/metrics`)).status, 404);
  });

  test('a line at the end tells CloudWatch, by its rules', { timeout: 60_000 }, async () => {
    await world.gateway.stop('SIGTERM');
    const lines = emfLines(world.gateway.log);
    assert.ok(lines.length >= 1);
    for (const line of lines) assertEmf(line);
    const last = lines.at(-1);
    assert.equal(last._aws.CloudWatchMetrics[0].Namespace, 'Gatehouse');
    assert.equal(last.Service, 'mail');
    const total = (name) => lines.reduce((sum, line) => sum + line[name], 0);
    assert.equal(total('SignIns'), 1);
    assert.ok(total('ToolCalls') >= 1);
    assert.ok(total('Requests') >= 5);
    assert.ok(last.RequestMs.Values.length <= 100);
    assert.deepEqual(last._aws.CloudWatchMetrics[0].Metrics.map(({ Name }) => Name), [
      'Requests', 'ServerErrors', 'OpenStreams', 'ToolCalls', 'ToolErrors', 'GoogleErrors', 'GoogleThrottled', 'TokenRefreshFailures', 'KmsErrors',
      'StoreErrors', 'SignIns', 'SignInFailures', 'RateLimited', 'LoopLagMs', 'ResidentBytes', 'RequestMs',
    ]);
  });

  test('those rules refuse what CloudWatch would drop', { timeout: 60_000 }, async () => {
    const sound = JSON.stringify(emfLines(world.gateway.log).at(-1));
    assertEmf(JSON.parse(sound));
    const directive = (line) => line._aws.CloudWatchMetrics[0];
    const spoil = {
      'a time of long ago': (line) => { line._aws.Timestamp -= 15 * 86_400_000; },
      'a time to come': (line) => { line._aws.Timestamp += 3 * 3_600_000; },
      'seconds for milliseconds': (line) => { line._aws.Timestamp = Math.round(line._aws.Timestamp / 1000); },
      'a member that is unknown': (line) => { line._aws.LogGroupName = 'x'; },
      'a namespace of AWS': (line) => { directive(line).Namespace = 'AWS/Gatehouse'; },
      'no set of dimensions': (line) => { directive(line).Dimensions = []; },
      'a dimension without a value': (line) => { delete line.Service; },
      'a dimension that is blank': (line) => { line.Service = ' '; },
      'a metric without a value': (line) => { delete line.Requests; },
      'a metric that is text': (line) => { line.Requests = '7'; },
      'a metric twice': (line) => { directive(line).Metrics.push(directive(line).Metrics[0]); },
      'a name with a colon first': (line) => { directive(line).Metrics[0].Name = ':Requests'; },
      'a unit of our own': (line) => { directive(line).Metrics[0].Unit = 'Requests'; },
      'too many values': (line) => { line.Requests = Array(101).fill(1); },
      'values without counts': (line) => { delete line.RequestMs.Counts; },
      'a count too many': (line) => { line.RequestMs.Counts.push(1); },
      'a value that never came': (line) => { line.RequestMs.Values.push(120_000); line.RequestMs.Counts.push(0); line.RequestMs.Max = 120_000; },
      'another sum': (line) => { line.RequestMs.Sum += 1; },
      'another count': (line) => { line.RequestMs.Count += 1; },
      'another maximum': (line) => { line.RequestMs.Max += 1; },
      'too much': (line) => { line.more = 'x'.repeat(16 * 1024); },
    };
    for (const [what, change] of Object.entries(spoil)) {
      const line = JSON.parse(sound);
      change(line);
      assert.throws(() => assertEmf(line), assert.AssertionError, what);
    }
    const line = JSON.parse(sound);
    line.Requests = [1, 2, 3];
    assertEmf(line);
  });

  test('unset, there is no such line', { timeout: 60_000 }, async () => {
    const seen = emfLines(world.gateway.log).length;
    await world.gateway.restart({ env: { GATEHOUSE_EMF_NAMESPACE: '' } });
    await world.gateway.stop('SIGTERM');
    assert.equal(emfLines(world.gateway.log).length, seen);
  });
});
