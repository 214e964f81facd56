// SPDX-License-Identifier: Apache-2.0
//
// Chapter TK of the abuse cases: the token endpoint and authorization codes, over three replicas behind a balancer without stickiness.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Audit } from './lib/audit.mjs';
import { CaseClient } from './lib/case_client.mjs';
import { exchange, pairs } from './lib/exchange.mjs';
import { assertWorks, whoami } from './lib/outcomes.mjs';
import { assertOauthError } from './lib/refusals.mjs';
import { Replicas } from './lib/replicas.mjs';

const full = process.env.GATEHOUSE_E2E_FULL === '1';
const audit = new Audit();
const refused = 'token request refused';
let world;
let client;
let stranger;
let secretive; // with a secret

before(async () => {
  world = await Replicas.start({ fast: true, wallClock: true });
  const redirects = ['https://app.example/cb'];
  client = new CaseClient({ gateway: world.gateway, audit, redirects });
  stranger = new CaseClient({ gateway: world.gateway, audit, redirects });
  secretive = new CaseClient({ gateway: world.gateway, audit, redirects });
  await Promise.all([client.register(), stranger.register(), secretive.register({ token_endpoint_auth_method: 'client_secret_basic' })]);
}, { timeout: 120_000 });
after(() => world?.end());

async function refuses(answer, status, error) {
  const got = await answer;
  assertOauthError(got, status, error);
  audit.expect(refused, { reason: error });
  return got;
}

async function gives(answer) {
  const got = await answer;
  assert.equal(got.status, 200, got.text);
  return got;
}

async function isDeadEverywhere(tokens, of = client) {
  for (const name of world.names) {
    assert.equal((await whoami(world, { ...of, tokens }, name)).status, 401, `the access token on ${name}`);
    await refuses(of.refresh(tokens.refresh_token, {}, { replica: name }), 400, 'invalid_grant');
  }
}

