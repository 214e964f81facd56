// SPDX-License-Identifier: Apache-2.0
//
// `gatehouse doctor` on AWS: each permission is tried, each misfit of table, key, credentials, region and clock is named with its remedy. Where
// the remedy is a command, it is run as it stands, and then the doctor is content.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Child } from './lib/child.mjs';
import { FakeTime } from './lib/fake_time.mjs';
import { python } from './lib/python.mjs';
import { Replicas } from './lib/replicas.mjs';

const limit = { timeout: 60_000 };
const day = 86_400;
let world;

// What the doctor says with the rights of this role: its exit code, and lines of a verdict about a subject.
async function doctor({ role = 'gatehouse', env = {} } = {}) {
  const { code, output, errors } = await world.command(['doctor'], { role, env });
  const lines = output.split('\n').filter(Boolean);
  const of = (verdict, subject) => lines.filter((line) => line.startsWith(verdict) && line.slice(6).startsWith(subject)).map((line) => line.slice(6 + subject.length).trim());
  return { code, output: output + errors, of, one: (verdict, subject) => {
    const found = of(verdict, subject);
    assert.equal(found.length, 1, `${verdict} ${subject}:\n${output}`);
    return found[0];
  } };
}

// A command of AWS's own program, as an administrator types it.
async function aws(words) {
  const { AWS_ENDPOINT_URL: endpoint, ...env } = world.cloud.environment('administrator');
  const child = new Child(python(), ['-m', 'awscli', ...words, '--endpoint-url', endpoint], { env: { PATH: process.env.PATH, HOME: world.directory, ...env } });
  const { code } = await child.gone;
  assert.equal(code, 0, `aws ${words.join(' ')}\n${child.errors}`);
  return child.output;
}
// Runs what a line of the doctor ends with.
const obey = (line) => aws(/\baws ((?:dynamodb|kms) [^(]*?)\s*(?:\(.*)?$/.exec(line)[1].split(/ +/));

const createTable = (name, keys, ...more) => aws(['dynamodb', 'create-table', '--table-name', name,
  '--attribute-definitions', ...keys.map(([attribute, type]) => `AttributeName=${attribute},AttributeType=${type}`),
  '--key-schema', ...keys.map(([attribute], n) => `AttributeName=${attribute},KeyType=${n ? 'RANGE' : 'HASH'}`), ...more]);
const ours = [['sessionId', 'S']];
const onDemand = ['--billing-mode', 'PAY_PER_REQUEST'];

const actions = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'];

before(async () => { world = await Replicas.start({ names: ['a'], serving: false }); }, { timeout: 120_000 });
after(() => world?.end());

describe('the table', () => {
  // The policies of the roles are about this table.
  const named = async (name) => {
    await world.cloud.set({ table: name });
    return { GATEHOUSE_STORE: `dynamodb:${name}` };
  };
  after(() => world.cloud.set({ table: 'gatehouse' }));

  test('is missing: said once, not for every action; `store init` is the remedy', limit, async () => {
    const env = await named('gatehouse');
    const role = await doctor({ env });
    assert.equal(role.code, 1);
    assert.match(role.one('FAIL', 'table'), /^dynamodb:GetItem fails: .*ResourceNotFoundException.*Is there a table gatehouse in eu-central-1\? `gatehouse store init` makes it\.$/);
    const operator = await doctor({ role: 'administrator', env });
    assert.match(operator.one('FAIL', 'table'), /^there is no table gatehouse in eu-central-1\. Make it with `gatehouse store init`/);

    await world.init();
    const healthy = await doctor({ env });
    assert.equal(healthy.code, 0, healthy.output);
    assert.deepEqual(healthy.of('ok', 'table'), actions.map((action) => `${action} is allowed and works.`));
    assert.match(healthy.one('note', 'table'), /`gatehouse store init`, run as an operator \(deploy\/aws\/maintenance-policy\.json\)/);
  });

  test('the remedy for settings that the role cannot read works for an operator', limit, async () => {
    const { code, output } = await world.command(['store', 'init'], { role: 'maintenance' });
    assert.equal(code, 0, output);
    assert.match(output, /as it should be/);
  });

  test('was made by hand: each setting has its command, and all of them put it right', limit, async () => {
    const env = await named('bare');
    await createTable('bare', ours, '--provisioned-throughput', 'ReadCapacityUnits=1,WriteCapacityUnits=1');
    const found = await doctor({ role: 'administrator', env });
    assert.equal(found.code, 1);
    const lines = found.of('FAIL', 'table');
    assert.deepEqual(lines.map((line) => line.split(' is ')[0]), ['billing mode', 'deletion protection', 'time to live', 'point-in-time recovery']);
    for (const line of lines) await obey(line);
    const then = await doctor({ role: 'administrator', env });
    assert.equal(then.code, 0, then.output);
    assert.match(then.of('ok', 'table')[0], /^arn:aws:dynamodb:eu-central-1:\d+:table\/bare has the right settings\.$/);
    assert.deepEqual(then.of('FAIL', 'table'), []);
  });

  test('expires by another attribute', limit, async () => {
    const env = await named('other-ttl');
    await createTable('other-ttl', ours, ...onDemand, '--deletion-protection-enabled');
    await aws(['dynamodb', 'update-time-to-live', '--table-name', 'other-ttl', '--time-to-live-specification', 'Enabled=true,AttributeName=expires']);
    await aws(['dynamodb', 'update-continuous-backups', '--table-name', 'other-ttl', '--point-in-time-recovery-specification', 'PointInTimeRecoveryEnabled=true']);
    const line = (await doctor({ role: 'administrator', env })).one('FAIL', 'table');
    assert.match(line, /^time to live is on the attribute expires, not on the attribute ttl\. Run: aws .*Enabled=false,AttributeName=expires .*an hour later.*Enabled=true,AttributeName=ttl$/);
  });

  test('has other keys, for whoever asks', limit, async () => {
    const env = await named('odd');
    await createTable('odd', [['id', 'S'], ['at', 'N']], ...onDemand);
    const operator = (await doctor({ role: 'administrator', env })).of('FAIL', 'table');
    assert.match(operator[0], /^key schema is id \(HASH, S\), at \(RANGE, N\), not sessionId \(HASH, S\)\. Nothing changes the keys of a table/);
    const role = await doctor({ env });
    assert.equal(role.code, 1);
    assert.match(role.one('FAIL', 'table'), /^dynamodb:GetItem fails: .*The table was made for something else: its key must be sessionId.*run `gatehouse store init`\.$/);
  });

  test('is in another region than AWS_REGION', limit, async () => {
    await named('gatehouse');
    const found = await doctor({ env: { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' } });
    assert.match(found.of('FAIL', 'table')[0], /arn:aws:dynamodb:eu-west-1:\d+:table\/gatehouse .*set GATEHOUSE_STORE and AWS_REGION to where the table is\.$/);
  });
});

describe('permissions', () => {
  afterEach(() => world.cloud.deny('gatehouse'));
  for (const action of actions) {
    test(`${action} is missing: that alone, and where it belongs`, limit, async () => {
      await world.cloud.deny('gatehouse', action);
      const found = await doctor();
      assert.equal(found.code, 1);
      assert.match(found.one('FAIL', 'table'), new RegExp(`^${action} fails: .*AccessDeniedException.*perform: ${action} on resource.*give this role deploy/aws/serving-policy\\.json`));
      assert.deepEqual(found.of('ok', 'table'), actions.filter((one) => one !== action).map((one) => `${one} is allowed and works.`));
      assert.match(found.one('ok', 'sealing'), /kms:GenerateDataKey and kms:Decrypt/);
    });
  }
  for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) {
    test(`${action} is missing`, limit, async () => {
      await world.cloud.deny('gatehouse', action);
      const found = await doctor();
      assert.equal(found.code, 1);
      assert.match(found.one('FAIL', 'sealing'), new RegExp(`^${action} fails: .*AccessDeniedException.*in its policy and the key's.*deploy/aws/serving-policy\\.json is what the replicas' role needs`));
      assert.deepEqual(found.of('FAIL', 'table'), []);
    });
  }
  test('all are missing: every one is named', limit, async () => {
    const found = await doctor({ role: 'stranger' });
    assert.deepEqual(found.of('FAIL', 'table').map((line) => line.split(' ')[0]), actions);
    assert.match(found.one('FAIL', 'sealing'), /^kms:GenerateDataKey fails/);
  });
});

describe('the key', () => {
  afterEach(() => world.cloud.setKey('Enabled'));
  const key = (name) => ({ GATEHOUSE_KEY: `kms:${name}` });

  const states = [
    ['Disabled', /^kms:GenerateDataKey fails: .*is disabled\. Enable the key: aws kms enable-key --key-id KEY\./],
    ['PendingDeletion', /^kms:GenerateDataKey fails: .*is pending deletion\. If its deletion was scheduled: aws kms cancel-key-deletion/],
  ];
  for (const [state, words] of states) {
    test(`is ${state}`, limit, async () => {
      await world.cloud.setKey(state);
      const found = await doctor();
      assert.equal(found.code, 1);
      assert.match(found.one('FAIL', 'sealing'), words);
    });
  }
  test('does not exist, by its id, its alias, or in this region', limit, async () => {
    for (const name of ['11111111-2222-3333-4444-555555555555', 'alias/nothing', world.cloud.key.replace('eu-central-1', 'eu-west-1')]) {
      const found = await doctor({ env: key(name) });
      assert.equal(found.code, 1);
      assert.match(found.one('FAIL', 'sealing'), /^kms:GenerateDataKey fails: .*NotFoundException.*[^.]\. Check GATEHOUSE_KEY and the region\.$/, name);
    }
  });
  test('does not rotate: a note for whoever may see it, with the command; the role is not asked to', limit, async () => {
    const line = (await doctor({ role: 'administrator' })).one('note', 'key');
    assert.match(line, /^arn:aws:kms:eu-central-1:\d+:key\/\S+ does not rotate\. Run: aws kms enable-key-rotation/);
    await obey(line);
    assert.match((await doctor({ role: 'administrator' })).one('ok', 'key '), /is enabled and rotates by itself\.$/);
    assert.deepEqual((await doctor()).of('note', 'key '), []);
  });
  test('beside the first is disabled or going: what it has sealed would not open', limit, async () => {
    const fresh = await world.cloud.newKey();
    const both = key(`${fresh},${world.cloud.key}`);
    await world.cloud.setKey('Disabled');
    const disabled = await doctor({ role: 'administrator', env: both });
    assert.equal(disabled.code, 1);
    const line = disabled.one('FAIL', 'key ');
    assert.match(line, /is disabled, and what it has sealed does not open\. Run: aws kms enable-key --region eu-central-1 --key-id arn:aws:kms:/);
    await obey(line);
    assert.deepEqual((await doctor({ role: 'administrator', env: both })).of('FAIL', 'key '), []);
    await world.cloud.setKey('PendingDeletion');
    assert.match((await doctor({ role: 'administrator', env: both })).one('FAIL', 'key '), /^\S+ will be deleted, .*cancel-key-deletion/);
  });
  test('is one to sign with', limit, async () => {
    const { KeyMetadata: { Arn: arn } } = JSON.parse(await aws(['kms', 'create-key', '--key-spec', 'ECC_NIST_P256', '--key-usage', 'SIGN_VERIFY', '--output', 'json']));
    const found = await doctor({ role: 'administrator', env: key(arn) });
    assert.match(found.one('FAIL', 'key '), /is of the kind ECC_NIST_P256 for SIGN_VERIFY, and Gatehouse needs a symmetric one/);
  });
});

describe('credentials', () => {
  test('there are none', limit, async () => {
    const found = await doctor({ env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } });
    assert.equal(found.code, 1);
    assert.match(found.one('FAIL', 'credentials'), /^no AWS credentials found\. Set AWS_ACCESS_KEY_ID/);
  });
  const wrong = {
    'the secret belongs to another id': [async () => ({ AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) }), /InvalidSignatureException.*If AWS_SECRET_ACCESS_KEY belongs to AWS_ACCESS_KEY_ID, this machine's clock is wrong/],
    'AWS does not know them': [async () => ({ AWS_ACCESS_KEY_ID: 'AKIAQQQQQQQQQQQQQQQQ' }), /UnrecognizedClientException.*mistyped, deleted or of another partition/],
    'they have ended': [async () => {
      const lent = await world.cloud.lend('gatehouse');
      await world.cloud.revoke('gatehouse');
      return { AWS_ACCESS_KEY_ID: lent.access_key_id, AWS_SECRET_ACCESS_KEY: lent.secret_access_key, AWS_SESSION_TOKEN: lent.session_token };
    }, /ExpiredTokenException.*Get new credentials, or run where AWS gives a role\.$/],
    'AWS is out of reach': [async () => ({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }), /connect to 127\.0\.0\.1 failed.*Can this machine reach AWS\?/],
  };
  for (const [what, [env, words]] of Object.entries(wrong)) {
    test(`${what}: said once`, limit, async () => {
      const found = await doctor({ env: await env() });
      assert.equal(found.code, 1);
      assert.match(found.one('FAIL', 'table'), words);
      assert.match(found.one('FAIL', 'sealing'), words);
      assert.deepEqual(found.of('note', 'table'), [], 'it is not for want of a permission');
    });
  }
});

describe('the clock', () => {
  for (const shift of [400, -400]) {
    test(`is ${shift} s ahead: named, and AWS is asked all the same`, limit, async () => {
      const time = new FakeTime(world.directory);
      time.shift(shift);
      try {
        const found = await doctor({ env: time.env });
        assert.equal(found.code, 1);
        assert.match(found.one('FAIL', 'clock'), /^is (399|400|401) s away from Google's\. Switch on time synchronisation/);
        assert.deepEqual(found.of('FAIL', 'table'), [], found.output);
      } finally {
        time.close();
      }
    });
  }
});

test('after two months the first token key is gone, and the doctor finds its successor', { timeout: 120_000 }, async () => {
  const old = await Replicas.start({ names: ['a'], wallClock: true });
  const examined = async () => (await old.command(['doctor'], { role: 'gatehouse', env: old.time.env })).output;
  try {
    assert.match(await examined(), /^ok +token keys +are there and open\.$/m);
    for (const days of [31, 60]) {
      await old.jump(days * day);
      await old.cool('a');
    }
    const keys = (await old.table.rows()).filter(({ sessionId, ttl }) => sessionId.S.startsWith('KEY#') && Number(ttl.N) > Date.now() / 1000 + 60 * day);
    assert.ok(keys.length > 0 && keys.every(({ sessionId }) => sessionId.S !== 'KEY#1'), JSON.stringify(keys.map(({ sessionId }) => sessionId)));
    assert.match(await examined(), /^ok +token keys +are there and open\.$/m);
  } finally {
    await old.end();
  }
});
