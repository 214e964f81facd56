// SPDX-License-Identifier: Apache-2.0
//
// deploy/cloudformation/gatehouse.yaml, deployed to the test AWS by the aws command line and looked at through AWS's API by
// deploy/check-stack, which is seen to find every fault it is there for.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../e2e/lib/child.mjs';
import { Cloud } from '../e2e/lib/cloud.mjs';
import { gatewayBinary } from '../e2e/lib/gateway.mjs';
import { python, runPython } from '../e2e/lib/python.mjs';
import { documented } from '../documented.mjs';
import { faults, mistyped, refused } from './faults.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const path = join(root, 'deploy/cloudformation/gatehouse.yaml');
const text = readFileSync(path, 'utf8');
const hostname = 'gatehouse.example.com';

const cloud = new Cloud();
let env;
let directory;
let template; // as JSON
let forms; // name -> parameters

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-deploy-'));
  await cloud.start();
  env = { PATH: process.env.PATH, HOME: process.env.HOME, ...cloud.environment('administrator') };
  [template] = await runPython('deploy.py', ['read', path]);
  const [{ certificate, zone }] = await runPython('deploy.py', ['prepare', hostname], { env });
  const least = {
    Hostname: hostname, CertificateArn: certificate, Image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/gatehouse:1.0.0', GoogleClientId: '1234567890-abc.apps.googleusercontent.com',
    GoogleClientSecret: 'GOCSPX-of-no-value', AllowedDomains: 'example.com',
  };
  const fullest = {
    ...least, HostedZoneId: zone, Network: 'nat-per-zone', TableEncryption: 'own-key', Firewall: 'on', AlarmEmail: 'ops@example.com', Architecture: 'x86', TaskSize: 'medium', BrandName: 'Acme Mail',
    Contact: 'it@example.com', AllowedDomains: 'example.com,example.org', Mode: 'draft', MinTasks: '3', MaxTasks: '20', ClientCidr: '203.0.113.0/24', LogRetentionDays: '365',
  };
  forms = { default: least, fullest, 'fullest-without-firewall': { ...fullest, Firewall: 'off' } };
}, { timeout: 60_000 });
after(async () => {
  await cloud.stop();
  if (directory) rmSync(directory, { recursive: true, force: true });
});

async function run(program, args, { env: own = env } = {}) {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: root, env: own, timeout: 120_000, maxBuffer: 1 << 24 }, (error, output, errors) => resolve({ code: error ? (error.code ?? 1) : 0, output, errors }));
  });
}

const aws = (...args) => run(python(), ['-m', 'awscli', ...args]);
const asked = async (...args) => {
  const { code, output, errors } = await aws(...args, '--output', 'json');
  assert.equal(code, 0, errors);
  return JSON.parse(output);
};

// The findings of deploy/check-stack: name of each check -> what is wrong, '' when all is well.
async function look(stack) {
  const { output, errors } = await run(python(), ['deploy/check-stack', stack, '--json']);
  const lines = output.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  assert.ok(lines.length > 50, errors);
  return new Map(lines.map(({ check, wrong }) => [check, wrong]));
}

const wrongIn = (found) => [...found].filter(([, wrong]) => wrong).map(([check, wrong]) => `${check}: ${wrong}`);

function changed(changes) {
  return changes.reduce((whole, [from, to]) => {
    assert.equal(whole.split(from).length, 2, `stands once in the template: ${from}`);
    return whole.replace(from, () => to);
  }, text);
}

function deploy(stack, parameters, template = 'deploy/cloudformation/gatehouse.yaml') {
  const file = join(directory, `${stack}.json`);
  writeFileSync(file, JSON.stringify(Object.entries(parameters).map(([name, value]) => `${name}=${value}`)), { mode: 0o600 });
  return aws('cloudformation', 'deploy', '--stack-name', stack, '--template-file', template, '--capabilities', 'CAPABILITY_IAM', '--no-fail-on-empty-changeset', '--parameter-overrides', `file://${file}`);
}