const basic = (id, secret) => ({ Authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}` });
const standAt = (second) => Promise.all([world.time.freeze(second), world.cloud.set({ clock_offset: second - Math.floor(Date.now() / 1000) })]);

describe('the exchange', () => {
  test('TK-01 happy path: tokens that nobody may keep, and expires_in true to the second', async () => {
    const start = Math.floor(Date.now() / 1000);
    await standAt(start);
    try {
      const answer = await gives(client.redeem(await client.code()));
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.match(answer.headers['content-type'], /^application\/json/);
      const tokens = answer.json;
      assert.deepEqual(Object.keys(tokens).sort(), ['access_token', 'expires_in', 'refresh_token', 'scope', 'token_type']);
      assert.equal(tokens.token_type, 'Bearer');
      assert.ok(Number.isInteger(tokens.expires_in) && tokens.expires_in > 0);
      await standAt(start + tokens.expires_in - 1);
      for (const name of world.names) assertWorks(await whoami(world, { tokens }, name), `a second before, on ${name}`);
      await standAt(start + tokens.expires_in);
      for (const name of world.names) assert.equal((await whoami(world, { tokens }, name)).status, 401, `in that second, on ${name}`);
    } finally {
      await world.jump(0);
    }
  });

  test('TK-02 wrong verifier: invalid_grant, and then the right one succeeds', async () => {
    const code = await client.code();
    for (const verifier of ['x'.repeat(43), client.verifier.toUpperCase(), `${client.verifier}x`, `${client.verifier.slice(0, -1)}~`]) {
      await refuses(client.redeem(code, { code_verifier: verifier }), 400, 'invalid_grant');
    }
    await gives(client.redeem(code));
  });

  test('TK-02 wrong verifier: after five of them, on whichever replicas, the code is burnt', async () => {
    const code = await client.code();
    for (let n = 0; n < 5; n += 1) await refuses(client.redeem(code, { code_verifier: 'x'.repeat(43) }, { replica: world.names[n % 3] }), 400, 'invalid_grant');
    for (const name of world.names) await refuses(client.redeem(code, {}, { replica: name }), 400, 'invalid_grant');
    audit.expect('authorization code burnt');
  });

  for (const [what, before] of [['at once', (tokens) => tokens], ['after a refresh', async (tokens) => (await gives(client.refresh(tokens.refresh_token))).json]]) {
    test(`TK-03 replay: ten seconds later, ${what}, invalid_grant, and everything issued from the code is dead`, async () => {
      const code = await client.code();
      const first = (await gives(client.redeem(code))).json;
      const latest = await before(first);
      assertWorks(await whoami(world, { tokens: latest }));
      await world.jump(10);
      try {
        await refuses(client.redeem(code), 400, 'invalid_grant');
        audit.expect('authorization code used again');
        await isDeadEverywhere(latest);
        await isDeadEverywhere(first);
      } finally {
        await world.jump(0);
      }
    });
  }

  test('TK-04 code lifetime: a minute by the server\'s own clock, with the row still in the table', async () => {
    const code = await client.code();
    await world.jump(60);
    try {
      for (const name of world.names) await refuses(client.redeem(code, {}, { replica: name }), 400, 'invalid_grant');
      const rows = (await world.table.rows()).filter(({ sessionId }) => sessionId.S.startsWith('GRANT#'));
      assert.ok(rows.some((row) => Number(row.ttl.N) > Date.now() / 1000 + 60), 'the table has not let go of it');
    } finally {
      await world.jump(0);
    }
  });

  test('TK-06 other client\'s code: invalid_grant, and its owner can still redeem', async () => {
    const code = await client.code();
    for (const name of world.names) await refuses(stranger.redeem(code, { code_verifier: client.verifier, redirect_uri: client.redirect }, { replica: name }), 400, 'invalid_grant');
    await refuses(secretive.form('/token', { grant_type: 'authorization_code', code, redirect_uri: client.redirect, code_verifier: client.verifier }, { headers: basic(secretive.id, secretive.secret) }), 400, 'invalid_grant');
    await gives(client.redeem(code));
  });

  test('TK-08 redirect mismatch: invalid_grant, and the code is not consumed', async () => {
    const code = await client.code();
    for (const redirect of ['https://app.example/cb/', 'https://app.example/CB', 'https://evil.example/cb', 'https://app.example/cb?x=1', 'x']) {
      await refuses(client.redeem(code, { redirect_uri: redirect }), 400, 'invalid_grant');
    }
    await gives(client.redeem(code));
  });

  test('TK-09 missing verifier: refused, and the code is not consumed', async () => {
    const code = await client.code();
    for (const verifier of [undefined, '']) await refuses(client.redeem(code, { code_verifier: verifier }), 400, 'invalid_request');
    await gives(client.redeem(code));
  });

  test('TK-10 odd verifiers: refused without 5xx, and the code is not consumed', async () => {
    const code = await client.code();
    const odd = ['x'.repeat(42), 'x'.repeat(129), `${'x'.repeat(42)}\0`, `${client.verifier}\0`, `${'x'.repeat(42)}é`, '東'.repeat(43), `${'x'.repeat(42)} `, ` ${client.verifier}`, `${client.verifier}\r\n`, `${'x'.repeat(42)}+`, `${'x'.repeat(42)}=`, 'x'.repeat(12_000)];
    for (const verifier of odd) await refuses(client.redeem(code, { code_verifier: verifier }), 400, 'invalid_request');
    const raw = `${new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: client.redirect, client_id: client.id })}&code_verifier=`;
    for (const bytes of ['%FF%FE', '%', '%zz', '%0']) {
      await refuses(exchange(`${world.gateway.url}/token`, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...client.headers }, body: raw + bytes.repeat(20) }), 400, 'invalid_request');
    }
    await gives(client.redeem(code));
  });
});

describe('the form of the request', () => {
  const types = [['JSON', 'application/json'], ['multipart', 'multipart/form-data; boundary=x'], ['two at once', 'application/json, application/x-www-form-urlencoded'], ['two at once, ours first', 'application/x-www-form-urlencoded, application/json'], ['text', 'text/plain'], ['none', undefined], ['an empty one', ''], ['one that begins alike', 'application/x-www-form-urlencoded-not']];
  for (const [what, type] of types) {
    test(`TK-11 content types: ${what}`, async () => {
      const code = await client.code();
      const fields = { grant_type: 'authorization_code', code, redirect_uri: client.redirect, client_id: client.id, code_verifier: client.verifier };
      for (const body of [JSON.stringify(fields), new URLSearchParams(fields).toString(), `--x\r\nContent-Disposition: form-data; name="code"\r\n\r\n${code}\r\n--x--\r\n`, '']) {
        const answer = await exchange(`${world.gateway.url}/token`, { method: 'POST', headers: { 'Content-Type': type, ...client.headers }, body });
        assert.ok([400, 415].includes(answer.status), `${answer.status} ${answer.text}`);
        assertOauthError(answer, answer.status, 'invalid_request');
        audit.expect(refused, { reason: 'invalid_request' });
      }
      await gives(client.redeem(code));
    });
  }
  test('TK-11 content types: ours in any case and with a charset works', async () => {
    for (const type of ['Application/X-WWW-Form-Urlencoded', 'application/x-www-form-urlencoded; charset=UTF-8']) {
      const body = new URLSearchParams(pairs({ grant_type: 'authorization_code', code: await client.code(), client_id: client.id, code_verifier: client.verifier })).toString();
      const answer = await gives(exchange(`${world.gateway.url}/token`, { method: 'POST', headers: { 'Content-Type': type, ...client.headers }, body }));
      audit.note('an access token', answer.json.access_token);
    }
  });

  for (const name of ['code', 'grant_type', 'client_id', 'code_verifier', 'redirect_uri', 'scope']) {
    test(`TK-12 repeated parameters: ${name}`, async () => {
      const code = await client.code();
      const own = { code, grant_type: 'authorization_code', client_id: client.id, code_verifier: client.verifier, redirect_uri: client.redirect, scope: 'workspace.read' }[name];
      for (const values of [[own, own], [own, 'other'], ['other', own]]) await refuses(client.redeem(code, { [name]: values }), 400, 'invalid_request');
      await gives(client.redeem(code));
    });
  }

  for (const type of ['password', 'client_credentials', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:token-exchange', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'AUTHORIZATION_CODE', 'x'.repeat(2000)]) {
    test(`TK-15 other grants: ${type.slice(0, 60)}`, async () => {
      const code = await client.code();
      await refuses(client.redeem(code, { grant_type: type, username: 'alice@acme.example', password: 'hunter22', device_code: 'x', assertion: 'x', subject_token: 'x' }), 400, 'unsupported_grant_type');
      await gives(client.redeem(code));
    });
  }
  test('TK-15 other grants: none at all is an invalid request', async () => {
    for (const type of [undefined, '']) await refuses(client.redeem('x', { grant_type: type }), 400, 'invalid_request');
  });

  const resources = ['https://mcp.evil.example/mcp', () => `${world.gateway.url}/other`, () => `${world.gateway.mcpUrl}#x`, '/mcp', () => [world.gateway.mcpUrl, 'https://mcp.evil.example/mcp']];
  test('TK-17 wider resource: invalid_target, and the code is not consumed', async () => {
    const code = await client.code();
    for (const resource of resources) await refuses(client.redeem(code, { resource: typeof resource === 'function' ? resource() : resource }), 400, 'invalid_target');
    await gives(client.redeem(code, { resource: [world.gateway.mcpUrl, `${world.gateway.mcpUrl}/`] }));
  });
});

