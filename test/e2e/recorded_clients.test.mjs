// SPDX-License-Identifier: Apache-2.0
//
// Clients that cannot run here, replayed as HTTP from recordings (lib/recordings.mjs): how they look for the servers, register, sign in,
// and what they send afterwards.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { idsOf, seenBy } from './lib/answers.mjs';
import { chromiumPath, withChromium } from './lib/browser.mjs';
import { until } from './lib/child.mjs';
import { endsWithin } from './lib/exchange.mjs';
import { RecordedClient } from './lib/recorded_client.mjs';
import { chatGpt, claudeWeb, codex, cursor, geminiCli, loopbackCallback, vsCode } from './lib/recordings.mjs';
import { World } from './lib/world.mjs';

let world;

before(async () => {
  world = await World.start({ env: { GATEHOUSE_TRUSTED_PROXIES: '1' } });
  await world.google.set({ auto_login: 'alice@acme.example' });
}, { timeout: 60_000 });
after(() => world?.end());

const play = (recording, { url = world.gateway.mcpUrl, ...more } = {}) => Object.assign(new RecordedClient(recording, { url, origin: world.gateway.url }), more);
const limit = { timeout: 30_000 };

async function works(client) {
  for (const name of ['whoami', 'gmail_search']) assert.ok((await client.tools()).includes(name), `${name} is offered`);
  assert.ok(seenBy(await client.call('whoami')).includes('alice@acme.example'));
  assert.deepEqual(idsOf(await client.call('gmail_search', { query: 'quicksilver', limit: 3 })), ['19a1ce0000000020']);
}

// First HTTP, as for every URL; then, told 4xx, the old transport on the same one.
async function fallsBack(recording, more) {
  const client = play(recording, { url: world.gateway.sseUrl, ...more });
  await client.signIn();
  const refused = await client.message({ id: 0, method: 'initialize', params: recording.initialize });
  assert.equal(refused.status, 405, 'neither success nor an authorization error');
  const going = await client.stream([['Accept', 'text/event-stream']]);
  assert.equal(going.status, 200);
  await until('the stream names its address', () => going.events.length > 0);
  const target = new URL(going.events[0].data, client.url);
  assert.equal(target.origin, world.gateway.url);
  const say = async (value) => assert.equal((await client.post(target.href, { jsonrpc: '2.0', ...value }, [client.bearer])).status, 202);
  await say({ id: 0, method: 'initialize', params: recording.initialize });
  await until('the answer to initialize', () => going.events.length > 1);
  await say({ method: 'notifications/initialized' });
  await say({ id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } });
  await until('the answer to the call', () => going.events.length > 2);
  assert.deepEqual(going.events.map(({ name }) => name), ['endpoint', 'message', 'message']);
  assert.ok(going.events[2].data.includes('alice@acme.example'));
  going.leave();
}

describe('Cursor', () => {
  test('Cursor: registers three redirect URIs at once and each works', limit, async () => {
    const client = await play(cursor).discover();
    await client.register();
    for (const callback of cursor.callbacks) {
      await client.redeem(await client.authorize(callback));
      await client.open();
      await works(client);
    }
  });

  test('Cursor: another port when 8787 is taken', limit, () => play(cursor).signIn('http://localhost:8788/callback'));

  test('Cursor: older builds name the server in the path of their own scheme', limit, async () => {
    const callback = 'cursor://anysphere.cursor-mcp/oauth/user-gatehouse/callback';
    const older = { ...cursor, registration: () => ({ ...cursor.registration(), redirect_uris: [callback] }) };
    await play(older).signIn(callback);
  });

  test('Cursor: asks what is not offered and goes on', limit, async () => {
    const client = await play(cursor).signIn();
    await client.open();
    for (const method of ['prompts/list', 'resources/list', 'resources/templates/list']) {
      const { status, json } = await client.message({ id: 9, method });
      assert.equal(status, 200);
      assert.ok(json.result || json.error.code === -32601, `${method}: ${JSON.stringify(json)}`);
    }
    await works(client);
  });

  test('Cursor: after its body timeout a new GET replaces the stream, and so does the next one', limit, async () => {
    const client = await play(cursor).signIn();
    await client.open();
    let last = await client.stream();
    assert.equal(last.status, 200);
    await until('something comes at once', () => last.text.length > 0, 5);
    for (let again = 0; again < 3; again += 1) {
      const next = await client.stream();
      assert.equal(next.status, 200, 'no complaint that there is one already');
      assert.ok(await endsWithin(last, 5), 'the old one ends');
      assert.ok(next.open);
      last = next;
    }
    last.leave(); // and now the way a client does it: gone first, back at once
    last = await client.stream();
    assert.equal(last.status, 200);
    await works(client);
    last.leave();
  });

  test('Cursor: falls back to HTTP+SSE on the same URL', limit, () => fallsBack(cursor));
});

