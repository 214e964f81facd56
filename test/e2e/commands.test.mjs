// SPDX-License-Identifier: Apache-2.0
//
// The command line, as an operator meets it: mistakes reported at once, documents that agree with the program, the doctor.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { freePort } from './lib/child.mjs';
import { Emulator } from './lib/emulator.mjs';
import { gatewayBinary } from './lib/gateway.mjs';
import { blocksOf, pages, spansOf } from '../documented.mjs';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const directory = mkdtempSync(join(tmpdir(), 'gatehouse-commands-'));
let google;
let complete;

const run = (args, env = {}) =>
  spawnSync(gatewayBinary(), args, { cwd: directory, env: { PATH: process.env.PATH, ...env }, encoding: 'utf8', timeout: 30_000 });

before(async () => {
  google = await new Emulator({
    directory: join(directory, 'google'),
    redirectUri: 'http://localhost:8080/oauth/google/callback',
    port: await freePort(),
  }).start();
  complete = {
    GOOGLE_CLIENT_ID: google.client_id, GOOGLE_CLIENT_SECRET: google.client_secret, ALLOWED_DOMAINS: 'acme.example',
    GOOGLE_ISSUER: google.url, GOOGLE_API_URL: google.url,
  };
});

after(async () => {
  await google.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('every mistake of a configuration is reported at once, before anything is made or listens', () => {
  const outcome = run(['serve'], { GATEHOUSE_PUBLIC_URL: 'http://gatehouse.example.com', GATEHOUSE_SESSION_TTL: '30d', GATEHOUSE_LOG: 'loud' });

  assert.equal(outcome.status, 2);
  for (const setting of ['GATEHOUSE_PUBLIC_URL', 'GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET', 'ALLOWED_DOMAINS', 'GATEHOUSE_SESSION_TTL', 'GATEHOUSE_LOG']) {
    assert.match(outcome.stderr, new RegExp(`^  ${setting} `, 'm'));
  }
  assert.ok(!existsSync(join(directory, 'gatehouse.db')));
  assert.ok(!existsSync(join(directory, 'gatehouse.key')));
});

test('what Google allows can be printed, changed and given back, and a mistake in it stops the start', () => {
  const printed = run(['print', 'quotas'], {}).stdout;
  const quotas = JSON.parse(printed);
  assert.equal(quotas.gmail.units_per_user_and_minute, 6000);
  assert.equal(quotas.prices['gmail.users.messages.get'], 20);

  const file = join(directory, 'quotas.json');
  writeFileSync(file, printed.replace('"gmail.users.messages.get": 20', '"messages.get": 5'));
  const outcome = run(['serve'], { ...complete, GATEHOUSE_GOOGLE_QUOTAS: file });
  assert.equal(outcome.status, 2);
  assert.match(outcome.stderr, /GATEHOUSE_GOOGLE_QUOTAS .*quotas\.json: "messages\.get" is no method of Google's\. Write its id, such as gmail\.users\.messages\.get/);
  assert.ok(!existsSync(join(directory, 'gatehouse.db')));
});

test('a file of clients that is wrong stops the start and says where', () => {
  const file = join(directory, 'clients.json');
  writeFileSync(file, JSON.stringify([{ client_id: 'a', redirect_uris: ['https://a.example/cb'], client_secret: 'x' }]));
  for (const [path, words] of [[file, /clients\.json: client 1: client_secret does not belong into a file/], [join(directory, 'none.json'), /none\.json cannot be read/]]) {
    const outcome = run(['serve'], { ...complete, GATEHOUSE_CLIENTS: path });
    assert.notEqual(outcome.status, 0);
    assert.match(outcome.stderr, /GATEHOUSE_CLIENTS/);
    assert.match(outcome.stderr, words);
  }
});

test('--help, the configuration page and .env.example name the same settings', () => {
  const names = [...readFileSync(join(root, '.env.example'), 'utf8').matchAll(/^#?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
  const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  const help = run(['serve', '--help']).stdout;

  assert.ok(names.length >= 14, `${names.length} settings in .env.example`);
  assert.deepEqual([...page.matchAll(/^## `([A-Z0-9_]+)`$/gm)].map(([, name]) => name), names);
  for (const name of names) assert.match(help, new RegExp(`\\b${name}\\b`));
  assert.equal(run(['print', 'configuration']).stdout, page);
  assert.equal(run(['print', 'env-example']).stdout, readFileSync(join(root, '.env.example'), 'utf8'));
});

test('the page about tools is made from their definitions', () => {
  const page = readFileSync(join(root, 'docs/tools.md'), 'utf8');

  assert.equal(run(['print', 'tools']).stdout, page);
  for (const [, tool] of run(['tools']).stdout.matchAll(/^([a-z_]+) .*tokens$/gm)) assert.ok(page.includes(`\`${tool}\``), tool);
});

// What stands behind `gatehouse` in words for a shell, and what `as_role ROLE` has a task of ECS run: [['sessions', 'revoke', '--all'], ...]
function commandsIn(text) {
  const spoken = [...text.replaceAll('\\\n', ' ').replaceAll(/\b[A-Z_]+=\S*/g, '').matchAll(/(?<!-u )(?<![\w:.-])gatehouse ([a-z]+(?![\w:./-])[^|;&>#'"`)\n]*)/g)].map(([, words]) => words.trim().split(/\s+/));
  const tasks = [...text.matchAll(/\bas_role \w+ ([a-z][^|;&>#'"`)\n]*)/g)].map(([, words]) => words.trim().split(/\s+/));
  return [...spoken, ...tasks];
}

// What is wrong with it, if anything is: each word must be a command, each flag one of that command, a document one that is printed.
function faultOf(words) {
  const path = [];
  let help = run(['--help']).stdout;
  for (const word of words) {
    const below = [...(help.split(/^Subcommands:$/m)[1] ?? '').matchAll(/^  ([a-z]+) /gm)].map(([, name]) => name);
    if (below.length === 0) break;
    if (!below.includes(word)) return `no command: ${[...path, word].join(' ')}`;
    path.push(word);
    help = run([...path, '--help']).stdout;
  }
  if (/^Subcommands:$/m.test(help)) return `not whole: ${path.join(' ')}`;
  const known = [...help.matchAll(/^\s+(?:-\w,)?(--[a-z-]+)/gm)].map(([, flag]) => flag);
  const [, documents] = /TEXT:\{([\w,-]+)\}/.exec(help) ?? [];
  const rest = words.slice(path.length);
  if (documents && !documents.split(',').includes(rest[0])) return `prints no ${rest[0]}`;
  const unknown = rest.filter((word) => word.startsWith('-') && !known.includes(word.split('=')[0]));
  return unknown.length ? `${path.join(' ')} has no ${unknown}` : undefined;
}

test('commands that any page names are ones of the program, with its flags', () => {
  assert.deepEqual(['sessions end --all', 'sessions', 'audit verify --whole', 'print manual', 'serve --quiet', 'tools'].map((words) => faultOf(words.split(' '))),
    ['no command: sessions end', 'not whole: sessions', 'audit verify has no --whole', 'prints no manual', 'serve has no --quiet', undefined]);
  const named = pages().flatMap((page) => [...spansOf(page), ...blocksOf(page)].flatMap(({ line, text }) => commandsIn(text).map((words) => ({ at: `${page}:${line}`, words }))));
  const distinct = new Map(named.map(({ at, words }) => [words.join(' '), { at, words }]));
  assert.ok(distinct.size >= 20, `${distinct.size} commands`);
  assert.deepEqual([...distinct.values()].map(({ at, words }) => [at, faultOf(words)]).filter(([, fault]) => fault), []);
});

test('a secret has no flag', () => {
  const outcome = run(['serve', '--google-client-secret', 'x'], complete);

  assert.notEqual(outcome.status, 0);
  assert.doesNotMatch(run(['serve', '--help']).stdout, /--google-client-secret/);
});

test('flags win over the environment, the environment over the file', () => {
  const file = join(directory, 'gatehouse.toml');
  writeFileSync(file, 'mode = "never"\nlog = "quiet"\nsession_ttl = "9d"\n');

  const outcome = run(['serve', '--config', file, '--mode', 'full'], { ...complete, GATEHOUSE_LOG: 'info' });

  assert.equal(outcome.status, 2);
  assert.match(outcome.stderr, /GATEHOUSE_SESSION_TTL "9d"/);
  assert.doesNotMatch(outcome.stderr, /GATEHOUSE_MODE|GATEHOUSE_LOG/);
});

test('the doctor finds nothing wrong with a sound configuration, and changes nothing', () => {
  const outcome = run(['doctor'], complete);

  assert.equal(outcome.status, 0, outcome.stdout + outcome.stderr);
  assert.match(outcome.stdout, /^ok +Google/m);
  assert.match(outcome.stdout, /^ok +clock/m);
  assert.match(outcome.stdout, /^ok +PDF +\S*pdftotext reads PDF attachments/m);
  assert.match(outcome.stdout, /http:\/\/localhost:8080\/oauth\/google\/callback/);
  assert.ok(!existsSync(join(directory, 'gatehouse.db')));
});

test('the doctor tries the OAuth client at Google: its id, its secret and its redirect URI', () => {
  const sound = run(['doctor'], complete);
  assert.match(sound.stdout, /^ok +client +Google takes the OAuth client's id and secret/m);
  assert.match(sound.stdout, /^ok +redirect URI +.*http:\/\/localhost:8080\/oauth\/google\/callback/m);

  for (const [env, words] of [
    [{ GOOGLE_CLIENT_SECRET: 'GOCSPX-another-secret-of-no-value' }, /^FAIL +client +Google refuses .*GOOGLE_CLIENT_SECRET.*Copy both from/m],
    [{ GOOGLE_CLIENT_ID: '1-another.apps.googleusercontent.invalid' }, /^FAIL +client +Google does not know GOOGLE_CLIENT_ID/m],
    [{ GATEHOUSE_PUBLIC_URL: 'http://localhost:8099' }, /^FAIL +redirect URI +the OAuth client does not list http:\/\/localhost:8099\/oauth\/google\/callback\. Add it/m],
  ]) {
    const outcome = run(['doctor'], { ...complete, ...env });
    assert.equal(outcome.status, 1, JSON.stringify(env));
    assert.match(outcome.stdout, words);
  }
});

test('the doctor follows the public URL, and says when it leads nowhere', () => {
  const outcome = run(['doctor'], { ...complete, GATEHOUSE_PUBLIC_URL: 'https://gatehouse.invalid' });
  assert.match(outcome.stdout, /^note +public URL +https:\/\/gatehouse\.invalid cannot be reached from here: .*DNS record/m);
});

test('the doctor names a program that is missing, and how to get it; it is no reason not to start', () => {
  const outcome = run(['doctor'], { ...complete, PATH: '/nowhere' });
  assert.equal(outcome.status, 0, outcome.stdout + outcome.stderr);
  assert.match(outcome.stdout, /^note +PDF .*install the package poppler-utils/m);
});

test('the doctor names each problem and its remedy', () => {
  const made = run(['store', 'init'], complete);
  assert.equal(made.status, 0, made.stderr);

  chmodSync(join(directory, 'gatehouse.key'), 0o644);
  const readable = run(['doctor'], complete);
  assert.equal(readable.status, 1);
  assert.match(readable.stdout, /^FAIL +store .*chmod/m);
  chmodSync(join(directory, 'gatehouse.key'), 0o600);

  const unreachable = run(['doctor'], { ...complete, GOOGLE_ISSUER: 'http://127.0.0.1:1' });
  assert.equal(unreachable.status, 1);
  assert.match(unreachable.stdout, /^FAIL +Google .*Check the network/m);

  rmSync(join(directory, 'gatehouse.key'));
  const keyless = run(['doctor'], complete);
  assert.equal(keyless.status, 1);
  assert.match(keyless.stdout, /^FAIL +store .*key file gatehouse\.key is missing\. Restore/m);

  const serving = run(['serve'], complete);
  assert.equal(serving.status, 1);
  assert.match(serving.stderr, /key file gatehouse\.key is missing/);
});

test('keys new never overwrites a key', () => {
  const path = join(directory, 'another.key');

  assert.equal(run(['keys', 'new', path]).status, 0);
  const before = readFileSync(path, 'utf8');
  const again = run(['keys', 'new', path]);

  assert.equal(again.status, 1);
  assert.equal(readFileSync(path, 'utf8'), before);
});

test('tools lists every tool within its budget, kinds of resources and prompts', () => {
  const outcome = run(['tools']);

  assert.equal(outcome.status, 0);
  for (const [tool, mode] of Object.entries({ whoami: 'readonly', gmail_search: 'readonly', gmail_attachment: 'readonly', gmail_modify: 'full', gmail_draft: 'draft', gmail_send: 'full' }))
    assert.match(outcome.stdout, new RegExp(`^${tool} +${mode} +\\S+ +\\d+ tokens$`, 'm'));
  for (const other of ['gmail://message/\\{id\\}', 'gmail://thread/\\{id\\}', 'inbox_triage', 'meeting_prep', 'follow_ups', 'weekly_report']) assert.match(outcome.stdout, new RegExp(`^${other} .* \\d+ tokens$`, 'm'));
  for (const [, tokens] of outcome.stdout.matchAll(/^[a-z_]+ .* (\d+) tokens$/gm)) assert.ok(Number(tokens) <= 250, outcome.stdout);
});