describe('the template', () => {
  test('is plain, and small enough to be sent as it is', () => {
    assert.ok(Buffer.byteLength(text) <= 51_200, `${Buffer.byteLength(text)} bytes of 51,200`);
    assert.equal(template.Transform, undefined);
    const kinds = Object.values(template.Resources).map(({ Type }) => Type);
    assert.deepEqual(kinds.filter((kind) => /CloudFormation|Custom|Serverless|Lambda/.test(kind)), []);
  });

  test('keeps table and keys when the stack goes or changes', () => {
    for (const name of ['Table', 'Key', 'TableKey']) {
      const { DeletionPolicy, UpdateReplacePolicy } = template.Resources[name];
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['Retain', 'Retain'], name);
    }
  });

  test('groups and names every parameter, and says in words what a pattern wants', () => {
    const { ParameterGroups, ParameterLabels } = template.Metadata['AWS::CloudFormation::Interface'];
    const names = Object.keys(template.Parameters).sort();
    assert.deepEqual(ParameterGroups.flatMap((group) => group.Parameters).sort(), names);
    assert.deepEqual(Object.keys(ParameterLabels).sort(), names);
    for (const [name, how] of Object.entries(template.Parameters)) assert.ok(!how.AllowedPattern || how.ConstraintDescription, name);
    assert.equal(template.Parameters.GoogleClientSecret.NoEcho, true);
    for (const [name, { Description }] of Object.entries(template.Outputs)) if (['RedirectUri', 'DnsTarget', 'McpUrl'].includes(name)) assert.match(Description, /^[123]\. /);
  });

  test('needs nothing that is there before but a certificate, an image and the client at Google', () => {
    const needed = Object.entries(template.Parameters).filter(([, how]) => how.Default === undefined).map(([name]) => name);
    assert.deepEqual(needed.sort(), ['AllowedDomains', 'CertificateArn', 'GoogleClientId', 'GoogleClientSecret', 'Hostname', 'Image']);
  });

  test('passes cfn-lint, which refuses what only it can see', { timeout: 120_000 }, async () => {
    const files = refused.map(([name, change]) => {
      const file = join(directory, `${name.replaceAll(' ', '-')}.yaml`);
      writeFileSync(file, changed([change]));
      return file;
    });
    const { output, errors } = await run(python(), ['-c', 'import sys; from cfnlint.runner import main; sys.exit(main())', '--format', 'json', path, ...files]);
    assert.ok(output.startsWith('['), errors);
    const findings = JSON.parse(output);
    assert.deepEqual(findings.filter(({ Filename }) => Filename === path), []);
    refused.forEach(([name, , words], index) => assert.ok(findings.some((one) => one.Filename === files[index] && words.test(JSON.stringify(one))), name));
  });

  test('gives the container settings that the program has, and no secret among them', () => {
    const known = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
    const [{ Environment, Secrets }] = template.Resources.Task.Properties.ContainerDefinitions;
    const names = [...Environment, ...Secrets].map((one) => one.Name ?? one['Fn::If'][1].Name);
    assert.ok(names.length >= 17);
    assert.deepEqual(names.filter((name) => !known.includes(`## \`${name}\``)), []);
    assert.deepEqual(Secrets.map(({ Name }) => Name), ['GOOGLE_CLIENT_SECRET']);
    assert.doesNotMatch(JSON.stringify(Environment), /SECRET|GoogleSecret/);
  });

  test('holds the seconds that docs/limits.md says', () => {
    const limits = readFileSync(join(root, 'docs/limits.md'), 'utf8');
    const seconds = (row) => Number(new RegExp(`^\\| ${row} \\| (\\d+) s \\|`, 'm').exec(limits)?.[1]);
    const checks = readFileSync(join(root, 'deploy/check_stack/traffic_checks.py'), 'utf8');
    assert.match(checks, new RegExp(`LONGEST_CALL, TASK_KEEPS_IDLE, DRAIN = ${seconds('one tool call')}, ${seconds('silence between requests')}, 20\\b`));
  });
});

