// SPDX-License-Identifier: Apache-2.0
//
// Least privilege: with the policies of deploy/cloudformation/gatehouse.yaml everything works, nothing is left over, and whatever is taken
// away is missed somewhere.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FormBrowser } from './lib/browser.mjs';
import { gatewayBinary } from './lib/gateway.mjs';
import { outcomeOf, search, whoami } from './lib/outcomes.mjs';
import { runPython } from './lib/python.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { Replicas } from './lib/replicas.mjs';
import { actionsOf } from './lib/stack.mjs';

const permitted = ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'kms:Decrypt', 'kms:GenerateDataKey'];

let world;
let admin; // environment
let whole; // {role, key}: both policies as deployed
const clone = (value) => structuredClone(value);

async function havePolicies({ role = whole.role, key = whole.key } = {}) {
  await runPython('deploy.py', ['policy', 'role', world.stack.role], { env: admin, input: JSON.stringify(role) });
  await runPython('deploy.py', ['policy', 'key', world.stack.key], { env: admin, input: JSON.stringify(key) });
}

const works = (answer) => assert.equal(outcomeOf(answer), 'works');
const ok = (answer, status = 200) => assert.equal(answer.status, status, answer.text?.slice(0, 300));

// What people and operators do, each on its own: name -> what must not fail. `ready`: clients who signed in while all was permitted.
const deeds = {
  'a client registers': async () => ok(await new RawClient({ gateway: world.at('a') }).register(), 201),
  'a person signs in': async () => { await new RawClient({ gateway: world.at('a') }).signIn(); },
  'the pages show an account': async () => assert.match((await new FormBrowser({ headers: { 'x-replica': 'a' } }).visit(`${world.gateway.url}/login`)).text, /alice@acme\.example/),
  'a tool answers': async (ready) => works(await search(world, ready.caller, 'a')),
  'a token of Google is renewed': async (ready) => {
    await world.google.expire();
    works(await search(world, ready.caller, 'a'));
  },
  'a client renews its tokens': async (ready) => ok(await ready.renewer.refresh(ready.renewer.tokens.refresh_token, 'a')),
  'a client signs out': async (ready) => {
    ok(await ready.leaver.revoke());
    assert.equal((await whoami(world, ready.leaver, 'a')).status, 401);
  },
  'a used sign-in leaves one record at most': async () => {
    const left = async () => (await world.table.rows()).filter(({ sessionId }) => sessionId.S.startsWith('TXN#')).length;
    const earlier = await left();
    await new RawClient({ gateway: world.at('a') }).signIn();
    const more = (await left()) - earlier;
    assert.ok(more <= 1, `${more} more records`);
  },
  'a replica starts': async () => world.cool('b'),
  'a replica just started serves who signed in before': async (ready) => works(await whoami(world, ready.caller, 'b')),
  'a replica just started signs a person in': async () => {
    world.steerTo('b');
    await new RawClient({ gateway: world.gateway }).signIn();
  },
  'an operator ends a person\'s sessions, as a task of the same role': async (ready) => {
    const { code, errors } = await world.command(['sessions', 'revoke', '--subject', '100000000000000000011'], { env: { ...(await roleEnvironment()), GATEHOUSE_KEY: `kms:${world.stack.key}` } });
    assert.equal(code, 0, errors);
    assert.equal((await whoami(world, ready.caller, 'a')).status, 401);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // a session made in the same second belongs to the time before
  },
  'the doctor finds nothing': async () => {
    const { code, output } = await world.command(['doctor'], { env: { ...(await roleEnvironment()), GATEHOUSE_KEY: `kms:${world.stack.key}` } });
    assert.equal(code, 0, output);
  },
};

async function roleEnvironment(role = world.stack.role) {
  const lent = await world.cloud.lend(role);
  return { ...world.cloud.environment('administrator'), AWS_ACCESS_KEY_ID: lent.access_key_id, AWS_SECRET_ACCESS_KEY: lent.secret_access_key, AWS_SESSION_TOKEN: lent.session_token };
}

// What fails under these policies: names of deeds, and why.
async function missed(policies) {
  await havePolicies();
  for (const name of world.names) if (!world.get(name).running) await world.revive(name);
  world.steerTo('a');
  const ready = {};
  for (const who of ['caller', 'renewer', 'leaver']) ready[who] = await new RawClient({ gateway: world.at('a'), name: who }).signIn();
  await havePolicies(policies);
  const failed = {};
  for (const [name, deed] of Object.entries(deeds)) {
    try {
      await deed(ready);
    } catch (error) {
      failed[name] = error.message.slice(0, 300);
    }
    world.steerTo('a');
  }
  return failed;
}