describe('TK-14 client authentication', () => {
  const encoded = (text) => Buffer.from(text).toString('base64');
  // what, headers, changes of the form, whether Basic was used
  const wrong = [
    ['Basic and body together', () => basic(secretive.id, secretive.secret), () => ({ client_secret: secretive.secret }), true],
    ['Basic and another client_id in the body', () => basic(secretive.id, secretive.secret), () => ({ client_id: client.id }), true],
    ['base64 that is none', () => ({ Authorization: 'Basic !!!!' }), () => ({}), true],
    ['base64 without its padding', () => ({ Authorization: `Basic ${encoded(`${secretive.id}:${secretive.secret}x`).replace(/=+$/, '').slice(0, -1)}` }), () => ({}), true],
    ['no colon', () => ({ Authorization: `Basic ${encoded(secretive.id)}` }), () => ({}), true],
    ['bad percent-encoding', () => ({ Authorization: `Basic ${encoded(`${secretive.id}:%zz`)}` }), () => ({}), true],
    ['no credentials after the scheme', () => ({ Authorization: 'Basic' }), () => ({}), true],
    ['two headers', () => [['Authorization', basic(secretive.id, secretive.secret).Authorization], ['Authorization', basic(secretive.id, secretive.secret).Authorization]], () => ({}), true],
    ['the wrong secret by Basic', () => basic(secretive.id, 'x'.repeat(43)), () => ({}), true],
    ['an empty secret by Basic', () => basic(secretive.id, ''), () => ({}), true],
    ['the wrong secret in the body', () => ({}), () => ({ client_id: secretive.id, client_secret: 'x'.repeat(43) }), false],
    ['no secret', () => ({}), () => ({ client_id: secretive.id }), false],
    ['a public client with a secret in the body', () => ({}), () => ({ client_id: client.id, client_secret: 'x' }), false],
    ['a public client with a secret by Basic', () => basic(client.id, 'x'), () => ({}), true],
    ['a public client with somebody\'s secret', () => ({}), () => ({ client_id: client.id, client_secret: secretive.secret }), false],
    ['an unknown client', () => ({}), () => ({ client_id: 'gth_app_AAAAAAAAAAAAAAAAAAAAAA' }), false],
    ['no client', () => ({}), () => ({ client_id: undefined }), false],
  ];
  for (const [what, headers, changes, usedBasic] of wrong) {
    test(`TK-14 client authentication: ${what} is invalid_client${usedBasic ? ', with a Basic challenge' : ''}`, async () => {
      const fields = { grant_type: 'authorization_code', code: 'x', code_verifier: 'x'.repeat(43), ...changes() };
      const own = Object.entries(secretive.headers);
      const given = headers();
      const body = new URLSearchParams(pairs(fields)).toString();
      const answer = await refuses(exchange(`${world.gateway.url}/token`, { method: 'POST', headers: [['Content-Type', 'application/x-www-form-urlencoded'], ...own, ...(Array.isArray(given) ? given : Object.entries(given))], body }), 401, 'invalid_client');
      if (usedBasic) assert.match(answer.headers['www-authenticate'], /^Basic /);
      else assert.equal(answer.headers['www-authenticate'], undefined);
    });
  }

  test('TK-14 client authentication: the right secret works by Basic and in the body, and a failure costs no code', async () => {
    const code = await secretive.code();
    await refuses(secretive.redeem(code, { client_secret: 'x' }), 401, 'invalid_client');
    await gives(secretive.redeem(code, { client_secret: secretive.secret }));
    await gives(secretive.redeem(await secretive.code(), { client_id: undefined }, { headers: basic(secretive.id, secretive.secret) }));
  });
});