describe('deployed', () => {
  let outputs;

  test('by `aws cloudformation deploy` in its least form everything is as it should be', { timeout: 120_000 }, async () => {
    const deployed = await deploy('gatehouse', forms.default);
    assert.equal(deployed.code, 0, deployed.output + deployed.errors);
    assert.deepEqual(wrongIn(await look('gatehouse')), []);
    const [stack] = (await asked('cloudformation', 'describe-stacks', '--stack-name', 'gatehouse')).Stacks;
    outputs = Object.fromEntries(stack.Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
    assert.equal(outputs.RedirectUri, 'https://gatehouse.example.com/oauth/google/callback');
    assert.doesNotMatch(JSON.stringify(stack), new RegExp(forms.default.GoogleClientSecret), 'the client secret is not shown');
  });

  test('and in its fullest form', { timeout: 120_000 }, async () => {
    const deployed = await deploy('fullest', forms.fullest);
    assert.equal(deployed.code, 0, deployed.output + deployed.errors);
    assert.deepEqual(wrongIn(await look('fullest')), []);
  });

  test('check-stack says so in words, and ends with 1 when something is amiss', { timeout: 60_000 }, async () => {
    const sound = await run(python(), ['deploy/check-stack', 'gatehouse']);
    assert.equal(sound.code, 0, sound.output + sound.errors);
    assert.match(sound.output, /^ok {4}table-ttl: /m);
    assert.equal((await aws('dynamodb', 'update-table', '--table-name', outputs.TableName, '--no-deletion-protection-enabled')).code, 0);
    const amiss = await run(python(), ['deploy/check-stack', 'gatehouse']);
    assert.equal((await aws('dynamodb', 'update-table', '--table-name', outputs.TableName, '--deletion-protection-enabled')).code, 0);
    assert.equal(amiss.code, 1);
    assert.match(amiss.output, /^FAIL {2}table-protection: .*\n +but deletion protection is off\n.*aws dynamodb update-table --deletion-protection-enabled/m);
    const nothing = await run(python(), ['deploy/check-stack', 'no-such-stack']);
    assert.equal(nothing.code, 1);
    assert.match(nothing.errors, /no-such-stack cannot be looked at: .*does not exist/);

    const trust = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    const reading = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['cloudformation:*', 'dynamodb:*', 'secretsmanager:*', 'iam:*', 'ec2:*', 'elasticloadbalancing:*', 'ecs:*', 'logs:*', 'application-autoscaling:*', 'monitoring:*', 'sns:*'], Resource: '*' }] });
    assert.equal((await aws('iam', 'create-role', '--role-name', 'reader', '--assume-role-policy-document', trust)).code, 0);
    assert.equal((await aws('iam', 'put-role-policy', '--role-name', 'reader', '--policy-name', 'all-but-kms', '--policy-document', reading)).code, 0);
    const lent = await cloud.lend('reader');
    const short = await run(python(), ['deploy/check-stack', 'gatehouse'], { env: { ...env, AWS_ACCESS_KEY_ID: lent.access_key_id, AWS_SECRET_ACCESS_KEY: lent.secret_access_key, AWS_SESSION_TOKEN: lent.session_token } });
    assert.equal(short.code, 1);
    assert.equal(short.output, '', 'nothing is judged half');
    assert.match(short.errors, /may not read what it takes to judge gatehouse: KMS: describe_key, KMS: get_key_policy, KMS: get_key_rotation_status$/m);
  });

  for (const [role, name, file, statements] of [['TaskRole', 'serving', 'serving-policy', ['Records', 'DataKeys']], ['MaintenanceRole', 'maintenance', 'maintenance-policy', ['List']], ['OperatorRole', 'operator', 'operator-policy', ['Records', 'Keys']]]) {
    test(`${role} has ${statements.join(' and ')} of deploy/aws/${file}.json, word for word, and no more`, async () => {
      const { StackResources } = await asked('cloudformation', 'describe-stack-resources', '--stack-name', 'gatehouse');
      const id = (logical) => StackResources.find(({ LogicalResourceId }) => LogicalResourceId === logical).PhysicalResourceId;
      const { PolicyDocument } = await asked('iam', 'get-role-policy', '--role-name', id(role), '--policy-name', name);
      const written = readFileSync(join(root, `deploy/aws/${file}.json`), 'utf8');
      const [, , , region, account] = outputs.KeyArn.split(':');
      const filled = written.replaceAll('REGION', region).replaceAll('ACCOUNT', account).replaceAll('key/KEY', `key/${id('Key')}`).replaceAll(/\bTABLE\b/g, id('Table'));
      const sorted = (list) => list.map((one) => ({ ...one, Action: [...one.Action].sort() }));
      assert.deepEqual(sorted(PolicyDocument.Statement), sorted(JSON.parse(filled).Statement.filter(({ Sid }) => statements.includes(Sid))));
    });
  }

  test('the table is what `gatehouse store init` makes, as it says itself', { timeout: 30_000 }, async () => {
    const child = new Child(gatewayBinary(), ['store', 'init'], {
      env: {
        ...env, GATEHOUSE_STORE: `dynamodb:${outputs.TableName}`, GATEHOUSE_KEY: `kms:${outputs.KeyArn}`, GATEHOUSE_PUBLIC_URL: 'https://gatehouse.example.com',
        GOOGLE_CLIENT_ID: forms.default.GoogleClientId, GOOGLE_CLIENT_SECRET: forms.default.GoogleClientSecret, ALLOWED_DOMAINS: forms.default.AllowedDomains,
      },
    });
    const { code } = await child.gone;
    assert.equal(code, 0, child.output + child.errors);
    assert.match(child.output, /is there.*as it should be/s);
  });

  // Commands of pages, one after the other. What would start a task is only checked by the aws command line, and told in `told`. The same question again has the same answer.
  async function shell(...blocks) {
    const place = mkdtempSync(join(directory, 'shell-'));
    const setting = `set -eu
      aws() {
        local kept="${place}/$(printf %s "$*" | cksum | tr ' ' -)"
        case "$*" in
          ecs*|logs*) printf '%s\\n' "$*" >> '${place}/told'; set -- "$@" --generate-cli-skeleton output ;;
          *describe-stacks*) ;;
          *) kept=/dev/null ;;
        esac
        if [ -s "$kept" ]; then cat "$kept"; else command ${python()} -m awscli "$@" | tee "$kept"; return "\${PIPESTATUS[0]}"; fi
      }\n`;
    const { code, output, errors } = await run('bash', ['-c', setting + blocks.join('')]);
    assert.equal(code, 0, output + errors);
    return { output, told: readFileSync(join(place, 'told'), 'utf8').split('\n') };
  }
  const definitions = documented('docs/operations.md', 'as-role');

  test('commands of operators run as tasks, in words that the aws command line takes, with the role that is for them', { timeout: 120_000 }, async () => {
    assert.equal(documented('docs/deploy-aws.md', 'as-role'), definitions);
    const page = documented('docs/operations.md', 'operator-commands');
    const { told } = await shell(definitions, documented('docs/deploy-aws.md', 'doctor'), documented('docs/deploy-aws.md', 'sessions'), page, 'if (as_role NoSuchRole doctor); then exit 1; fi\n');
    const started = told.filter((words) => words.startsWith('ecs run-task')).map((words) => JSON.parse(/--overrides (\{.*\}) --query/.exec(words)[1]));
    assert.equal(started.length, 3 + page.trim().split('\n').length);
    for (const { taskRoleArn, containerOverrides: [{ name, command }] } of started) {
      const role = { doctor: 'TaskRole', 'sessions list': 'MaintenanceRole' }[command.slice(0, 2).join(' ')] ?? 'OperatorRole';
      assert.equal(taskRoleArn, outputs[role], command.join(' '));
      assert.equal(name, 'gatehouse');
    }
    assert.deepEqual(started[0].containerOverrides[0].command, ['doctor']);
    assert.equal(told.filter((words) => words.startsWith('ecs wait tasks-stopped --cluster gatehouse --tasks')).length, started.length);
    assert.equal(told.filter((words) => /^logs get-log-events .*--log-stream-name serve\/gatehouse\//.test(words)).length, started.length);
  });

  test('again it changes nothing; with another image the service gets a new task and nothing else changes', { timeout: 120_000 }, async () => {
    const before = await look('gatehouse');
    const again = await deploy('gatehouse', forms.default);
    assert.equal(again.code, 0, again.errors);
    assert.match(again.output, /No changes to deploy/);
    const image = forms.default.Image.replace('1.0.0', '1.1.0');
    const upgraded = await aws('cloudformation', 'deploy', '--stack-name', 'gatehouse', '--template-file', path, '--capabilities', 'CAPABILITY_IAM', '--parameter-overrides', `Image=${image}`);
    assert.equal(upgraded.code, 0, upgraded.output + upgraded.errors);
    const { services: [service] } = await asked('ecs', 'describe-services', '--cluster', outputs.Cluster, '--services', outputs.Service);
    const { taskDefinition } = await asked('ecs', 'describe-task-definition', '--task-definition', service.taskDefinition);
    assert.equal(taskDefinition.containerDefinitions[0].image, image);
    assert.deepEqual(wrongIn(await look('gatehouse')), wrongIn(before));
  });

  test('docs/aws.md moves it to another key, which check-stack judges like the first one', { timeout: 180_000 }, async () => {
    const block = (name) => documented('docs/aws.md', name);
    const moved = await shell(definitions, block('another-key'), block('both-keys'), block('rewrap'), 'echo "keys $OLD $NEW"\n');
    const [, old, fresh] = /^keys (\S+) (\S+)$/m.exec(moved.output);
    assert.equal(old, outputs.KeyArn);
    assert.deepEqual(wrongIn(await look('gatehouse')), []);
    const keyOf = async () => {
      const { services: [{ taskDefinition: name }] } = await asked('ecs', 'describe-services', '--cluster', outputs.Cluster, '--services', outputs.Service);
      const { taskDefinition } = await asked('ecs', 'describe-task-definition', '--task-definition', name);
      return taskDefinition.containerDefinitions[0].environment.find(({ name: setting }) => setting === 'GATEHOUSE_KEY').value;
    };
    assert.equal(await keyOf(), `kms:${fresh},${old}`);

    const { Policy } = await asked('kms', 'get-key-policy', '--key-id', fresh, '--policy-name', 'default');
    const nobody = JSON.stringify({ Version: '2012-10-17', Statement: JSON.parse(Policy).Statement.filter(({ Sid }) => Sid === 'Administration') });
    assert.equal((await aws('kms', 'put-key-policy', '--key-id', fresh, '--policy-name', 'default', '--policy', nobody)).code, 0);
    assert.equal((await aws('kms', 'disable-key', '--key-id', fresh)).code, 0);
    assert.deepEqual(wrongIn(await look('gatehouse')).map((words) => words.split(':')[0]), ['key-kind', 'key-users', 'key-deny']);
    assert.equal((await aws('kms', 'put-key-policy', '--key-id', fresh, '--policy-name', 'default', '--policy', Policy)).code, 0);
    assert.equal((await aws('kms', 'enable-key', '--key-id', fresh)).code, 0);

    await shell(definitions, `OLD=${old} NEW=${fresh}\n`, block('both-keys').split('\n')[0], '\n', block('rewrap-rest'));
    assert.equal(await keyOf(), `kms:${fresh}`);
    const alone = await asked('kms', 'describe-key', '--key-id', old);
    assert.equal(alone.KeyMetadata.KeyState, 'Disabled');
    assert.deepEqual(wrongIn(await look('gatehouse')), [], 'the old key counts no more');
  });

  test('mistyped parameters are refused, with words that help', { timeout: 60_000 }, async () => {
    const lines = mistyped.map(([name, value], n) => JSON.stringify({ name: `mistyped-${n}`, template: text, parameters: { ...forms.default, [name]: value } }));
    const answers = await runPython('deploy.py', ['create'], { env, input: lines.join('\n') });
    answers.forEach(({ status, reason }, n) => {
      const [name, value] = mistyped[n];
      assert.equal(status, 'REFUSED', `${name}=${value}: ${status}`);
      assert.ok(reason.includes(`'${name}' must be`), `${name}=${value}: ${reason}`);
    });
  });
});

