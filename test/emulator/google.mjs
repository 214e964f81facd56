// SPDX-License-Identifier: Apache-2.0
//
// Starts the test Google on 127.0.0.1 and prints one line of JSON when it answers. See README.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Control } from './control.mjs';
import { Faults } from './faults.mjs';
import { Gmail } from './gmail.mjs';
import { Grants } from './grants.mjs';
import { mail } from './mail.mjs';
import { Mailboxes } from './mailbox.mjs';
import { NpmEmulator } from './npm_emulator.mjs';
import { Oauth } from './oauth.mjs';
import { people } from './people.mjs';
import { RequestLog } from './request_log.mjs';
import { SecurityEvents } from './security_events.mjs';
import { npmSeed } from './seed.mjs';
import { restingSettings } from './settings.mjs';
import { Shim } from './shim.mjs';
import { SigningKey } from './signing_key.mjs';

const usage = `usage: node google.mjs --state-dir DIR --redirect-uri URI [--redirect-uri URI]... [--port N]
       [--client-id ID] [--client-secret SECRET] [--latency-ms N] [--no-control] [--end-with-parent]`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' }, 'state-dir': { type: 'string' }, 'redirect-uri': { type: 'string', multiple: true },
      'client-id': { type: 'string', default: 'gatehouse-test.apps.googleusercontent.invalid' }, 'client-secret': { type: 'string', default: 'GOCSPX-test-secret-of-no-value' },
      'latency-ms': { type: 'string', default: '0' }, 'no-control': { type: 'boolean', default: false }, 'end-with-parent': { type: 'boolean', default: false },
    },
  });
  if (!values['state-dir'] || !values['redirect-uri']) throw new Error('--state-dir and --redirect-uri are needed');
  return values;
}

// Labels and history as the npm emulator sees them, so that both halves tell one story.
async function fillMailboxes(npm) {
  const mailboxes = new Mailboxes();
  await Promise.all(mail.map(async (seed) => {
    const { status, json } = await npm.json(seed.owner, 'GET', `/gmail/v1/users/me/messages/${seed.id}?format=minimal`);
    if (status !== 200) throw new Error(`the npm emulator does not have ${seed.id}`);
    mailboxes.add({ ...seed, historyId: json.historyId, labelIds: json.labelIds });
  }));
  return mailboxes;
}

function endWithParent(stop) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(0), 500).unref();
}

async function main() {
  const values = readArguments();
  const directory = values['state-dir'];
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const shim = new Shim();
  const port = await shim.listen(Number(values.port));
  const base = `http://127.0.0.1:${port}`;
  const client = { id: values['client-id'], secret: values['client-secret'], name: 'Gatehouse', redirect_uris: values['redirect-uri'] };

  const seedFile = join(directory, 'npm-seed.json');
  writeFileSync(seedFile, JSON.stringify(npmSeed(client)), { mode: 0o600 });
  const npm = await NpmEmulator.start({ seedFile, logFile: join(directory, 'npm-emulator.log'), base });
  const stop = (code) => {
    npm.stop();
    shim.close();
    process.exit(code);
  };
  npm.onExit(() => stop(1));
  process.on('SIGTERM', () => stop(0));
  process.on('SIGINT', () => stop(0));
  if (values['end-with-parent']) endWithParent(stop);

  const settings = { ...restingSettings(), latency_ms: Number(values['latency-ms']) };
  const [faults, log, key] = [new Faults(), new RequestLog(), new SigningKey()];
  const grants = new Grants(join(directory, 'grants.json'));
  const mailboxes = await fillMailboxes(npm);
  const gmail = new Gmail({ npm, mailboxes, settings });
  shim.connect({
    npm, faults, log, grants, settings, gmail,
    oauth: new Oauth({ base, client, grants, key, settings }),
    control: values['no-control'] ? undefined : new Control({ settings, faults, grants, key, log, gmail, mailboxes, events: new SecurityEvents({ base, client, key }) }),
  });
  const listed = people.map(({ email, name, note }) => ({ email, name, note }));
  process.stdout.write(`${JSON.stringify({ url: base, pid: process.pid, npm_pid: npm.pid, client_id: client.id, client_secret: client.secret, people: listed })}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n${usage}\n`);
  process.exit(1);
});
