// SPDX-License-Identifier: Apache-2.0
//
// W3C trace context: a caller's trace is in every log line of its request and goes on to Google; without one, the gateway begins its own.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { FormBrowser, readForm } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { callAlone } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { World } from './lib/world.mjs';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const caller = '00f067aa0ba902b7';
const wellFormed = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/;

describe('tracing', () => {
  let world;
  let token;
  before(async () => {
    world = await World.start();
    await world.google.set({ auto_login: 'alice@acme.example' });
    ({ access_token: token } = (await new RawClient({ gateway: world.gateway }).signIn()).tokens);
  }, { timeout: 60_000 });
  after(() => world?.end());

  const reads = () => world.gateway.log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)).filter(({ event, tool }) => event === 'read' && tool === 'gmail_search');

  // One search, by a request with this header: its log line and what Google was sent.
  async function search(traceparent) {
    const before = reads().length;
    await world.google.clear();
    world.gateway.headers = traceparent ? { traceparent } : {};
    const { status } = await callAlone(world.gateway, token, 'gmail_search', { query: 'from:bob', limit: 2 });
    assert.equal(status, 200);
    await until('the log tells of it', () => reads().length > before);
    const asked = await world.google.asked(/\/messages/);
    assert.ok(asked.length >= 1);
    return { line: reads().at(-1), sent: asked.map((request) => wellFormed.exec(request.traceparent) ?? assert.fail(`${request.path}: ${request.traceparent}`)) };
  }

  test('the caller’s trace is in the line and goes on to Google, each call a span of its own', { timeout: 60_000 }, async () => {
    const { line, sent } = await search(`00-${trace}-${caller}-01`);
    assert.equal(line.trace_id, trace);
    assert.match(line.request_id, /^[0-9a-f]{16}$/);
    assert.deepEqual([...new Set(sent.map(([, id]) => id))], [trace]);
    assert.deepEqual([...new Set(sent.map(([, , , flags]) => flags))], ['01']);
    const spans = sent.map(([, , span]) => span);
    assert.equal(new Set([...spans, caller, line.request_id]).size, spans.length + 2);
  });

  test('without one, or with one that is malformed, a request gets a trace of its own', { timeout: 60_000 }, async () => {
    const seen = new Set([trace]);
    for (const header of [undefined, 'nonsense', `00-${trace}-${caller}`, `00-${'0'.repeat(32)}-${caller}-01`, `ff-${trace}-${caller}-01`]) {
      const { line, sent } = await search(header);
      assert.match(line.trace_id, /^[0-9a-f]{32}$/, header);
      assert.ok(!seen.has(line.trace_id), `${header}: another one`);
      seen.add(line.trace_id);
      assert.deepEqual([...new Set(sent.map(([, id]) => id))], [line.trace_id]);
    }
  });

  test('a refused token’s line names the caller’s trace', { timeout: 60_000 }, async () => {
    await fetch(world.gateway.mcpUrl, { method: 'POST', headers: { authorization: 'Bearer garbage', traceparent: `00-${trace}-${caller}-00` } });
    await until('the log tells of it', () => world.gateway.log.split('\n').some((line) => line.includes('"token refused"') && line.includes(`"trace_id":"${trace}"`)));
  });
});

// Lines that belong to no request.
const ofTheProcess = new Set(['audit_start', 'audit_end', 'created the database', 'back up the key file apart from the database', 'first token key made', 'serving', 'draining', 'stopped', 'removed expired records', 'aws credentials found',
  'clients of /sse need a balancer that keeps each to one replica']);

const alice = 'alice@acme.example';
const newTrace = () => {
  const id = randomBytes(16).toString('hex');
  return { id, headers: { traceparent: `00-${id}-${randomBytes(8).toString('hex')}-01` } };
};