for (const [page, args] of [['docs/cost.md', []], ['docs/scaling.md', ['--limits']]]) {
  test(`${page} has the table that deploy/cost ${args.join(' ')} prints`, async () => {
    const { code, output, errors } = await run(python(), ['deploy/cost', ...args]);
    assert.equal(code, 0, errors);
    assert.ok(readFileSync(join(root, page), 'utf8').includes(`\n\n${output}\n`), output);
  });
}

test('docs/cost.md: the command for other numbers takes them', async () => {
  const { code, output, errors } = await run('sh', ['-ec', documented('docs/cost.md', 'own-numbers')]);
  assert.equal(code, 0, errors);
  assert.match(output, /^\| people \| 3,500 \|$/m);
});

test('docs/scaling.md: the aws command line takes the command that warms a table up, and DynamoDB too', { timeout: 60_000 }, async () => {
  assert.equal((await aws('dynamodb', 'create-table', '--table-name', 'cold', '--attribute-definitions', 'AttributeName=sessionId,AttributeType=S', '--key-schema', 'AttributeName=sessionId,KeyType=HASH', '--billing-mode', 'PAY_PER_REQUEST')).code, 0);
  const { code, output, errors } = await run('bash', ['-ec', `aws() { command ${python()} -m awscli "$@"; }\n${documented('docs/scaling.md', 'warm-up').replace('TABLE', 'cold')}`]);
  assert.equal(code, 0, errors);
  assert.match(output, /"TableName": "cold"/);
});

