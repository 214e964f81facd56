// SPDX-License-Identifier: Apache-2.0
//
// The MCP engine as others use it: installed as a CMake package under a prefix of its own. Its example is built with what lies
// there and nothing else, and driven by a client of both eras.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { blocksOf, documented } from './documented.mjs';
import { Child, freePort, until } from './e2e/lib/child.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const mcp = createRequire(join(root, 'test/e2e/package.json'))('@modelcontextprotocol/client');
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-library-'));
const prefix = join(folder, 'prefix');
// The second compiler's objects; those of a release are for our own linker.
const built = join(root, 'build/dev');
let port;
let server;

function run(...command) {
  const outcome = spawnSync(command[0], command.slice(1), { cwd: root, encoding: 'utf8', timeout: 900_000 });
  assert.equal(outcome.status, 0, `${command.join(' ')}\n${outcome.stdout}${outcome.stderr}${outcome.error ?? ''}`);
}

function installPackage() {
  if (!existsSync(join(built, 'build.ninja'))) run('cmake', '--preset', 'dev');
  run('cmake', '--build', built, '--target', 'gatehouse_mcp');
  run('cmake', '--install', built, '--component', 'mcp', '--prefix', prefix);
}

// The headers must bear the warnings of a user who takes them for errors.
function buildExample() {
  const example = join(root, 'src/gatehouse/mcp/example');
  const build = join(folder, 'build');
  const flags = ['-DCMAKE_CXX_COMPILER=g++', '-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror', '-DCMAKE_BUILD_TYPE=Debug', '-DCMAKE_NO_SYSTEM_FROM_IMPORTED=ON'];
  run('cmake', '-G', 'Ninja', '-S', example, '-B', build, `-DCMAKE_PREFIX_PATH=${prefix}`, ...flags);
  run('cmake', '--build', build);
  return join(build, 'notebook');
}

before(async () => {
  installPackage();
  const program = buildExample();
  port = await freePort();
  server = new Child(program, [String(port)], { env: { PATH: process.env.PATH } });
  await until('the example prints its address', () => {
    if (!server.running) throw new Error(`the example ended:\n${server.errors}`);
    return server.output.includes(`http://127.0.0.1:${port}/mcp`);
  });
});

after(async () => {
  const ended = await server?.end();
  rmSync(folder, { recursive: true, force: true });
  if (ended) assert.deepEqual(ended, { code: 0, signal: null }, server.errors);
});

const filesUnder = (directory) => readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

