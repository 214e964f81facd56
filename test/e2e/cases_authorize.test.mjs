// SPDX-License-Identifier: Apache-2.0
//
// Chapter AZ of the abuse cases: the authorization request. Every refusal before the redirect URI is proven is a page of ours.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Audit } from './lib/audit.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { assertLocalPage, assertToldClient } from './lib/refusals.mjs';
import { World } from './lib/world.mjs';

const registered = 'https://app.example:8443/cb/Path';
const audit = new Audit();
let world;
let issuer;
let client; // with one redirect URI of the web
let loopback; // with redirect URIs on this machine

before(async () => {
  world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
  await world.google.set({ auto_login: 'alice@acme.example' });
  ({ issuer } = await (await fetch(`${world.gateway.url}/.well-known/oauth-authorization-server`)).json());
  client = new CaseClient({ gateway: world.gateway, audit, redirects: [registered] });
  loopback = new CaseClient({ gateway: world.gateway, audit, redirects: ['http://127.0.0.1/cb', 'http://localhost:4000/cb?from=app', 'http://[::1]/cb'] });
  await Promise.all([client.register(), loopback.register()]);
}, { timeout: 60_000 });
after(() => world?.end());

// The client is told, with its state unless that is what was wrong, and the log says what it was told.
async function tells(error, changes) {
  const answer = await client.ask(changes);
  audit.expect('authorization refused', { client: client.id, reason: error });
  return assertToldClient(answer, error, { redirect: registered, state: 'state' in changes ? undefined : client.state, issuer });
}

async function refusesLocally(changes, fields, of = client) {
  assertLocalPage(await of.ask(changes));
  audit.expect('authorization refused', fields);
}

async function showsConsent(changes, of = client) {
  const page = await of.ask(changes);
  assert.equal(page.status, 200, page.location ?? page.text.slice(0, 300));
  assert.match(page.text, /action="\/consent"/);
  return page;
}