test('the cost counts tasks as the template scales them', () => {
  const source = readFileSync(join(root, 'deploy/cost'), 'utf8');
  const number = (name) => Number(new RegExp(`${name}: float = (\\d+)`).exec(source)[1]);
  assert.equal(number('requests_per_task') * 60, template.Parameters.RequestsPerTask.Default);
  assert.equal(number('streams_per_task'), template.Parameters.StreamsPerTask.Default);
  assert.equal(Number(/`MaxTasks` = (\d+)/.exec(source)[1]), template.Parameters.MaxTasks.Default);
});

// docs/deploy-aws.md from the first command to the last that one machine can run, in one shell, in an account of its own.
describe('docs/deploy-aws.md', () => {
  const other = new Cloud();
  const marker = '--- next ---';
  let said; // by each block

  before(async () => {
    await other.start();
    const place = mkdtempSync(join(directory, 'shell-'));
    for (const name of ['deploy', 'docs']) symlinkSync(join(root, name), join(place, name));
    const names = ['region', 'certificate', 'repository', 'parameters', 'deploy', 'outputs', 'check', 'as-role', 'upgrade', 'secret', 'what-stays', 'remove-state'];
    const lines = names.map((name) => `${documented('docs/deploy-aws.md', name)}${name === 'parameters' ? 'stat -c %a parameters.json\n' : ''}echo '${marker}'\n`);
    const setting = `set -eu\naws() { command ${python()} -m awscli "$@"; }\npython3() { command ${python()} "$@"; }\nGOOGLE_CLIENT_SECRET=GOCSPX-of-no-value\n`;
    const child = new Child('bash', ['-c', setting + lines.join('')], { env: { PATH: process.env.PATH, HOME: place, ...other.environment('administrator') }, cwd: place });
    const { code } = await child.gone;
    assert.equal(code, 0, child.output.slice(-3000) + child.errors);
    const outputs = child.output.split(`${marker}\n`);
    said = Object.fromEntries(names.map((name, n) => [name, outputs[n]]));
    assert.ok(!existsSync(join(place, 'parameters.json')), 'no file with the secret is left');
  }, { timeout: 120_000 });
  after(() => other.stop());

  test('its commands run one after the other, as they stand there', () => {
    assert.match(said.certificate, /CNAME/);
    assert.match(said.parameters, /^600$/m);
    assert.match(said.deploy, /Successfully created\/updated stack - gatehouse/);
    assert.match(said.outputs, /^RedirectUri\thttps:\/\/gatehouse\.example\.com\/oauth\/google\/callback$/m);
    assert.match(said.check, /^\d+ as they should be, 0 not$/m);
    assert.match(said.upgrade, /Successfully created\/updated stack - gatehouse/);
    assert.match(said.secret, /ACTIVE/);
    assert.match(said['remove-state'], /DELETING|ACTIVE/);
  });

  test('names every scope that Google is asked for, by mode', () => {
    const tools = readFileSync(join(root, 'src/gatehouse/workspace/gmail/tools.cc'), 'utf8') + readFileSync(join(root, 'src/gatehouse/workspace/gmail/modify.h'), 'utf8');
    const page = readFileSync(join(root, 'docs/deploy-aws.md'), 'utf8');
    const asked = [...tools.matchAll(/"(gmail\.[a-z]+)"/g)].map(([, scope]) => scope);
    assert.ok(asked.length >= 4);
    for (const scope of asked) assert.ok(page.includes(`https://www.googleapis.com/auth/${scope}\``), scope);
  });
});

