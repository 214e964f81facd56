// SPDX-License-Identifier: Apache-2.0
//
// Two people at once: each is answered with their own mail, whatever they exchange and however often their streams are cut.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { idsOf, rowsOf, seenBy } from './lib/answers.mjs';
import { FormBrowser } from './lib/browser.mjs';
import { SdkV1Client, SdkV2Client } from './lib/clients.mjs';
import { callTool, inSession, initialize, openStream, post } from './lib/raw_mcp.mjs';
import { World } from './lib/world.mjs';

const bobsWords = ['bumblebee-bob-only', 'hummingbird-bob-only', 'dragonfly', 'bob-private-attachment', 'salary review', 'Bob rota'];
const alicesWords = ['quicksilver', 'marmalade', 'October statement', 'Nightly job'];

let world;
let gateway;
let alice;
let bob;

async function signedIn(Kind, name, more = {}) {
  await world.google.set({ auto_login: `${name}@acme.example` });
  const client = await new Kind({ gateway, name: `${Kind.name} of ${name}`, ...more }).connect();
  world.atEnd(() => client.close());
  return client;
}

const tokenOf = (client) => client.provider.tokens().access_token;
const says = (answer, words) => words.filter((word) => answer.includes(word));

before(async () => {
  world = await World.start();
  gateway = world.gateway;
  alice = await signedIn(SdkV1Client, 'alice');
  bob = await signedIn(SdkV1Client, 'bob');
}, { timeout: 90_000 });
after(() => world?.end());

describe('what they exchange opens nothing', () => {
  test('message ids', { timeout: 30_000 }, async () => {
    const bobsIds = idsOf(await bob.call('gmail_search', { query: 'in:inbox', limit: 50 }));
    assert.ok(bobsIds.length > 30);
    for (const ids of [bobsIds.slice(0, 10), [`${bobsIds[0]}/1`], ['19b0b00000000002/1'], ['19b0b00000000010'], ['t:19b0b00000000010']]) {
      const result = await alice.call('gmail_read', { ids }).catch((error) => ({ content: [{ type: 'text', text: error.message }] }));
      assert.deepEqual(says(seenBy(result), bobsWords), [], `Alice reading ${ids}`);
    }
  });

  test('cursors', { timeout: 30_000 }, async () => {
    const first = await bob.call('gmail_search', { query: 'rota', limit: 5 });
    const cursor = first.structuredContent.next;
    assert.ok(cursor, 'Bob has another page');
    const stolen = await alice.call('gmail_search', { query: 'rota', limit: 5, cursor });
    assert.deepEqual(says(seenBy(stolen), bobsWords), []);
    assert.equal(stolen.isError, true, 'a cursor of somebody else is refused');
    assert.equal(rowsOf(await bob.call('gmail_search', { query: 'rota', limit: 5, cursor })).length, 5, 'and still works for its owner');
  });

  test('session ids', { timeout: 30_000 }, async () => {
    const answer = await callTool(gateway, tokenOf(alice), bob.sessionId, 'gmail_search', { query: 'in:inbox' });
    assert.ok([400, 403, 404].includes(answer.status), `status ${answer.status}`);
    assert.deepEqual(says(answer.text, [...bobsWords, ...alicesWords]), []);
    assert.notEqual((await openStream(gateway, tokenOf(alice), bob.sessionId)).status, 200, 'no stream of somebody else');
    const removal = await fetch(gateway.mcpUrl, { method: 'DELETE', headers: { authorization: `Bearer ${tokenOf(alice)}`, ...inSession(bob.sessionId) } });
    assert.ok(removal.status >= 400, `DELETE of another's session: ${removal.status}`);
    assert.equal(idsOf(await bob.call('gmail_search', { query: 'salary' })).length, 1, 'Bob goes on');
    assert.equal((await callTool(gateway, undefined, bob.sessionId, 'whoami', {})).status, 401, 'a session id is no key');
  });

  test('a browser session shows its owner only', { timeout: 30_000 }, async () => {
    await world.google.set({ auto_login: 'bob@acme.example' });
    const browser = new FormBrowser();
    await browser.visit(`${gateway.url}/login`);
    const page = await browser.visit(`${gateway.url}/account`);
    assert.match(page.text, /bob@acme\.example/);
    assert.doesNotMatch(page.text, /alice@acme\.example/);
  });

  test('a token of one purpose does not serve another', { timeout: 30_000 }, async () => {
    const { refresh_token: refresh } = alice.provider.tokens();
    assert.equal((await initialize(gateway, refresh)).status, 401);
    const asRefresh = await fetch(`${gateway.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokenOf(alice), client_id: alice.provider.registered.client_id }) });
    assert.equal(asRefresh.status, 400);
    const otherClient = await fetch(`${gateway.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: bob.provider.tokens().refresh_token, client_id: alice.provider.registered.client_id }) });
    assert.equal(otherClient.status, 400, 'a refresh token belongs to its client');
  });
});