describe('TK-20 token quality', () => {
  const [rounds, refreshes] = full ? [10, 125] : [2, 20];
  const bytesOf = (token) => Buffer.from(token.slice(6), 'base64url');

  test(`TK-20 token quality: ${rounds * 4 * refreshes * 2} tokens of three processes, over restarts: no repeats, random in every bit, prefix as documented`, { timeout: 600_000 }, async () => {
    const tokens = [];
    const clients = await Promise.all(Array.from({ length: 4 }, () => new CaseClient({ gateway: world.gateway, audit: new Audit(), redirects: ['https://app.example/cb'] }).signIn()));
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(clients.map(async (one) => {
        for (let n = 0; n < refreshes; n += 1) {
          one.tokens = (await gives(one.refresh())).json;
          tokens.push(one.tokens.access_token, one.tokens.refresh_token);
        }
      }));
      await world.get(world.names[round % 3]).restart({ signal: 'SIGTERM' });
    }
    assert.equal(new Set(tokens).size, tokens.length, 'no token repeats');
    const secrets = tokens.map((token) => bytesOf(token).subarray(21, 53));
    assert.equal(new Set(secrets.map((secret) => secret.toString('hex'))).size, tokens.length, 'no secret repeats');
    for (const token of tokens) assert.match(token, /^gth_[ar]_[A-Za-z0-9_-]{92}$/);
    // 256 bits each; six standard deviations around one half.
    const margin = 6 * Math.sqrt(0.25 / tokens.length);
    for (let bit = 0; bit < 256; bit += 1) {
      const ones = secrets.filter((secret) => (secret[bit >> 3] >> (bit & 7)) & 1).length / tokens.length;
      assert.ok(Math.abs(ones - 0.5) < margin, `bit ${bit} is set in ${ones} of all`);
    }
  });

  test('TK-20 token quality: a changed character anywhere is noticed before any record is read', async () => {
    await client.signIn();
    const token = client.tokens.access_token;
    world.tableProxy.forget();
    for (const at of [6, 7, 20, 34, 50, 70, 90, 97]) {
      const other = token[at] === 'A' ? 'Q' : 'A';
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      assert.equal((await whoami(world, { tokens: { access_token: changed } })).status, 401, `character ${at}`);
      audit.expect('token refused', { reason: 'malformed' });
    }
    assert.deepEqual(world.tableProxy.calls, [], 'the table was not asked');
    assertWorks(await whoami(world, client));
  });
});

describe('the log', () => {
  test('I14: each refusal has left an event that says why', () => audit.assertTold(() => world.log));
  test('I8: no code, verifier, token or secret can be read in it', () => audit.assertSilent(() => world.log));
});