describe('faults', () => {
  // Faults that do not touch each other share a deployment: each must be found, and nothing else. GATEHOUSE_E2E_FULL=1: each has its own.
  const together = process.env.GATEHOUSE_E2E_FULL ? 1 : 20;
  const groups = [];
  for (const one of faults) {
    const fits = (group) => group.length < together && group[0].form === one.form && !one.alone && !group[0].alone
      && !group.some((other) => other.expected.some((check) => one.expected.includes(check)) || other.changes.some(([a]) => one.changes.some(([b]) => a.includes(b) || b.includes(a))));
    const group = groups.find(fits);
    if (group) group.push(one);
    else groups.push([one]);
  }

  for (const [n, group] of groups.entries()) {
    test(`are found: ${group.map(({ check }) => check).join(', ')} (${group[0].form})`, { timeout: 60_000 }, async () => {
      const name = `fault-${n}`;
      const whole = changed(group.flatMap(({ changes }) => changes));
      const [{ status, reason }] = await runPython('deploy.py', ['create'], { env, input: JSON.stringify({ name, template: whole, parameters: forms[group[0].form] }) });
      const found = await look(name);
      const wrong = [...found].filter(([, words]) => words).map(([check]) => check);
      if (group[0].alone) return assert.ok(wrong.includes(group[0].check), `${status} ${reason}: ${wrong}`);
      assert.equal(status, 'CREATE_COMPLETE', reason);
      return assert.deepEqual(wrong.sort(), group.flatMap(({ expected }) => expected).sort(), wrongIn(found).join('\n'));
    });
  }

  test('every check has a fault that it finds', async () => {
    const checks = [...(await look('fullest')).keys()];
    assert.deepEqual(checks.filter((name) => !faults.some(({ check }) => check === name)), []);
    assert.deepEqual(faults.map(({ check }) => check).filter((name) => !checks.includes(name)), []);
  });
});