describe('before the redirect URI is proven', () => {
  const wrongRedirects = [
    ['another host', 'https://evil.example:8443/cb/Path'], ['a longer host', 'https://app.example.evil.example:8443/cb/Path'], ['none', undefined], ['an empty one', ''], ['a script', 'javascript:alert(1)'], ['a relative one', '/cb/Path'],
  ];
  for (const [what, redirect] of wrongRedirects) {
    test(`AZ-01 unregistered redirect: ${what} is a page, no redirect`, () =>
      refusesLocally({ redirect_uri: redirect }, { client: client.id, reason: redirect ? 'unauthorized_client' : 'invalid_request' }));
  }

  const strangers = [['unknown', 'gth_app_AAAAAAAAAAAAAAAAAAAAAA'], ['of another form', 'urn:example:client'], ['that names an address, not a host', 'https://10.0.0.1/client.json'], ['with a NUL', 'gth_app_\0'], ['of 4 KB', 'a'.repeat(4096)], ['missing', undefined], ['empty', '']];
  for (const [what, id] of strangers) {
    test(`AZ-02 unknown client: ${what}, a page, no redirect`, () => refusesLocally({ client_id: id }, { reason: id ? 'invalid_client' : 'invalid_request' }));
  }

  test('AZ-02 unknown client: a program that asks for JSON gets JSON, no redirect', async () => {
    const answer = await client.ask({ client_id: 'gth_app_AAAAAAAAAAAAAAAAAAAAAA' }, { headers: { Accept: 'application/json' } });
    assert.equal(answer.status, 400);
    assert.equal(answer.json.error, 'invalid_client');
    audit.expect('authorization refused', { reason: 'invalid_client' });
  });

  const variants = [
    ['a trailing slash', `${registered}/`], ['the case of the path', 'https://app.example:8443/cb/path'], ['the case of the host', 'https://APP.example:8443/cb/Path'], ['the case of the scheme', 'HTTPS://app.example:8443/cb/Path'],
    ['an added query', `${registered}?x=1`], ['an empty query', `${registered}?`], ['another port', 'https://app.example:8444/cb/Path'], ['no port', 'https://app.example/cb/Path'], ['userinfo', 'https://x@app.example:8443/cb/Path'],
    ['userinfo that looks like the host', 'https://app.example:8443@evil.example/cb/Path'], ['a fragment', `${registered}#f`], ['an empty fragment', `${registered}#`], ['a dot segment', 'https://app.example:8443/cb/./Path'],
    ['two dots', 'https://app.example:8443/cb/x/../Path'], ['an encoded dot segment', 'https://app.example:8443/cb/%2e/Path'], ['an encoded letter', 'https://app.example:8443/cb/%50ath'], ['an encoded slash', 'https://app.example:8443/cb%2FPath'],
    ['a doubled slash', 'https://app.example:8443//cb/Path'], ['a backslash', 'https://app.example:8443\\cb\\Path'], ['another scheme', 'http://app.example:8443/cb/Path'], ['a longer path', `${registered}/more`], ['a shorter path', 'https://app.example:8443/cb'],
    ['a space after it', `${registered} `], ['a space before it', ` ${registered}`], ['a line end', `${registered}\r\nLocation: https://evil.example/`], ['a NUL', `${registered}\0`], ['a tab within', 'https://app.exa\tmple:8443/cb/Path'],
  ];
  for (const [what, redirect] of variants) {
    test(`AZ-03 exact match: ${what} is refused`, () => refusesLocally({ redirect_uri: redirect }, { client: client.id, reason: 'unauthorized_client' }));
  }

  for (const [what, redirect] of [['127.0.0.1', 'http://127.0.0.1:49152/cb'], ['localhost', 'http://localhost:65535/cb?from=app'], ['[::1]', 'http://[::1]:8123/cb'], ['no port', 'http://127.0.0.1/cb']]) {
    test(`AZ-04 loopback ports: ${what} is accepted and is where the code goes`, async () => {
      await showsConsent({ redirect_uri: redirect }, loopback);
      loopback.redirect = redirect;
      const told = await loopback.consentTo();
      assert.ok(told.searchParams.get('code'));
      assert.ok(told.href.startsWith(redirect));
      loopback.redirect = 'http://127.0.0.1/cb';
    });
  }

  const otherLoopbacks = [
    ['https', 'https://127.0.0.1:5000/cb'], ['another path', 'http://127.0.0.1:5000/cb2'], ['an added query', 'http://127.0.0.1:5000/cb?x=1'], ['another query', 'http://localhost:5000/cb?from=web'], ['another name of the machine', 'http://localhost:5000/cb'],
    ['another address of the machine', 'http://127.0.0.2:5000/cb'], ['the address as one number', 'http://2130706433:5000/cb'], ['userinfo', 'http://u@127.0.0.1:5000/cb'], ['a fragment', 'http://127.0.0.1:5000/cb#f'], ['a name that begins alike', 'http://127.0.0.1.evil.example/cb'],
    ['userinfo that looks like loopback', 'http://127.0.0.1:5000@evil.example/cb'], ['a port that is none', 'http://127.0.0.1:99999/cb'], ['a port of letters', 'http://127.0.0.1:80a/cb'], ['a dot segment', 'http://127.0.0.1:5000/x/../cb'],
  ];
  for (const [what, redirect] of otherLoopbacks) {
    test(`AZ-04 loopback ports: ${what} is refused`, () => refusesLocally({ redirect_uri: redirect }, { client: loopback.id, reason: 'unauthorized_client' }, loopback));
  }

  for (const name of ['client_id', 'redirect_uri']) {
    test(`AZ-09 repeated parameters: ${name}, the same or another, is a page, no redirect`, async () => {
      const own = { client_id: client.id, redirect_uri: registered }[name];
      for (const second of [own, 'https://evil.example/cb']) await refusesLocally({ [name]: [own, second] }, { reason: 'invalid_request' });
      await refusesLocally({ [name]: ['https://evil.example/cb', own] }, { reason: 'invalid_request' });
    });
  }
});

