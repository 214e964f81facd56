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
const operating = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Scan', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
const subject = '100000000000000000011'; // of Alice, test/emulator/people.mjs

let world;
let admin; // environment
let whole; // {role, operator, key}: the policies of both roles and of the key as deployed
const clone = (value) => structuredClone(value);

async function havePolicies({ role = whole.role, operator = whole.operator, key = whole.key } = {}) {
  await runPython('deploy.py', ['policy', 'role', world.stack.role], { env: admin, input: JSON.stringify(role) });
  await runPython('deploy.py', ['policy', 'role', world.stack.operator, 'operator'], { env: admin, input: JSON.stringify(operator) });
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
    const { code, errors } = await world.command(['sessions', 'revoke', '--subject', subject], { env: { ...(await roleEnvironment()), GATEHOUSE_KEY: `kms:${world.stack.key}` } });
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

// The policy `of` a role without this action; the key's policy without it too, for that role.
const without = (of, action) => {
  const role = clone(whole[of]);
  for (const statement of role.Statement) statement.Action = statement.Action.filter((one) => one !== action);
  return { [of]: { ...role, Statement: role.Statement.filter(({ Action }) => Action.length > 0) }, key: withoutInKey(world.stack[of], action) };
};
const withoutInKey = (name, action) => {
  const key = clone(whole.key);
  const isRole = (arn) => arn.endsWith(`role/${name}`);
  const split = ({ Principal, Action, ...more }) => [Principal.AWS].flat().map((one) => ({ ...more, Principal: { AWS: one }, Action: isRole(one) ? Action.filter((other) => other !== action) : Action }));
  key.Statement = key.Statement.flatMap((statement) => (['DataKeys', 'Rewrap'].includes(statement.Sid) ? split(statement) : [statement])).filter(({ Action }) => Action.length > 0);
  return key;
};

// A command as a task of this role.
const asTask = async (role, args, { key = world.stack.key } = {}) => world.command(args, { env: { ...(await roleEnvironment(role)), GATEHOUSE_KEY: `kms:${key}` } });
const succeeds = ({ code, output, errors }) => assert.equal(code, 0, output + errors);
// A session of Alice's as an operator sees it.
async function someSession() {
  const listed = await asTask(world.stack.maintenance, ['sessions', 'list', '--json']);
  succeeds(listed);
  return JSON.parse(listed.output).at(-1);
}
// What operators do with the role for it: command -> its words.
const commands = {
  'sessions list': async () => ['sessions', 'list', '--json'],
  'sessions revoke --grant': async () => ['sessions', 'revoke', '--grant', (await someSession()).grant],
  'sessions revoke --user': async () => ['sessions', 'revoke', '--user', (await someSession()).user],
  'sessions revoke --subject': async () => ['sessions', 'revoke', '--subject', subject],
  'sessions revoke --all': async () => ['sessions', 'revoke', '--all'],
  'keys rotate': async () => ['keys', 'rotate'],
};

// What each of these commands says under these policies.
async function saidToOperator(names, policies) {
  await havePolicies(policies);
  const said = {};
  for (const name of names) {
    await new RawClient({ gateway: world.at('a') }).signIn();
    const { code, output, errors } = await asTask(world.stack.operator, await commands[name]());
    said[name] = `${code}: ${(output + errors).slice(0, 300)}`;
  }
  return said;
}

describe('the roles of the stack', () => {
  before(async () => {
    world = await Replicas.start({ names: ['a', 'b'], stack: true });
    admin = world.cloud.environment('administrator');
    [whole] = await runPython('deploy.py', ['policies', world.stack.role, world.stack.key], { env: admin });
    const [{ role: operator }] = await runPython('deploy.py', ['policies', world.stack.operator, world.stack.key, 'operator'], { env: admin });
    whole.operator = operator;
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
        const failed = await missed(without('role', action));
        assert.deepEqual(names.filter((name) => !failed[name]), [], `failed: ${JSON.stringify(failed, null, 1)}`);
      });
    }
  });

  describe('for operators', () => {
    after(() => havePolicies());

    test('every command works, every action is used, and nothing is refused', { timeout: 120_000 }, async () => {
      await havePolicies();
      for (const [name, words] of Object.entries(commands)) {
        const client = await new RawClient({ gateway: world.at('a') }).signIn();
        const done = await asTask(world.stack.operator, await words());
        succeeds(done);
        assert.equal((await whoami(world, client, 'a')).status, name.includes('revoke') ? 401 : 200, name);
        if (name === 'sessions list') assert.ok(JSON.parse(done.output).length > 0);
        await new Promise((resolve) => setTimeout(resolve, 1100)); // a session made in the same second belongs to the time before
      }
      const actions = actionsOf(await world.cloud.log(), world.stack.operator);
      const called = operating.filter((action) => !action.startsWith('kms:ReEncrypt')).concat('kms:ReEncrypt').sort();
      assert.deepEqual(Object.keys(actions).sort(), called);
      assert.deepEqual(Object.entries(actions).filter(([, { denied }]) => denied > 0), []);
      assert.deepEqual(whole.operator.Statement.flatMap(({ Action }) => Action).sort(), operating, 'nothing is granted that is not used');
    });

    const ending = ['sessions revoke --user', 'sessions revoke --subject', 'sessions revoke --all'];
    const missing = {
      'dynamodb:Scan': ['sessions list', 'sessions revoke --user', 'sessions revoke --all', 'keys rotate'],
      'dynamodb:GetItem': ['sessions revoke --grant', ...ending],
      'dynamodb:BatchGetItem': ['sessions revoke --subject'],
      'dynamodb:PutItem': ['sessions revoke --grant', ...ending],
      'kms:GenerateDataKey': ending,
      'kms:Decrypt': ['sessions revoke --subject'],
      'kms:ReEncryptFrom': ['keys rotate'],
      'kms:ReEncryptTo': ['keys rotate'],
    };
    for (const [action, names] of Object.entries(missing)) {
      test(`without ${action} this is missed: ${names.join(', ')}`, { timeout: 120_000 }, async () => {
        const said = await saidToOperator(names, without('operator', action));
        assert.deepEqual(names.filter((name) => !/^1: .*AccessDenied/s.test(said[name])), [], JSON.stringify(said, null, 1));
      });
    }

    test('no other role of the stack can do this', { timeout: 60_000 }, async () => {
      await havePolicies();
      await new RawClient({ gateway: world.at('a') }).signIn();
      for (const role of [world.stack.role, world.stack.maintenance]) {
        for (const name of ['sessions revoke --user', 'sessions revoke --all', 'keys rotate']) {
          const { code, errors, output } = await asTask(role, await commands[name]());
          assert.equal(code, 1, `${role}: ${name}`);
          assert.match(output + errors, /AccessDenied/, `${role}: ${name}`);
        }
      }
    });
  });

  describe('beyond them', () => {
    afterEach(() => havePolicies());

    // What AWS answers to each of these calls with the role's credentials: name -> error or "allowed". A call that fails for another reason was allowed.
    async function tried(role) {
      const [answers] = await runPython('role_attempts.py', [world.stack.table, world.stack.key, world.cloud.key], { env: await roleEnvironment(role) });
      return answers;
    }
    const allowedIn = (answers) => Object.entries(answers).filter(([, answer]) => !/^AccessDenied/.test(answer)).map(([name]) => name).sort();
    const ofTable = (actions) => actions.filter((action) => action.startsWith('dynamodb:'));

    test('nothing is allowed: no listing, no settings, no other table, no other use of the key, no other service', { timeout: 60_000 }, async () => {
      const answers = await tried();
      assert.ok(Object.keys(answers).length > 40);
      assert.deepEqual(allowedIn(answers), ofTable(permitted));
    });

    test('a task that lists sessions has a role that lists records, and opens nothing', { timeout: 60_000 }, async () => {
      await new RawClient({ gateway: world.at('a') }).signIn();
      assert.ok((await someSession()).grant);
      assert.deepEqual(allowedIn(await tried(world.stack.maintenance)), ['dynamodb:Scan']);
    });

    test('an operator\'s task lists records and wraps data keys anew under this key, and that is all it may besides', { timeout: 60_000 }, async () => {
      assert.deepEqual(allowedIn(await tried(world.stack.operator)), [...ofTable(operating), 'kms:ReEncrypt']);
    });

    const inContext = /^kms:(GenerateDataKey|Decrypt|ReEncrypt) (without|with another)/;

    for (const [of, least] of [['role', 3], ['operator', 6]]) {
      test(`the policy of the ${of === 'role' ? 'tasks' : 'operator'} holds the context by itself, where the key leaves it to the account`, { timeout: 60_000 }, async () => {
        const key = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'kms:*', Resource: '*' }] };
        await havePolicies({ key });
        assert.deepEqual(allowedIn(await tried(world.stack[of])).filter((name) => inContext.test(name)), []);
        const role = clone(whole[of]);
        for (const statement of role.Statement) delete statement.Condition;
        await havePolicies({ key, [of]: role });
        assert.ok(allowedIn(await tried(world.stack[of])).filter((name) => inContext.test(name)).length >= least, 'without its condition it would not');
      });

      test(`so does the key's policy, where that of the ${of === 'role' ? 'tasks' : 'operator'} has no condition`, { timeout: 60_000 }, async () => {
        const role = clone(whole[of]);
        for (const statement of role.Statement) delete statement.Condition;
        await havePolicies({ [of]: role });
        assert.deepEqual(allowedIn(await tried(world.stack[of])).filter((name) => inContext.test(name)), []);
        const key = clone(whole.key);
        key.Statement = key.Statement.filter(({ Effect }) => Effect === 'Allow');
        for (const statement of key.Statement) delete statement.Condition;
        await havePolicies({ [of]: role, key });
        assert.ok(allowedIn(await tried(world.stack[of])).filter((name) => inContext.test(name)).length >= least, 'without its conditions it would not');
      });
    }

    test('nor does an administrator of the account use the key', { timeout: 60_000 }, async () => {
      const [answers] = await runPython('role_attempts.py', [world.stack.table, world.stack.key], { env: admin });
      assert.deepEqual(allowedIn(answers).filter((name) => /^kms:(GenerateDataKey|Decrypt|Encrypt|ReEncrypt|CreateGrant)/.test(name)), []);
      assert.ok(allowedIn(answers).includes('kms:DescribeKey'), 'administers it');
    });
  });

  describe('moving to another key', () => {
    test('by SealingKeys and `gatehouse keys rotate`: nobody signs in again, and the old key is no longer needed', { timeout: 180_000 }, async () => {
      await havePolicies();
      const client = await new RawClient({ gateway: world.at('a') }).signIn();
      const old = world.stack.key;
      const fresh = await world.cloud.newKey();
      const early = await asTask(world.stack.operator, ['keys', 'rotate'], { key: `${fresh},${old}` });
      assert.equal(early.code, 1);
      assert.match(early.output + early.errors, /AccessDenied/, 'a key whose policy leaves it to the account is not the role\'s before the stack names it');
      await runPython('deploy.py', ['policy', 'key', fresh], { env: admin, input: JSON.stringify(whole.key) });
      const haveKeys = async (keys) => {
        const [{ status, reason }] = await runPython('deploy.py', ['change'], { env: admin, input: JSON.stringify({ name: world.stack.name, parameters: { SealingKeys: keys } }) });
        assert.equal(status, 'UPDATE_COMPLETE', reason);
        for (const name of world.names) {
          Object.assign(world.get(name).settings, { GATEHOUSE_KEY: `kms:${keys}` });
          await world.cool(name);
          works(await whoami(world, client, name));
        }
      };
      await haveKeys(`${old},${fresh}`);
      await haveKeys(`${fresh},${old}`);
      const rotated = await asTask(world.stack.operator, ['keys', 'rotate'], { key: `${fresh},${old}` });
      succeeds(rotated);
      assert.match(rotated.output, /[1-9]\d* wrapped anew/);
      const finished = await asTask(world.stack.operator, ['keys', 'rotate', '--finish'], { key: `${fresh},${old}` });
      succeeds(finished);
      assert.match(finished.output, / 0 wrapped anew.*no longer needed/s);
      await haveKeys(fresh);
      await world.cloud.setKey('Disabled', old);
      for (const name of world.names) {
        await world.cool(name);
        works(await search(world, client, name));
      }
      for (const [role, called] of [[world.stack.role, 'serving'], [world.stack.operator, 'operator']]) {
        const [{ role: { Statement } }] = await runPython('deploy.py', ['policies', role, fresh, called], { env: admin });
        assert.deepEqual(Statement.filter(({ Action }) => Action.some((action) => action.startsWith('kms:'))).map(({ Resource }) => Resource), [[fresh]]);
      }
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
        assert.ok(worlds.some((actions) => actions['dynamodb:BatchGetItem']?.made > 0), 'it ran on the stack');
        for (const { 'dynamodb:DescribeTable': settings, ...actions } of worlds) {
          assert.ok(!settings?.made, 'the doctor, who would look at the settings of the table, does without');
          assert.deepEqual(Object.keys(actions).filter((action) => !permitted.includes(action)), []);
          assert.deepEqual(Object.entries(actions).filter(([, { denied }]) => denied > 0), []);
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }
});
