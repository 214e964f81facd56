// SPDX-License-Identifier: Apache-2.0
//
// The Debian package that script/package leaves, on a machine with systemd, by the commands of docs/deploy-one-machine.md: installed,
// served from under the unit's confinement, backed up and restored, removed. Needs root and the net of Debian's packages.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertSays, idsOf } from '../e2e/lib/answers.mjs';
import { freePort, until } from '../e2e/lib/child.mjs';
import { SdkV1Client } from '../e2e/lib/clients.mjs';
import { Emulator } from '../e2e/lib/emulator.mjs';
import { gatewayBinary } from '../e2e/lib/gateway.mjs';
import { Machine } from './lib/machine.mjs';
import { documentedBelow, runnableBelow } from '../documented.mjs';
import { outcomeOf, run } from './lib/run.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = (name) => readFileSync(join(root, name), 'utf8');
const [, version] = /project\(gatehouse VERSION (\S+)/.exec(source('CMakeLists.txt'));
const folder = join(root, 'build/package');
const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.deb')));
const page = 'docs/deploy-one-machine.md';
const unit = join(root, 'deploy/debian/gatehouse.service');
const minutes = '19a1ce0000000030/3';

const directory = mkdtempSync(join(tmpdir(), 'gatehouse-package-'));
let machine;
let google;
let gateway;
let client;

before(async () => {
  const port = await freePort();
  gateway = { port, url: `http://localhost:${port}`, mcpUrl: `http://localhost:${port}/mcp` };
  google = await new Emulator({ directory, redirectUri: `${gateway.url}/oauth/google/callback`, port: await freePort() }).start();
  await google.set({ auto_login: 'alice@acme.example' });
  machine = await Machine.boot(`gatehouse-test-machine-${process.pid}`);
  await machine.bring(file);
}, { timeout: 600_000 });

after(async () => {
  await client?.close();
  await machine?.remove();
  await google?.stop();
  rmSync(directory, { recursive: true, force: true });
});

// The page's commands below a heading, with the port of this test.
async function follow(heading) {
  const all = runnableBelow(page, heading);
  assert.ok(all.length > 0, `${heading} has commands`);
  let said = '';
  for (const words of all) said += await machine.run(words.replaceAll('127.0.0.1:8080', `127.0.0.1:${gateway.port}`), { seconds: 300 });
  return said;
}

const listed = async (path) => (await machine.run(`stat -c '%a %U:%G' ${path}`)).trim();
const isHealthy = () => fetch(`${gateway.url}/healthz`).then((response) => response.ok, () => false);
const serves = () => until('the service answers /healthz', isHealthy);

test('its name, version and what it needs', async () => {
  const field = async (name) => (await run(['dpkg-deb', '--field', file, name])).trim();
  assert.equal(basename(file), `gatehouse_${version}_${(await run(['dpkg', '--print-architecture'])).trim()}.deb`);
  assert.equal(await field('Version'), version);
  assert.match(await field('Depends'), /libc6 \(>= .*libcurl4 .*libssl3 /, 'as dpkg-shlibdeps finds it');
  assert.equal(await field('Recommends'), 'poppler-utils');
  assert.ok(statSync(file).size < 8_000_000, `${statSync(file).size} bytes`);
});

test('lintian has no errors', async () => {
  await run(['lintian', '--fail-on', 'error', '--allow-root', file], { seconds: 120 });
});

test('its service is exposed to little', async () => {
  const judged = await run(['systemd-analyze', 'security', '--offline=true', unit]);
  const [, exposure] = /Overall exposure level for gatehouse\.service: ([\d.]+)/.exec(judged);
  console.log(`exposure of the service: ${exposure}`);
  assert.ok(Number(exposure) <= 2.0, judged);
});

test('the man page names every command and every flag that is no setting', async () => {
  const text = source('deploy/debian/gatehouse.1').replaceAll('\\-', '-');
  const help = (...words) => run([gatewayBinary(), ...words, '--help']);
  const commandsIn = (said) => [...(said.split(/^Subcommands:$/m)[1] ?? '').matchAll(/^  ([a-z]+) /gm)].map(([, name]) => name);
  const isSetting = (flag) => source('docs/configuration.md').includes(`\`${flag}\``);
  const commands = [];
  for (const name of commandsIn(await help())) {
    const below = commandsIn(await help(name));
    commands.push(...(below.length ? below.map((word) => `${name} ${word}`) : [name]));
  }
  const told = [...text.split('.SH COMMANDS')[1].split('.SH ')[0].matchAll(/^\.TP\n\.B (.+)$/gm)].map(([, name]) => name);
  assert.deepEqual(told, commands);
  for (const command of commands) {
    const flags = [...(await help(...command.split(' '))).matchAll(/^\s+(?:-\w,)?(--[a-z-]+)/gm)].map(([, flag]) => flag);
    for (const flag of flags) if (flag !== '--help' && !isSetting(flag)) assert.ok(text.includes(flag), `${command} ${flag}`);
  }
  const { out, err } = await outcomeOf(['man', '--warnings', '--local-file', join(root, 'deploy/debian/gatehouse.1')]);
  assert.match(out, /EXIT STATUS/);
  assert.equal(err, '');
});

test('installed, it starts nothing and leaves files and modes as the page says', { timeout: 300_000 }, async () => {
  await follow('### Install');
  const rows = [
    ['/usr/bin/gatehouse', '755 root:root'], ['/usr/lib/systemd/system/gatehouse.service', '644 root:root'], ['/etc/gatehouse', '750 root:gatehouse'],
    ['/etc/gatehouse/gatehouse.env', '640 root:gatehouse'], ['/var/lib/gatehouse', '700 gatehouse:gatehouse'], ['/usr/share/man/man1/gatehouse.1.gz', '644 root:root'],
    ...['configuration.md', 'deploy-one-machine.md', 'Caddyfile', 'copyright', 'changelog.gz', 'NEWS.gz'].map((name) => [`/usr/share/doc/gatehouse/${name}`, '644 root:root']),
  ];
  for (const [path, expected] of rows) assert.equal(await listed(path), expected, path);
  assert.equal(await machine.run('getent passwd gatehouse | cut -d: -f6,7'), '/var/lib/gatehouse:/usr/sbin/nologin\n');
  assert.equal((await machine.outcome('systemctl is-active gatehouse')).out, 'inactive\n');
  assert.equal(await machine.run('gatehouse version'), `gatehouse ${version}\n`);
});

test('its settings wait to be filled in, every one of them', async () => {
  const text = await machine.run('cat /etc/gatehouse/gatehouse.env');
  const names = (one) => [...one.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
  assert.deepEqual(names(text), names(source('.env.example')));
  const set = [...text.matchAll(/^[A-Z_]+=.*$/gm)].map(([line]) => line);
  assert.deepEqual(set, ['GATEHOUSE_STORE=sqlite:/var/lib/gatehouse/gatehouse.db', 'GATEHOUSE_KEY=file:/var/lib/gatehouse/gatehouse.key']);
  const [doctor] = runnableBelow(page, '### Start');
  const { status, out, err } = await machine.outcome(doctor);
  assert.equal(status, 2);
  for (const name of ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET', 'ALLOWED_DOMAINS']) assert.ok((out + err).includes(name), name);
});

test('filled in, the doctor finds all well and the service serves', { timeout: 60_000 }, async () => {
  const settings = {
    GATEHOUSE_PUBLIC_URL: gateway.url, GATEHOUSE_LISTEN: `127.0.0.1:${gateway.port}`, GATEHOUSE_ADMIN_LISTEN: 'off', ALLOWED_DOMAINS: 'acme.example', GATEHOUSE_BRAND_NAME: '"Acme Mail"',
    GOOGLE_ISSUER: google.url, GOOGLE_API_URL: google.url, GOOGLE_CLIENT_ID: google.client_id, GOOGLE_CLIENT_SECRET: google.client_secret,
  };
  await machine.run('cat >> /etc/gatehouse/gatehouse.env', { input: Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join('') });
  await machine.run('command -v curl >/dev/null || apt-get install -qq --no-install-recommends curl', { seconds: 120 });
  const [doctor, start] = runnableBelow(page, '### Start');
  assert.match(await machine.run(doctor), /pdftotext reads PDF attachments/);
  await machine.run(start.split('\n')[0]);
  await serves();
  assert.equal(await machine.run(start.split('\n')[1].replace('8080', gateway.port)), 'ok\n');
  assert.equal(await machine.run('systemctl is-enabled gatehouse'), 'enabled\n');
  for (const name of ['gatehouse.db', 'gatehouse.key']) assert.equal(await listed(`/var/lib/gatehouse/${name}`), '600 gatehouse:gatehouse', name);
});

test('signing in, calling a tool and reading a PDF work from under the confinement', { timeout: 60_000 }, async () => {
  client = await new SdkV1Client({ gateway, name: 'of the service' }).connect();
  assert.ok(idsOf(await client.call('gmail_search', { query: 'from:bob', limit: 2 })).length > 0);
  assertSays(await client.call('gmail_attachment', { handle: minutes }), '[page 1]\nMinutes of the board', 'Codeword: persimmon.');
});

test('the process is as confined as the unit says', async () => {
  const pid = (await machine.run('systemctl show --property MainPID --value gatehouse')).trim();
  const status = await machine.run(`cat /proc/${pid}/status`);
  const field = (name) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)[1];
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(field(set), /^0+$/, set);
  assert.deepEqual([field('NoNewPrivs'), field('Seccomp')], ['1', '2']);
  assert.equal(field('Uid').split('\t')[0], (await machine.run('id -u gatehouse')).trim());
  assert.match(await machine.run(`cat /proc/${pid}/mountinfo`), /^\S+ \S+ \S+ \S+ \/usr\/bin? ro|^\S+ \S+ \S+ \S+ \/ ro\b/m, 'it cannot write what is not its own');
});

test('a backup, restored after everything was lost, and nobody signs in again', { timeout: 300_000 }, async () => {
  await follow('### Backup');
  assert.equal(await listed('/var/backups/gatehouse/gatehouse.db'), '600 root:root');
  await machine.run('systemctl stop gatehouse && rm -r /var/lib/gatehouse/*');
  await follow('### Restore');
  await serves();
  const result = await client.call('whoami');
  assert.ok(!result.isError, JSON.stringify(result));
  assert.equal(client.provider.signIns, 1);
});

test('an upgrade keeps the settings, restarts the service, and sessions go on', { timeout: 120_000 }, async () => {
  const started = () => machine.run('systemctl show --property MainPID --value gatehouse');
  const earlier = await started();
  await follow('### Upgrade');
  await serves();
  assert.notEqual(await started(), earlier);
  assert.match(await machine.run('cat /etc/gatehouse/gatehouse.env'), /^GATEHOUSE_BRAND_NAME="Acme Mail"$/m);
  assert.equal(await listed('/etc/gatehouse/gatehouse.env'), '640 root:gatehouse');
  const result = await client.call('whoami');
  assert.ok(!result.isError, JSON.stringify(result));
});

test('asked to stop, it leaves as one that is well', async () => {
  await machine.run('systemctl stop gatehouse');
  assert.equal(await machine.run('systemctl show --property Result,ExecMainStatus gatehouse'), 'Result=success\nExecMainStatus=0\n');
});

test('the page puts the Caddyfile where Caddy looks for it', async () => {
  await follow('### TLS');
  const text = await machine.run('cat /etc/caddy/Caddyfile');
  assert.match(text, /^gatehouse\.example\.com \{$/m);
  assert.doesNotMatch(text, /\$GATEHOUSE_HOST/);
  assert.equal(documentedBelow(page, '### TLS').length, 3);
});

test('removal leaves settings and state; purging leaves the state and says so', { timeout: 120_000 }, async () => {
  const [remove, purge, end] = runnableBelow(page, '### Remove');
  await machine.run(remove, { seconds: 120 });
  await machine.run('test ! -e /usr/bin/gatehouse && test -e /etc/gatehouse/gatehouse.env && test -e /var/lib/gatehouse/gatehouse.db');
  assert.match(await machine.run(purge, { seconds: 120 }), /still in \/var\/lib\/gatehouse/);
  await machine.run('test ! -e /etc/gatehouse && test -e /var/lib/gatehouse/gatehouse.db');
  await machine.run(end);
  assert.equal((await machine.outcome('getent passwd gatehouse')).status, 2);
});