const withoutAction = (action) => {
  const role = clone(whole.role);
  for (const statement of role.Statement) statement.Action = statement.Action.filter((one) => one !== action);
  return { role: { ...role, Statement: role.Statement.filter(({ Action }) => Action.length > 0) }, key: withoutInKey(action) };
};
const withoutInKey = (action) => {
  const key = clone(whole.key);
  for (const statement of key.Statement) if (statement.Sid === 'DataKeys') statement.Action = statement.Action.filter((one) => one !== action);
  return key;
};

describe('the roles of the stack', () => {
  before(async () => {
    world = await Replicas.start({ names: ['a', 'b'], stack: true });
    admin = world.cloud.environment('administrator');
    [whole] = await runPython('deploy.py', ['policies', world.stack.role, world.stack.key], { env: admin });
  }, { timeout: 120_000 });
  after(() => world?.end());

  describe('with the policies of the template', () => {
    test('everything works, every action is used, and nothing is refused', { timeout: 120_000 }, async () => {
      assert.deepEqual(await missed({}), {});
      const actions = actionsOf(await world.cloud.log(), world.stack.role);
      const those = (which) => Object.keys(actions).filter((action) => actions[action][which] > 0).sort();
      assert.deepEqual(those('made'), permitted);
      assert.deepEqual(those('denied'), ['dynamodb:DescribeTable'], 'the doctor would look at the settings of the table, and does without');
      const granted = whole.role.Statement.flatMap(({ Action }) => Action).sort();
      assert.deepEqual(granted, permitted, 'nothing is granted that is not used');
    });

    // What is missed when an action is gone, at least.
    const missing = {
      'dynamodb:GetItem': ['a person signs in', 'a client renews its tokens', 'the pages show an account'],
      'dynamodb:BatchGetItem': ['a token of Google is renewed', 'a replica starts'],
      'dynamodb:PutItem': ['a client registers', 'a person signs in', 'a client renews its tokens', 'a client signs out'],
      'dynamodb:DeleteItem': ['a used sign-in leaves one record at most', 'the doctor finds nothing'],
      'kms:Decrypt': ['a replica starts', 'the doctor finds nothing'],
      'kms:GenerateDataKey': ['a replica just started signs a person in', 'the doctor finds nothing'],
    };
    for (const [action, names] of Object.entries(missing)) {
      test(`without ${action} this is missed: ${names.join(', ')}`, { timeout: 120_000 }, async () => {
        const failed = await missed(withoutAction(action));
        assert.deepEqual(names.filter((name) => !failed[name]), [], `failed: ${JSON.stringify(failed, null, 1)}`);
      });
    }
  });

  describe('beyond them', () => {
    afterEach(() => havePolicies());

    // What AWS answers to each of these calls with the role's credentials: name -> error or "allowed". A call that fails for another reason was allowed.
    async function tried() {
      const [answers] = await runPython('role_attempts.py', [world.stack.table, world.stack.key], { env: await roleEnvironment() });
      return answers;
    }
    const allowedIn = (answers) => Object.entries(answers).filter(([, answer]) => !/^AccessDenied/.test(answer)).map(([name]) => name);

    test('nothing is allowed: no listing, no settings, no other table, no other use of the key, no other service', { timeout: 60_000 }, async () => {
      const answers = await tried();
      assert.ok(Object.keys(answers).length > 40);
      assert.deepEqual(allowedIn(answers), []);
    });

    test('an operator\'s task lists sessions with its role, which opens nothing', { timeout: 60_000 }, async () => {
      await new RawClient({ gateway: world.at('a') }).signIn();
      const env = await roleEnvironment(world.stack.maintenance);
      const listed = await world.command(['sessions', 'list', '--json'], { env: { ...env, GATEHOUSE_KEY: `kms:${world.stack.key}` } });
      assert.equal(listed.code, 0, listed.errors);
      assert.ok(JSON.parse(listed.output).length > 0);
      const [answers] = await runPython('role_attempts.py', [world.stack.table, world.stack.key], { env });
      assert.deepEqual(allowedIn(answers).filter((name) => !/^dynamodb:(Scan|Describe|Update(TimeToLive|ContinuousBackups))/.test(name)), []);
    });

    const inContext = /^kms:(GenerateDataKey|Decrypt) (without|with another)/;

    test('the role\'s policy holds the context by itself, where the key leaves it to the account', { timeout: 60_000 }, async () => {
      const key = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'kms:*', Resource: '*' }] };
      await havePolicies({ key });
      assert.deepEqual(allowedIn(await tried()).filter((name) => inContext.test(name)), []);
      const role = clone(whole.role);
      for (const statement of role.Statement) delete statement.Condition;
      await havePolicies({ key, role });
      assert.ok(allowedIn(await tried()).filter((name) => inContext.test(name)).length >= 3, 'without its condition it would not');
    });

    test('so does the key\'s policy, where the role\'s has no condition', { timeout: 60_000 }, async () => {
      const role = clone(whole.role);
      for (const statement of role.Statement) delete statement.Condition;
      await havePolicies({ role });
      assert.deepEqual(allowedIn(await tried()).filter((name) => inContext.test(name)), []);
      const key = clone(whole.key);
      key.Statement = key.Statement.filter(({ Effect }) => Effect === 'Allow');
      for (const statement of key.Statement) delete statement.Condition;
      await havePolicies({ role, key });
      assert.ok(allowedIn(await tried()).filter((name) => inContext.test(name)).length >= 3, 'without its conditions it would not');
    });

    test('nor does an administrator of the account use the key', { timeout: 60_000 }, async () => {
      const [answers] = await runPython('role_attempts.py', [world.stack.table, world.stack.key], { env: admin });
      assert.deepEqual(allowedIn(answers).filter((name) => /^kms:(GenerateDataKey|Decrypt|Encrypt|ReEncrypt|CreateGrant)/.test(name)), []);
      assert.ok(allowedIn(answers).includes('kms:DescribeKey'), 'administers it');
    });
  });
});