describe('VS Code', () => {
  test('VS Code: signs in at its port, at any other, and by vscode.dev', limit, async () => {
    const client = await play(vsCode).discover();
    await client.register();
    for (const callback of [...vsCode.callbacks, await loopbackCallback('127.0.0.1', '/')]) {
      await client.redeem(await client.authorize(callback));
      await client.open();
      await works(client);
    }
  });

  test('VS Code: opens its stream, sets the log level, lists and calls, all without a version header', limit, async () => {
    const client = await play(vsCode).signIn();
    const opened = await client.open();
    const backchannel = await client.stream();
    assert.equal(backchannel.status, 200);
    assert.match(backchannel.headers['content-type'], /^text\/event-stream/);
    const { status, json } = await client.message({ id: 4, method: 'logging/setLevel', params: { level: 'info' } });
    assert.equal(status, 200);
    assert.equal(json.id, 4);
    if (opened.result.capabilities.logging) assert.deepEqual(json.result, {});
    else assert.equal(json.error.code, -32601);
    await works(client);
    backchannel.leave();
  });

  test('VS Code: comes back to its stream with Last-Event-ID', limit, async () => {
    const client = await play(vsCode).signIn();
    await client.open();
    for (client.lastEventId of [undefined, '7', 'an id from before the update']) {
      const backchannel = await client.stream();
      assert.equal(backchannel.status, 200, 'from 400 on it never comes back');
      backchannel.leave();
    }
    await works(client);
  });

  test('VS Code: ends its session when it closes, and opens another when one is gone', limit, async () => {
    const client = await play(vsCode).signIn();
    await client.open();
    const ended = await client.send(client.url, { method: 'DELETE', headers: [['Mcp-Session-Id', client.session], client.bearer] });
    assert.equal(ended.status, 204);
    const gone = await client.message({ id: 5, method: 'tools/list' });
    assert.equal(gone.status, 404);
    assert.equal(gone.json.error.code, -32001);
    await client.open();
    await works(client);
  });

  test('VS Code: falls back to HTTP+SSE on the same URL', limit, () => fallsBack(vsCode));

  test('VS Code: a refused token leads to a new registration', limit, async () => {
    const client = await play(vsCode).signIn();
    client.tokens.access_token = 'forgotten';
    const refused = await client.message({ id: 0, method: 'initialize', params: vsCode.initialize });
    assert.equal(refused.status, 401);
    assert.match(refused.headers['www-authenticate'], /error="invalid_token"/);
    await client.signIn();
    await client.open();
    await works(client);
  });
});

describe('Claude web', () => {
  test('Claude web: registers twice within a second, with secrets; each signs in', limit, async () => {
    const [first, second] = [await play(claudeWeb).discover(), await play(claudeWeb).discover()];
    await first.register();
    await second.register();
    assert.notEqual(first.identity.client_id, second.identity.client_id);
    for (const client of [second, first]) {
      assert.equal(client.identity.token_endpoint_auth_method, 'client_secret_post');
      assert.ok(client.identity.client_secret);
      await client.redeem(await client.authorize(claudeWeb.redirect({})));
      await client.open();
      await works(client);
    }
  });

  test('Claude web: forty people connect within an hour, all from one address', limit, async () => {
    const address = ['X-Forwarded-For', '160.79.104.10'];
    const first = await play(claudeWeb, { address }).discover();
    for (let person = 0; person < 40; person += 1) {
      await first.register();
      await first.register();
    }
    await first.redeem(await first.authorize(claudeWeb.redirect({})));
  });

  test('Claude web: its other domain', limit, () => play(claudeWeb, { callback: 'https://claude.com/api/mcp/auth_callback' }).signIn());

  test('Claude web: renews with its secret, and not without it', limit, async () => {
    const client = await play(claudeWeb).signIn();
    const first = client.tokens;
    await client.refresh();
    assert.notEqual(client.tokens.access_token, first.access_token);
    await client.open();
    await works(client);
    const { client_secret: secret } = client.identity;
    for (const wrong of [undefined, `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`]) {
      client.identity.client_secret = wrong;
      const answer = await client.postForm(client.server.token_endpoint, claudeWeb.refresh(client));
      assert.deepEqual([answer.status, answer.json.error], [401, 'invalid_client']);
    }
    client.identity.client_secret = secret;
    await client.refresh();
  });
});

describe('ChatGPT', () => {
  test('ChatGPT: its one callback, because `iss` is advertised; discovers, lists and calls without a session', limit, async () => {
    const client = await play(chatGpt).signIn();
    const ask = async (method, params, name) => {
      const answer = await client.message({ id: 1, method, params: { ...params, _meta: chatGpt.meta } }, [['Accept', 'application/json, text/event-stream'], ...chatGpt.modernHeaders(method, name)]);
      assert.equal(answer.status, 200, answer.text);
      return answer.result;
    };
    assert.ok((await ask('server/discover', {})).supportedVersions.includes('2026-07-28'));
    assert.ok((await ask('tools/list', {})).tools.some(({ name }) => name === 'gmail_search'));
    assert.ok(seenBy(await ask('tools/call', { name: 'whoami', arguments: {} }, 'whoami')).includes('alice@acme.example'));
    assert.equal(client.session, undefined, 'no session is made');
  });

  test('ChatGPT: a callback per connector', limit, async () => {
    const client = await play(chatGpt, { callback: 'https://chatgpt.com/connector/oauth/OUbd-UMlL_15Ct' }).signIn();
    await client.refresh();
  });

  test('ChatGPT: in a session, as it did before', limit, async () => {
    const client = await play(chatGpt).signIn();
    await client.open();
    await works(client);
  });
});

