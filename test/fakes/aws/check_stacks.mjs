// SPDX-License-Identifier: Apache-2.0
//
// Shows that the test AWS deploys templates and asks policies as README.md says. Run by `node --test check_stacks.mjs`.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Cloud } from '../../e2e/lib/cloud.mjs';
import { runPython } from '../../e2e/lib/python.mjs';

const cloud = new Cloud();
let env;
before(async () => {
  await cloud.start();
  env = cloud.environment('administrator');
}, { timeout: 60_000 });
after(() => cloud.stop());

let count = 0;
async function create(template, parameters = {}) {
  const [made] = await runPython('deploy.py', ['create'], { env, input: JSON.stringify({ name: `stack-${(count += 1)}`, template, parameters }) });
  return made;
}
const group = (name, more = '') => `  ${name}:\n    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: ${name}${more} }\n`;

describe('a template', () => {
  test('is made in the order of its references, whatever the order of its text, with functions and conditions worked out', async () => {
    const { status, reason, outputs, resources } = await create(`
Parameters:
  Cidr: { Type: String, Default: 10.0.0.0/16 }
  Wanted: { Type: String, Default: 'no' }
Conditions:
  Is: !Equals [!Ref Wanted, 'yes']
  IsNot: !Not [!Condition Is]
Mappings:
  Words: { a: { b: mapped } }
Resources:
  Second:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref First
      CidrBlock: !Select [1, !Cidr [!Ref Cidr, 2, 8]]
      Tags: !If [Is, [{ Key: a, Value: b }], !Ref AWS::NoValue]
  First:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: !Ref Cidr }
  Absent:
    Type: AWS::EC2::InternetGateway
    Condition: Is
Outputs:
  Words: { Value: !Sub ['\${x} \${AWS::StackName} \${!kept} \${Second}', { x: !FindInMap [Words, a, b] }] }
  Joined: { Value: !Join ['-', [a, !Ref Cidr]] }
  Absent: { Condition: Is, Value: x }
`);
    assert.equal(status, 'CREATE_COMPLETE', reason);
    assert.deepEqual(Object.keys(resources).sort(), ['First', 'Second']);
    assert.deepEqual(outputs, { Words: `mapped stack-1 \${kept} ${resources.Second}`, Joined: 'a-10.0.0.0/16' });
  });

  for (const [what, text, words] of [
    ['of an unknown type', 'Resources:\n  A: { Type: AWS::Foo::Bar }\n', /type AWS::Foo::Bar is not modelled/],
    ['with an attribute that there is not', `Resources:\n${group('a')}Outputs:\n  X: { Value: !GetAtt a.Name }\n`, /does not support attribute type Name/],
    ['that refers to nothing', 'Resources:\n  A:\n    Type: AWS::EC2::Subnet\n    Properties: { VpcId: !Ref Nothing, CidrBlock: 10.0.0.0/24 }\n', /Unresolved resource dependencies \[Nothing\]/],
    ['that goes in circles', 'Resources:\n  A: { Type: AWS::SNS::Topic, Properties: { TopicName: !Ref B } }\n  B: { Type: AWS::SNS::Topic, Properties: { TopicName: !Ref A } }\n', /Circular dependency.*A, B/],
    ['with a value of the wrong type', 'Resources:\n  A: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16, EnableDnsSupport: { a: b } } }\n', /Invalid type|Parameter validation/],
  ]) {
    test(`${what} is not made, and says why`, async () => {
      const { status, reason } = await create(text);
      assert.match(status, /ROLLBACK/);
      assert.match(reason, words);
    });
  }

  for (const [what, text, parameters, words] of [
    ['with aliases', 'Resources:\n  A: &a { Type: AWS::SNS::Topic, Properties: { TopicName: a } }\n  B: *a\n', {}, /aliases are not allowed/],
    ['without resources', 'Outputs: {}\n', {}, /At least one Resources member/],
    ['with a parameter that has no value', `Parameters:\n  A: { Type: String }\nResources:\n${group('b')}`, {}, /\['A'\] must have values/],
    ['with a value for no parameter', `Resources:\n${group('c')}`, { A: 'x' }, /\['A'\] do not exist/],
    ['that is too long to be sent', `# ${'x'.repeat(51_300)}\nResources:\n${group('d')}`, {}, /less than or equal to 51200/],
  ]) {
    test(`${what} is refused`, async () => {
      const { status, reason } = await create(text, parameters);
      assert.equal(status, 'REFUSED');
      assert.match(reason, words);
    });
  }
});