test('every header that an installed one includes is installed, and none of tests', () => {
  const headers = filesUnder(join(prefix, 'include'));
  assert.ok(headers.length > 40, `${headers.length} headers`);
  assert.deepEqual(headers.filter((name) => /test/.test(name)), []);
  const missing = [];
  for (const name of headers) {
    for (const [, used] of readFileSync(name, 'utf8').matchAll(/#include "(gatehouse\/[^"]+)"/g)) {
      if (!existsSync(join(prefix, 'include', used))) missing.push(`${name} includes ${used}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('no warning, hardening flag or path of this checkout goes with the package', () => {
  const text = filesUnder(join(prefix, 'lib/cmake')).map((name) => readFileSync(name, 'utf8')).join('');
  assert.match(text, /gatehouse::mcp/);
  assert.doesNotMatch(text, /COMPILE_OPTIONS|LINK_OPTIONS|FORTIFY|GATEHOUSE_VERSION/);
  assert.ok(!text.includes(root), 'a path of this checkout is in the package');
});

async function connect(mode, answer) {
  const client = new mcp.Client({ name: 'library test', version: '1.0.0' }, { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } });
  client.asked = [];
  client.setRequestHandler('elicitation/create', ({ params }) => {
    client.asked.push(params.message);
    return typeof answer === 'function' ? answer(client) : answer;
  });
  await client.connect(new mcp.StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
  return client;
}

const yes = { action: 'accept', content: { delete: true } };
const no = { action: 'decline' };
const call = (client, name, args) => client.callTool({ name, arguments: args });
const titles = async (client) => (await call(client, 'find_notes', {})).structuredContent.titles;

for (const [era, mode] of [['modern', { pin: '2026-07-28' }], ['legacy', 'legacy']]) {
  test(`a client of the ${era} era`, async (t) => {
    const client = await connect(mode, yes);
    t.after(() => client.close());
    assert.equal(client.getProtocolEra(), era);

    await t.test('reads the tools, with the schema of the arguments table', async () => {
      const { tools } = await client.listTools();
      assert.deepEqual(tools.map(({ name }) => name), ['write_note', 'find_notes', 'delete_note']);
      const { properties, required, additionalProperties } = tools[1].inputSchema;
      assert.deepEqual(properties.order.enum, ['newest', 'oldest']);
      assert.equal(properties.max_results.default, 20);
      assert.equal(properties.max_results.maximum, 100);
      assert.deepEqual([required ?? [], additionalProperties], [[], false]);
      assert.equal(tools[2].annotations.destructiveHint, true);
    });

    await t.test('calls the typed tools, and is told which argument is wrong', async () => {
      const written = await call(client, 'write_note', { title: 'Köln, 50%', text: 'Trains leave at 7' });
      assert.equal(written.content[1].uri, 'notes://note/K%C3%B6ln%2C%2050%25');
      await call(client, 'write_note', { title: 'Bonn', text: 'Nothing yet' });
      assert.deepEqual(await titles(client), ['Bonn', 'Köln, 50%']);
      const oldest = await call(client, 'find_notes', { order: 'oldest', max_results: 1 });
      assert.deepEqual(oldest.structuredContent, { titles: ['Köln, 50%'] });
      const wrong = await call(client, 'find_notes', { max_results: 0 });
      assert.equal(wrong.isError, true);
      assert.match(wrong.content[0].text, /max_results/);
    });

    await t.test('completes a title, gets the prompt and reads the resource', async () => {
      const argument = { name: 'title', value: 'Kö' };
      for (const ref of [{ type: 'ref/prompt', name: 'review_note' }, { type: 'ref/resource', uri: 'notes://note/{title}' }]) {
        const { completion } = await client.complete({ ref, argument });
        assert.deepEqual(completion.values, ['Köln, 50%']);
      }
      const { messages } = await client.getPrompt({ name: 'review_note', arguments: { title: 'Köln, 50%' } });
      assert.equal(messages[1].content.resource.text, 'Trains leave at 7');
      await assert.rejects(client.getPrompt({ name: 'review_note', arguments: { title: 'Mainz' } }), { code: -32602 });
      const { resourceTemplates } = await client.listResourceTemplates();
      assert.equal(resourceTemplates[0].uriTemplate, 'notes://note/{title}');
      const { contents } = await client.readResource({ uri: 'notes://note/K%C3%B6ln%2C%2050%25' });
      assert.equal(contents[0].text, 'Trains leave at 7');
      await assert.rejects(client.readResource({ uri: 'notes://note/Mainz' }));
    });

    await t.test('is asked before a note goes', async () => {
      const reluctant = await connect(mode, no);
      t.after(() => reluctant.close());
      const kept = await call(reluctant, 'delete_note', { title: 'Bonn' });
      assert.equal(kept.content[0].text, 'The user keeps the note.');
      assert.deepEqual(await titles(client), ['Bonn', 'Köln, 50%']);
      for (const title of ['Bonn', 'Köln, 50%']) {
        const gone = await call(client, 'delete_note', { title });
        assert.equal(gone.content[0].text, 'Deleted.');
      }
      assert.deepEqual(client.asked, ['Delete the note "Bonn"?', 'Delete the note "Köln, 50%"?']);
      assert.deepEqual(await titles(client), []);
      assert.equal((await call(client, 'delete_note', { title: 'Bonn' })).isError, true);
    });

    await t.test('is asked anew about a note that was written meanwhile', async () => {
      const busy = await connect(mode, async ({ asked }) => {
        if (asked.length === 1) await call(client, 'write_note', { title: 'Bonn', text: 'Trains leave at 8' });
        return yes;
      });
      t.after(() => busy.close());
      await call(client, 'write_note', { title: 'Bonn', text: 'Trains leave at 7' });
      assert.equal((await call(busy, 'delete_note', { title: 'Bonn' })).content[0].text, 'Deleted.');
      assert.equal(busy.asked.length, 2);
      assert.deepEqual(await titles(client), []);
    });
  });
}

test('the call that the README makes by curl is answered as it says', async (t) => {
  const page = 'src/gatehouse/mcp/README.md';
  const words = documented(page, 'write').replaceAll('8931', port);
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', words], { encoding: 'utf8', timeout: 30_000 });
  assert.equal(status, 0, stderr);
  const promised = blocksOf(page).find(({ language }) => language === 'text').text.replaceAll(/\n */g, '').replace('{…}', JSON.stringify(JSON.parse(stdout).result._meta));
  assert.deepEqual(JSON.parse(stdout), JSON.parse(promised));
  const client = await connect('legacy', yes);
  t.after(() => client.close());
  assert.equal((await call(client, 'delete_note', { title: 'Bonn' })).content[0].text, 'Deleted.', 'the note is there');
});

function post(headers) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } });
  const all = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers };
  return new Promise((settled, failed) => {
    const request = http.request({ host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers: all }, (response) => {
      response.resume().on('end', () => settled(response.statusCode));
    });
    request.once('error', failed).setTimeout(10_000, () => request.destroy(new Error('no answer'))).end(body);
  });
}

test('requests of foreign pages are refused, also when their name resolves to this machine', async () => {
  const rows = [
    [200, {}],
    [200, { host: `localhost:${port}`, origin: `http://localhost:${port}` }],
    [403, { origin: 'https://evil.example' }],
    [403, { origin: 'null' }],
    [403, { origin: `http://127.0.0.1:${port}.evil.example` }],
    [403, { origin: `https://127.0.0.1:${port}` }],
    [421, { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }],
    [421, { host: '127.0.0.1' }],
  ];
  for (const [status, headers] of rows) assert.equal(await post(headers), status, JSON.stringify(headers));
});