describe('both at once', () => {
  async function ask(client, query, count) {
    const answers = await Promise.all(Array.from({ length: count }, () => client.call('gmail_search', { query, limit: 5 })));
    return answers.map(seenBy);
  }

  test('every answer reaches its asker, with the asker’s own token', { timeout: 120_000 }, async () => {
    const alsoAlice = await signedIn(SdkV2Client, 'alice');
    const alsoBob = await signedIn(SdkV2Client, 'bob');
    const logged = (await world.google.log()).requests.length;
    for (let round = 0; round < 5; round += 1) {
      const [fromAlice, fromBob, fromAlice2, fromBob2] = await Promise.all([ask(alice, 'subject:"Nightly job"', 3), ask(bob, 'rota', 3), ask(alsoAlice, 'subject:"Nightly job"', 3), ask(alsoBob, 'rota', 3)]);
      for (const text of [...fromAlice, ...fromAlice2]) assert.ok(text.includes('Nightly job') && says(text, bobsWords).length === 0, text.slice(0, 500));
      for (const text of [...fromBob, ...fromBob2]) assert.ok(text.includes('Bob rota') && says(text, alicesWords).length === 0, text.slice(0, 500));
    }
    const { requests } = await world.google.log();
    const askersOf = (words) => [...new Set(requests.slice(logged).filter(({ query }) => query.q?.includes(words)).map(({ email }) => email))];
    assert.deepEqual([askersOf('Nightly job'), askersOf('rota')], [['alice@acme.example'], ['bob@acme.example']], 'each question went to Google as its asker');
    for (const client of [alice, bob, alsoAlice, alsoBob]) assert.deepEqual(client.errors.map(String), [], `${client.name} saw no stray answers`);
  });

  test('streams cut and opened again lose nothing', { timeout: 120_000 }, async () => {
    const people = [['alice', tokenOf(alice), 'quicksilver'], ['bob', tokenOf(bob), 'salary']];
    const sessions = await Promise.all(people.map(async ([name, token, word]) => ({ name, token, word, sessionId: (await initialize(gateway, token)).sessionId })));
    for (let round = 0; round < 6; round += 1) {
      const streams = await Promise.all(sessions.map(({ token, sessionId }) => openStream(gateway, token, sessionId)));
      for (const stream of streams) assert.equal(stream.status, 200, 'a new stream replaces the one before');
      const asked = sessions.map(({ token, sessionId, word }) => callTool(gateway, token, sessionId, 'gmail_search', { query: word }, 100 + round));
      for (const stream of streams) stream.cut();
      for (const [index, answer] of (await Promise.all(asked)).entries()) {
        const { name, word } = sessions[index];
        assert.equal(answer.status, 200, `${name}: ${answer.text.slice(0, 300)}`);
        assert.equal(answer.message?.id, 100 + round, `${name} got an answer to the question asked`);
        assert.ok(!answer.message.result?.isError && answer.text.toLowerCase().includes(word), `${name}: ${answer.text.slice(0, 500)}`);
        assert.deepEqual(says(answer.text, name === 'alice' ? bobsWords.filter((w) => w !== 'salary review') : alicesWords), []);
      }
    }
  });

  test('a cut GET stream costs nothing: the next call answers', { timeout: 30_000 }, async () => {
    const { sessionId } = await initialize(gateway, tokenOf(alice));
    const stream = await openStream(gateway, tokenOf(alice), sessionId);
    assert.equal(stream.status, 200);
    stream.cut();
    const listed = await post(gateway, tokenOf(alice), { jsonrpc: '2.0', id: 5, method: 'tools/list' }, inSession(sessionId));
    assert.ok(listed.message?.result?.tools?.length >= 3, listed.text.slice(0, 300));
    assert.equal(listed.message.id, 5);
  });

  test('two sessions of one person do not disturb each other', { timeout: 30_000 }, async () => {
    const [first, second] = await Promise.all([initialize(gateway, tokenOf(alice)), initialize(gateway, tokenOf(alice))]);
    assert.notEqual(first.sessionId, second.sessionId);
    const answers = await Promise.all([callTool(gateway, tokenOf(alice), first.sessionId, 'gmail_search', { query: 'quicksilver' }, 7), callTool(gateway, tokenOf(alice), second.sessionId, 'gmail_search', { query: 'marmalade' }, 7)]);
    assert.ok(answers[0].text.includes('19a1ce0000000020') && !answers[0].text.includes('19a1ce0000000022'), answers[0].text.slice(0, 400));
    assert.ok(answers[1].text.includes('19a1ce0000000022') && !answers[1].text.includes('19a1ce0000000020'), answers[1].text.slice(0, 400));
  });
});