describe('Gemini CLI', () => {
  test('Gemini CLI: asks by HEAD, signs in at a random port, lists and calls', limit, async () => {
    const client = await play(geminiCli, { callback: await loopbackCallback('localhost', '/oauth/callback') }).signIn();
    await client.open();
    await works(client);
  });

  test('Gemini CLI: another port next time, with the registration it has', limit, async () => {
    const client = await play(geminiCli, { callback: await loopbackCallback('localhost', '/oauth/callback') }).signIn();
    await client.redeem(await client.authorize(await loopbackCallback('localhost', '/oauth/callback')));
  });

  test('Gemini CLI: renews with every scope the server has', limit, async () => {
    const client = await play(geminiCli, { callback: 'http://localhost:7777/oauth/callback' }).signIn();
    await client.refresh();
    await client.open();
    await works(client);
  });

  test('Gemini CLI: falls back to HTTP+SSE on the same URL', limit, async () => fallsBack(geminiCli, { callback: await loopbackCallback('localhost', '/oauth/callback') }));
});

describe('Codex', () => {
  test('Codex: asks by GET with a version of its own, and looks below the path first', limit, async () => {
    const client = await play(codex, { callback: await loopbackCallback('127.0.0.1', '/callback') }).signIn();
    await client.open();
    await works(client);
  });

  test('Codex: newer builds end their callback with an id of the server', limit, async () => {
    const client = await play(codex, { callback: await loopbackCallback('127.0.0.1', '/callback/q2Vb_1xT-9aZ') }).signIn();
    await client.redeem(await client.authorize(await loopbackCallback('127.0.0.1', '/callback/q2Vb_1xT-9aZ')));
  });

  test('Codex: renews without `resource` and `scope`', limit, async () => {
    const client = await play(codex, { callback: await loopbackCallback('127.0.0.1', '/callback') }).signIn();
    const { scope } = client.tokens;
    await client.refresh();
    assert.equal(client.tokens.scope, scope);
    await client.open();
    await works(client);
  });

  test('Codex: its stream, and a call while it is open', limit, async () => {
    const client = await play(codex, { callback: await loopbackCallback('127.0.0.1', '/callback') }).signIn();
    await client.open();
    const going = await client.stream();
    assert.equal(going.status, 200);
    await works(client);
    going.leave();
  });
});

test('each goes on after kill -9: in its session, on its stream, and renewing', { timeout: 60_000 }, async () => {
  const callback = await loopbackCallback('127.0.0.1', '/callback');
  const clients = [];
  for (const recording of [cursor, vsCode, claudeWeb, chatGpt]) clients.push(await play(recording).signIn());
  for (const recording of [geminiCli, codex]) clients.push(await play(recording, { callback }).signIn());
  for (const client of clients) await client.open();
  const sessions = clients.map(({ session }) => session);

  await world.gateway.restart();

  for (const client of clients) {
    const going = await client.stream();
    assert.equal(going.status, 200);
    await works(client);
    await client.refresh();
    await works(client);
    going.leave();
  }
  assert.deepEqual(clients.map(({ session }) => session), sessions);
});

// Where Chromium goes for the answer when Google asks nothing more: from our form in one chain of redirects, all of which the page's
// policy must allow. Others' hosts are not reached: the browser knows no names, and applications' schemes lead nowhere.
async function arrivalInChromium(url, callback) {
  return withChromium(async (page) => {
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    const gone = [];
    const said = [];
    network.on('Network.requestWillBeSent', ({ documentURL }) => gone.push(documentURL));
    page.on('console', (message) => said.push(message.text()));
    await page.goto(url);
    await page.click('button[name=decision][value=approve]', { noWaitAfter: true });
    return until(`the browser goes to ${callback}, and not only to ${gone.map((address) => address.split('?')[0])}; it said: ${said}`, () => gone.find((address) => address.startsWith(`${callback}?`)), 15);
  });
}

describe('a real browser carries the answer to where each client waits', { skip: chromiumPath ? false : 'Chromium is not installed' }, () => {
  const waiting = [
    ['Claude web', claudeWeb, [claudeWeb.redirect({})]],
    ['ChatGPT', chatGpt, [chatGpt.redirect({})]],
    ['VS Code', vsCode, vsCode.callbacks.slice(1)],
    ['Cursor', cursor, cursor.callbacks],
  ];

  for (const [name, recording, callbacks] of waiting) {
    test(name, { timeout: 90_000 }, async () => {
      const client = await play(recording).discover();
      await client.register();
      for (const callback of callbacks) await client.redeem(await client.authorize(callback, (url) => arrivalInChromium(url, callback)));
      await client.open();
      await works(client);
    });
  }
});