describe('the end-to-end tests', () => {
  // All but those that start gateways of their own, look at how many descriptors one process holds, or are about a file as the store.
  // GATEHOUSE_E2E_FULL=1 runs all of them, twenty minutes long.
  const short = ['sign_in_and_mail', 'step_up', 'two_users', 'prompts_and_resources'];
  const all = [
    ...short, 'account_tools', 'audit_trail', 'cases_authorize', 'cases_client_documents', 'cases_consent', 'cases_discovery', 'cases_injection', 'cases_private_key_jwt', 'cases_refresh',
    'cases_registration', 'cases_resource_server', 'cases_sessions', 'cases_tools', 'cases_upstream', 'clients', 'configured_clients', 'conformance_authorization', 'drain', 'file_links', 'forward_mail',
    'health', 'healthcheck', 'identity_assertions', 'mail_corners', 'metrics', 'pages', 'persistence', 'quiet_streams', 'rate_limits', 'read_attachment', 'recorded_clients', 'security_events', 'send_draft',
    'send_mail', 'session_cap', 'stream_life', 'tidy_mail', 'tracing', 'turned_away', 'weekly_sign_in',
  ];
  for (const name of process.env.GATEHOUSE_E2E_FULL ? all : short) {
    test(`${name} passes with the stack's table, key and role`, { timeout: 600_000 }, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'gatehouse-permissions-'));
      try {
        const calls = join(directory, 'calls');
        const file = fileURLToPath(new URL(`${name}.test.mjs`, import.meta.url));
        const env = { ...process.env, GATEHOUSE_BIN: gatewayBinary(), GATEHOUSE_E2E_STACK: calls, GATEHOUSE_E2E_FULL: '' };
        delete env.NODE_TEST_CONTEXT;
        const { code, output } = await new Promise((resolve) => {
          execFile(process.execPath, ['--test', '--test-reporter=spec', file], { env, timeout: 580_000, maxBuffer: 1 << 26 }, (error, text, errors) => resolve({ code: error ? 1 : 0, output: text + errors }));
        });
        assert.equal(code, 0, output.slice(-6000));
        const worlds = readFileSync(calls, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
        assert.ok(worlds.some((actions) => actions['dynamodb:GetItem']?.made > 0), 'it ran on the stack');
        for (const actions of worlds) {
          assert.deepEqual(Object.keys(actions).filter((action) => !permitted.includes(action)), []);
          assert.deepEqual(Object.entries(actions).filter(([, { denied }]) => denied > 0), []);
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }
});