describe('policies', () => {
  const account = '123456789012';
  const root = `arn:aws:iam::${account}:root`;
  const statement = (Effect, Action, more) => ({ Effect, Action, Resource: '*', ...more });
  let made;

  before(async () => {
    made = await create(`
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] } }
  Policy:
    Type: AWS::IAM::RolePolicy
    Properties: { RoleName: !Ref Role, PolicyName: serving, PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: 'dynamodb:GetItem', Resource: '*' }] } }
  Key:
    Type: AWS::KMS::Key
    Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'kms:*', Resource: '*' }] } }
Outputs:
  Arn: { Value: !GetAtt Key.Arn }
`);
    assert.equal(made.status, 'CREATE_COMPLETE', made.reason);
  });

  async function encrypts(role, key) {
    const document = (statements) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
    await runPython('deploy.py', ['policy', 'role', made.resources.Role], { env, input: document([...role, statement('Allow', 'dynamodb:GetItem')]) });
    await runPython('deploy.py', ['policy', 'key', made.resources.Key], { env, input: document([...key, statement('Allow', 'kms:PutKeyPolicy', { Principal: { AWS: root } })]) });
    const lent = await cloud.lend(made.resources.Role);
    const own = { ...env, AWS_ACCESS_KEY_ID: lent.access_key_id, AWS_SECRET_ACCESS_KEY: lent.secret_access_key, AWS_SESSION_TOKEN: lent.session_token };
    const [answers] = await runPython('role_attempts.py', ['table', made.outputs.Arn], { env: own });
    assert.equal(answers['iam:list_roles'], 'AccessDenied', 'a role that a stack made may nothing else');
    return answers['kms:Encrypt'] === 'allowed';
  }

  const may = [statement('Allow', 'kms:Encrypt')];
  const named = () => ({ Principal: { AWS: `arn:aws:iam::${account}:role/${made.resources.Role}` } });
  const context = (operator, app) => ({ Condition: { [operator]: { 'kms:EncryptionContext:app': app } } });
  for (const [what, role, key, allowed] of [
    ['the role\'s, where the key leaves it to the account', may, () => [statement('Allow', 'kms:*', { Principal: { AWS: root } })], true],
    ['the role\'s, but not where the key does not', may, () => [], false],
    ['the key\'s alone, where it names the role', [], () => [statement('Allow', 'kms:Encrypt', named())], true],
    ['the key\'s, which leaves it to the account, but not when the role\'s is silent', [], () => [statement('Allow', 'kms:*', { Principal: { AWS: root } })], false],
    ['the key\'s, when the context is right', [], () => [statement('Allow', 'kms:Encrypt', { ...named(), ...context('StringEquals', 'gatehouse') })], true],
    ['the key\'s, but not when the context is wrong', [], () => [statement('Allow', 'kms:Encrypt', { ...named(), ...context('StringEquals', 'another') })], false],
    ['both, but not against a Deny of the key', may, () => [statement('Allow', 'kms:Encrypt', named()), statement('Deny', 'kms:Encrypt', { Principal: '*', ...context('StringNotEquals', 'another') })], false],
    ['the key\'s, but not against a Deny of the role', [statement('Deny', 'kms:Encrypt')], () => [statement('Allow', 'kms:Encrypt', named())], false],
  ]) {
    test(`allow by ${what}`, { timeout: 60_000 }, async () => assert.equal(await encrypts(role, key()), allowed));
  }
});