describe('the client is told', () => {
  const repeated = [['state', ['one', 'two']], ['scope', ['workspace.read', 'workspace.read']], ['response_type', ['code', 'code']], ['code_challenge_method', ['S256', 'plain']], ['prompt', ['login', 'none']]];
  for (const [name, values] of repeated) {
    test(`AZ-09 repeated parameters: ${name}`, () => tells('invalid_request', { [name]: values }));
  }
  test('AZ-09 repeated parameters: code_challenge', () => tells('invalid_request', { code_challenge: ['A'.repeat(43), 'B'.repeat(43)] }));

  for (const [what, changes] of [['both omitted', { code_challenge: undefined, code_challenge_method: undefined }], ['challenge omitted', { code_challenge: undefined }], ['challenge empty', { code_challenge: '' }]]) {
    test(`AZ-06 no PKCE: ${what}`, () => tells('invalid_request', changes));
  }
  for (const [what, method] of [['plain', 'plain'], ['the method omitted', undefined], ['the method empty', ''], ['s256 in lower case', 's256'], ['S512', 'S512']]) {
    test(`AZ-07 plain PKCE: ${what}`, () => tells('invalid_request', { code_challenge_method: method }));
  }
  const challenges = [
    ['42 characters', 'A'.repeat(42)], ['44 characters', 'A'.repeat(44)], ['129 characters', 'A'.repeat(129)], ['= padding', `${'A'.repeat(43)}=`], ['= within 43', `${'A'.repeat(42)}=`], ['a plus', `${'A'.repeat(42)}+`], ['a slash', `${'A'.repeat(42)}/`],
    ['a space', `${'A'.repeat(42)} `], ['a dot', `${'A'.repeat(42)}.`], ['a NUL', `${'A'.repeat(42)}\0`], ['beyond ASCII', `${'A'.repeat(41)}é`], ['stray bits', `${'A'.repeat(42)}B`],
  ];
  for (const [what, challenge] of challenges) {
    test(`AZ-08 malformed challenge: ${what}`, () => tells('invalid_request', { code_challenge: challenge }));
  }
  for (const type of ['token', 'id_token', 'code token', 'code id_token', 'none', 'CODE', ' code']) {
    test(`AZ-10 other response types: "${type}"`, () => tells('unsupported_response_type', { response_type: type }));
  }
  test('AZ-10 other response types: none at all is an invalid request', () => tells('invalid_request', { response_type: undefined }));
  for (const mode of ['fragment', 'form_post', 'query.jwt']) {
    test(`AZ-10 other response modes: ${mode}`, () => tells('invalid_request', { response_mode: mode }));
  }

  test('AZ-12 request objects: each is refused by its name, and the listener named in request_uri sees no connection', async () => {
    let connections = 0;
    const listener = http.createServer((_, response) => response.end('{}')).on('connection', () => { connections += 1; });
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${listener.address().port}/request.jwt`;
    try {
      await tells('request_not_supported', { request: 'eyJhbGciOiJub25lIn0.eyJzY29wZSI6IngifQ.' });
      await tells('request_uri_not_supported', { request_uri: address });
      await tells('request_uri_not_supported', { request_uri: 'urn:ietf:params:oauth:request_uri:x' });
      await tells('registration_not_supported', { registration: JSON.stringify({ logo_uri: address, jwks_uri: address }) });
      await tells('request_not_supported', { request: '' });
      assert.equal(connections, 0);
    } finally {
      listener.close();
    }
  });

  const resources = [
    ['another server', 'https://mcp.evil.example/mcp'], ['another path', () => `${issuer}/other`], ['a longer path', () => `${issuer}/mcp/x`], ['a fragment', () => `${issuer}/mcp#x`], ['a query', () => `${issuer}/mcp?x=1`], ['a relative one', '/mcp'], ['a bare host', 'localhost'],
    ['another port', 'http://localhost:1/mcp'], ['another scheme', () => `${issuer.replace('http:', 'https:')}/mcp`], ['userinfo', () => `${issuer.replace('://', '://u@')}/mcp`], ['the case of the path', () => `${issuer}/MCP`],
    ['ours and another', () => [`${issuer}/mcp`, 'https://mcp.evil.example/mcp']], ['an encoded letter', () => `${issuer}/%6dcp`], ['a dot segment', () => `${issuer}/x/../mcp`],
  ];
  for (const [what, resource] of resources) {
    test(`AZ-16 wrong resource: ${what}`, () => tells('invalid_target', { resource: typeof resource === 'function' ? resource() : resource }));
  }
  test('AZ-16 wrong resource: spellings that mean ours, and none, are accepted', async () => {
    for (const resource of [`${issuer}/mcp`, `${issuer}/mcp/`, `${issuer}/sse`, issuer, `${issuer}/`, `${issuer.replace('http://localhost', 'HTTP://LOCALHOST')}/mcp`, undefined, [`${issuer}/mcp`, `${issuer}/mcp`]]) {
      await showsConsent({ resource });
    }
  });

  for (const prompt of ['none', 'none login', 'consent none', ' none']) {
    test(`AZ-19 silent requests: prompt="${prompt}" gets no code`, () => tells('interaction_required', { prompt }));
  }
  const friends = [['prompt=login', { prompt: 'login' }], ['prompt=consent', { prompt: 'consent' }], ['max_age', { max_age: '0' }], ['id_token_hint', { id_token_hint: 'eyJhbGciOiJub25lIn0.e30.' }], ['login_hint', { login_hint: 'alice@acme.example' }], ['approval_prompt', { approval_prompt: 'auto' }], ['consent=true', { consent: 'true', decision: 'approve' }]];
  for (const [what, changes] of friends) {
    test(`AZ-19 silent requests: ${what} shows the consent page, also to somebody who was here before`, async () => {
      const told = await client.consentTo();
      assert.ok(told.searchParams.get('code'), 'they were here');
      await showsConsent(changes);
    });
  }
});

describe('what comes back', () => {
  const states = [
    ['2 KB of reserved characters', `:/?#[]@!$&'()*+,;="<>\\^\`{|}%`.repeat(80).slice(0, 2048)], ['2 KB beyond ASCII', '\u00e9\u6771\u{1f680}'.repeat(300).slice(0, 500).padEnd(520, 'x')], ['line ends and controls', 'a\r\nSet-Cookie: x=y\r\n\r\n<script>\0\t\x7f\x1b[31m'],
    ['escapes of escapes', '%2520%0d%0a%26state%3dx&state=y'], ['pluses and spaces', 'a+b c%20d+'], ['an empty one', ''],
  ];
  for (const [what, state] of states) {
    test(`AZ-13 state round trip: ${what}, byte for byte, with an error and with a code`, async () => {
      const refused = await client.ask({ state, response_type: 'token' });
      audit.expect('authorization refused', { client: client.id, reason: 'unsupported_response_type' });
      assertToldClient(refused, 'unsupported_response_type', { redirect: registered, state, issuer });
      assert.deepEqual(refused.setCookies, [], 'no header was split');
      const told = await client.consentTo({ state });
      assert.deepEqual(told.searchParams.getAll('state'), [state]);
      assert.ok(told.searchParams.get('code'));
      assert.deepEqual([...told.searchParams.keys()].sort(), ['code', 'iss', 'state']);
      assert.doesNotMatch(told.search, /[\r\n\0 <>"]/);
    });
  }
  test('AZ-13 state round trip: without one none comes back', async () => {
    const told = await client.consentTo({ state: undefined });
    assert.equal(told.searchParams.has('state'), false);
  });
  test('AZ-13 state round trip: more than 2 KB is refused, and none of it comes back', () => tells('invalid_request', { state: 'x'.repeat(2049) }));
  test('AZ-13 state round trip: bytes that are no UTF-8 are a page, no redirect', async () => {
    assertLocalPage(await client.step(`${client.authorizeUrl({ state: undefined })}&state=%FF%FE`));
    audit.expect('authorization refused', { reason: 'invalid_request' });
  });

  test('AZ-15 issuer identification: iss is byte for byte the issuer of the metadata, with a code, a refusal of ours and of the person', async () => {
    assert.equal(issuer, world.gateway.url);
    for (const url of [await client.consentTo(), await client.consentTo({}, { decision: 'deny' }), new URL((await client.ask({ response_type: 'token' })).location)]) {
      assert.deepEqual(url.searchParams.getAll('iss'), [issuer], url.href);
    }
    await world.google.set({ deny: true });
    try {
      const told = await client.consentTo();
      assert.equal(told.searchParams.get('error'), 'access_denied');
      assert.deepEqual(told.searchParams.getAll('iss'), [issuer], 'and when Google is told no');
    } finally {
      await world.google.set({ deny: false });
    }
  });
});

describe('the log', () => {
  test('I14: each refusal has left an event that says why', () => audit.assertTold(() => world.gateway.log));
  test('I8: no code, verifier or form can be read in it', () => audit.assertSilent(() => world.gateway.log));
});