describe('every request', () => {
  let world;
  before(async () => {
    world = await World.start();
    await world.google.set({ auto_login: alice });
  }, { timeout: 60_000 });
  after(() => world?.end());

  const lines = () => world.gateway.log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const linesOf = (id) => lines().filter((line) => line.trace_id === id);
  const eventsOf = (id) => linesOf(id).map(({ event }) => event);
  const atGoogle = async (id) => (await world.google.log()).requests.filter(({ traceparent }) => traceparent?.split('-')[1] === id).map(({ method, path }) => `${method} ${path}`);

  // What the gateway logs and asks Google for when `act` is done under a trace of its own: just this.
  async function leaves(events, asked, act) {
    const trace = newTrace();
    const result = await act(trace.headers);
    await until(`the log has ${events} in the trace`, () => eventsOf(trace.id).length >= events.length);
    assert.deepEqual(eventsOf(trace.id), events);
    assert.equal(new Set(linesOf(trace.id).map((line) => line.request_id)).size, events.length ? 1 : 0, 'one request');
    assert.deepEqual(await atGoogle(trace.id), asked);
    return { ...result, trace: trace.id };
  }

  // A client and the browser of its person, each of whose requests may bring a trace.
  const clientWith = (headers = {}) => {
    const client = new RawClient({ gateway: world.gateway });
    Object.assign(client.headers, headers);
    return client;
  };
  const under = (client, headers, act) => {
    Object.assign(client.headers, headers);
    return act(client);
  };
  const stopsAtGoogle = (target) => target.origin === world.google.url;

  test('a sign-in, from registering to signing out, is found step by step', { timeout: 60_000 }, async () => {
    const client = clientWith();
    const browser = new FormBrowser({ headers: client.headers, stopsAt: stopsAtGoogle });
    await leaves(['registration refused'], [], (headers) => under(client, headers, () => client.send('/register', { client_name: 'no redirects' })));
    await leaves(['client registered'], [], (headers) => under(client, headers, () => client.register()));
    await leaves(['authorization refused'], [], (headers) => under(client, headers, () => browser.visit(`${world.gateway.url}/authorize?client_id=nobody`)));
    await leaves(['consent form refused'], [], (headers) => under(client, headers, () => browser.visit(`${world.gateway.url}/consent`, { method: 'POST', body: 'decision=approve' })));

    const asked = await browser.visit(client.begin());
    const departure = await leaves([], ['GET /.well-known/openid-configuration'], (headers) => under(client, headers, () => browser.submit(asked, ['decision', 'approve'])));
    delete client.headers.traceparent;
    const back = (await fetch(departure.url, { redirect: 'manual' })).headers.get('location');
    assert.ok(back.startsWith(`${world.gateway.url}/oauth/google/callback?`), back);
    browser.stopsAt = (target) => target.href.startsWith(client.redirect);
    const arrival = await leaves(['signed in'], ['POST /token', 'GET /oauth2/v3/certs'], (headers) => under(client, headers, () => browser.visit(back)));
    const code = new URL(arrival.url).searchParams.get('code');

    await leaves(['token request refused'], [], (headers) => under(client, headers, () => client.redeem(code, 'x'.repeat(43))));
    const { json: tokens } = await leaves(['tokens issued'], [], (headers) => under(client, headers, () => client.redeem(code)));
    await leaves([], [], (headers) => under(client, headers, async () => { client.tokens = (await client.refresh(tokens.refresh_token)).json; }));
    await leaves(['authorization code used again', 'token request refused'], [], (headers) => under(client, headers, () => client.redeem(code)));

    // That has ended the grant, so another one is given back.
    delete client.headers.traceparent;
    await client.signIn();
    await leaves(['grant revoked'], [], (headers) => under(client, headers, () => client.revoke()));
    await leaves(['revocation refused'], [], (headers) => under(client, headers, () => client.send('/revoke', new URLSearchParams({ client_id: client.id }))));
  });

  test('refreshing at Google stands in the trace of the call that needs it, and so does its end', { timeout: 60_000 }, async () => {
    const { tokens } = await clientWith().signIn();
    const search = (headers) => {
      world.gateway.headers = headers;
      return callAlone(world.gateway, tokens.access_token, 'gmail_search', { query: 'from:bob', limit: 1 });
    };
    await world.google.expire();
    const first = newTrace();
    assert.equal((await search(first.headers)).status, 200);
    await until('the log tells of it', () => eventsOf(first.id).includes('tool call'));
    assert.deepEqual(eventsOf(first.id).filter((event) => event !== 'google call failed'), ['read', 'tool call']);
    assert.equal((await atGoogle(first.id)).filter((request) => request === 'POST /token').length, 1);

    await world.google.revoke(alice);
    const last = newTrace();
    assert.equal((await search(last.headers)).status, 200);
    await until('the log tells of the end', () => eventsOf(last.id).includes('tool call'));
    assert.ok(eventsOf(last.id).includes('google ended a grant'), eventsOf(last.id));
    assert.equal((await atGoogle(last.id)).filter((request) => request === 'POST /token').length, 1);
    assert.deepEqual([...new Set(linesOf(last.id).map((line) => line.request_id))].length, 1, 'one request');
  });

  test('the pages, their ends and their troubles', { timeout: 60_000 }, async () => {
    const browser = new FormBrowser({ stopsAt: stopsAtGoogle });
    const departure = await leaves([], [], (headers) => browser.visit(`${world.gateway.url}/login`, { headers }));
    const back = (await fetch(departure.url, { redirect: 'manual' })).headers.get('location');
    await leaves(['signed in to the pages'], ['POST /token'], (headers) => browser.visit(back, { headers }));
    const trouble = await leaves(['sign-in refused'], [], (headers) => browser.visit(back, { headers }));
    assert.ok(trouble.text.includes(trouble.trace), 'the page names its trace');
    const account = await browser.visit(`${world.gateway.url}/account`);
    const form = readForm(account.text);
    assert.equal(form.action, '/logout');
    const leaving = new URLSearchParams({ form: Object.fromEntries(form.fields).form, where: 'here' });
    await leaves(['signed out'], [], (headers) => browser.visit(`${world.gateway.url}/logout`, { method: 'POST', body: leaving, headers: { ...headers, origin: world.gateway.url, 'sec-fetch-site': 'same-origin' } }));
    await leaves(['request refused'], [], (headers) => browser.visit(`${world.gateway.url}/no/such/page`, { headers }));
  });

  test('what Google pushes gets a trace of its own', { timeout: 60_000 }, async () => {
    const { status } = await world.google.push({ url: `${world.gateway.url}/oauth/google/events`, type: 'verification' });
    assert.equal(status, 202);
    const line = await until('the event is noted', () => lines().find(({ event }) => event === 'security event noted'));
    assert.match(line.trace_id, /^[0-9a-f]{32}$/);
    assert.deepEqual(await atGoogle(line.trace_id), ['GET /.well-known/risc-configuration', 'GET /oauth2/v3/certs']);
  });

  test('sign-ins side by side keep their traces apart', { timeout: 60_000 }, async () => {
    await world.google.set({ latency_ms: 50 });
    const people = Array.from({ length: 6 }, () => ({ trace: newTrace() }));
    for (const person of people) person.client = clientWith(person.trace.headers);
    await Promise.all(people.map(({ client }) => client.signIn()));
    await world.google.set({ latency_ms: 0 });
    const named = (id) => ['client registered', 'signed in', 'tokens issued'].filter((event) => lines().some((line) => line.event === event && line.client === id));
    await until('the log tells of all', () => people.every(({ client }) => named(client.id).length === 3));
    const redeemed = (await world.google.log()).requests.filter(({ method, path }) => method === 'POST' && path === '/token');
    for (const { trace, client } of people) {
      const own = lines().filter((line) => line.client === client.id);
      assert.deepEqual([...new Set(own.map((line) => line.trace_id))], [trace.id]);
      assert.deepEqual([...new Set(linesOf(trace.id).map((line) => line.client ?? client.id))], [client.id]);
      assert.ok(redeemed.some(({ traceparent }) => traceparent?.split('-')[1] === trace.id));
    }
  });

  test('no line of all these requests is without a trace', () => {
    assert.deepEqual(lines().filter((line) => !line.trace_id && !ofTheProcess.has(line.event)), []);
  });
});
