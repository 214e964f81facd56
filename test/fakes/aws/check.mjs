// SPDX-License-Identifier: Apache-2.0
//
// Shows that the fakes behave as README.md says. Run by `node --test check.mjs`; starts its own and ends them by pid.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, afterEach, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Cloud, Dynalite, Table } from '../../e2e/lib/cloud.mjs';
import { Child, until } from '../../e2e/lib/child.mjs';
import { python, runPython } from '../../e2e/lib/python.mjs';
import { Balancer } from './balancer.mjs';
import { crc32, FaultProxy } from './fault_proxy.mjs';

const run = promisify(execFile);
const cloud = new Cloud();
let proxy;
let front; // the proxy's address

before(async () => {
  await cloud.start();
  proxy = new FaultProxy(cloud.url);
  front = await proxy.door();
  await cloud.set({ table: 'records' });
  await new Table('records', cloud.environment('administrator')).create();
}, { timeout: 60_000 });
after(async () => {
  proxy?.close();
  await cloud.stop();
});
afterEach(async () => {
  proxy.clear();
  proxy.forget();
  proxy.capturing = false;
  await cloud.clear();
  await cloud.setKey('Enabled');
});

// A few lines of boto3 with these credentials; gives what they print as JSON. Errors of AWS arrive as {error, message, status}.
async function boto(environment, lines) {
  const program = `
import boto3, json, base64, datetime
from botocore.config import Config
from botocore.exceptions import ClientError
def client(name): return boto3.client(name, config=Config(retries={"total_max_attempts": 1}))
def attempt(action):
    try:
        return action()
    except ClientError as error:
        return {"error": error.response["Error"]["Code"], "message": error.response["Error"].get("Message", ""), "status": error.response["ResponseMetadata"]["HTTPStatusCode"]}
def say(value): print(json.dumps(value, default=str))
table, dynamodb, kms = "records", client("dynamodb"), client("kms")
${lines}`;
  const { stdout } = await run(python(), ['-c', program], { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment }, timeout: 60_000 });
  const said = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return said.length === 1 ? said[0] : said;
}
const as = (role, url = front) => cloud.environment(role, url);
const lent = ({ access_key_id: id, secret_access_key: secret, session_token: token }) => ({ ...as('gatehouse'), AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token });
const getOne = 'say(attempt(lambda: dynamodb.get_item(TableName=table, Key={"sessionId": {"S": "A#1"}}, ConsistentRead=True)))';

describe('signatures', () => {
  test('good ones pass, through the proxy too, with characters that need care', async () => {
    const read = await boto(as('gatehouse'), 'dynamodb.put_item(TableName=table, Item={"sessionId": {"S": "A#1"}, "naïve": {"S": "ünïcode ☃"}})\nsay(dynamodb.get_item(TableName=table, Key={"sessionId": {"S": "A#1"}}, ConsistentRead=True)["Item"])');
    assert.deepEqual(read, { sessionId: { S: 'A#1' }, naïve: { S: 'ünïcode ☃' } });
  });

  test('wrong secrets, unknown keys, foreign and missing tokens are refused in AWS\'s words', async () => {
    const { session_token: token, ...pair } = await cloud.lend('gatehouse');
    const cases = [
      [{ ...as('gatehouse'), AWS_SECRET_ACCESS_KEY: 'wrong' }, 'InvalidSignatureException'],
      [{ ...as('gatehouse'), AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN000000000' }, 'UnrecognizedClientException'],
      [{ ...as('gatehouse'), AWS_SESSION_TOKEN: 'foreign' }, 'UnrecognizedClientException'],
      [lent({ ...pair, session_token: '' }), 'UnrecognizedClientException'],
      [lent({ ...pair, session_token: `${token}x` }), 'UnrecognizedClientException'],
    ];
    for (const [environment, error] of cases) assert.equal((await boto(environment, getOne)).error, error);
    assert.equal((await boto(lent({ ...pair, session_token: token }), getOne)).error, undefined);
  });

  test('a changed body, header or host breaks the signature; no signature is another error', async () => {
    proxy.capturing = true;
    await boto(as('gatehouse'), getOne);
    const [{ headers, body }] = proxy.captured;
    const send = (change) => {
      const sent = change({ headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])), body: Buffer.from(body, 'base64').toString() });
      delete sent.headers['content-length'];
      delete sent.headers.connection;
      return new Promise((resolve, reject) => {
        http.request(cloud.url, { method: 'POST', headers: { ...sent.headers, 'content-length': Buffer.byteLength(sent.body) }, setHost: false }, async (answer) => {
          let text = '';
          for await (const chunk of answer) text += chunk;
          resolve({ status: answer.statusCode, type: JSON.parse(text).__type });
        }).on('error', reject).end(sent.body);
      });
    };
    const error = (type) => ({ status: 400, type: `com.amazon.coral.service#${type}` });
    assert.equal((await send((same) => same)).status, 200);
    assert.deepEqual(await send(({ headers: h, body: b }) => ({ headers: h, body: b.replace('A#1', 'A#2') })), error('InvalidSignatureException'));
    assert.deepEqual(await send(({ headers: h, body: b }) => ({ headers: { ...h, host: new URL(cloud.url).host }, body: b })), error('InvalidSignatureException'));
    assert.deepEqual(await send(({ headers: h, body: b }) => ({ headers: { ...h, 'x-amz-added': 'unsigned' }, body: b })), error('InvalidSignatureException'));
    assert.deepEqual(await send(({ headers: { authorization: _, ...h }, body: b }) => ({ headers: h, body: b })), error('MissingAuthenticationTokenException'));
    assert.deepEqual(await send(({ headers: h, body: b }) => ({ headers: { ...h, authorization: 'AWS4-HMAC-SHA256 nonsense' }, body: b })), error('IncompleteSignatureException'));
  });

  test('a clock more than five minutes off is told so, with the right Date', async () => {
    for (const [offset, words] of [[310, /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/], [-310, /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$/]]) {
      await cloud.set({ clock_offset: offset });
      // botocore would correct its clock by the answer; raw headers show what it is told.
      const answer = await boto({ ...as('gatehouse') }, getOne);
      assert.equal(answer.error, 'InvalidSignatureException');
      assert.match(answer.message, words);
      const date = Date.parse((await fetch(`${cloud.url}/_cloud/state`)).headers.get('date'));
      assert.ok(Math.abs(date - Date.now() - offset * 1000) < 30_000, `the Date header is ${offset} s ahead`);
    }
    await cloud.set({ clock_offset: 200 });
    assert.equal((await boto(as('gatehouse'), getOne)).error, undefined);
  });

  test('temporary credentials end', async () => {
    const brief = await cloud.lend('gatehouse', 3600);
    assert.equal((await boto(lent(brief), getOne)).error, undefined);
    await cloud.revoke('gatehouse');
    assert.deepEqual(await boto(lent(brief), getOne), { error: 'ExpiredTokenException', message: 'The security token included in the request is expired', status: 400 });
    assert.equal((await boto(lent(await cloud.lend('gatehouse', -1)), getOne)).error, 'ExpiredTokenException');
  });

  test('captured requests are signed again alike, temporary credentials included', async () => {
    proxy.capturing = true;
    const token = await cloud.lend('gatehouse');
    await boto(as('gatehouse'), `${getOne}\nsay(attempt(lambda: kms.generate_data_key(KeyId="${cloud.key}", KeySpec="AES_256", EncryptionContext={"app": "gatehouse", "table": "records", "more": "é"}).keys()))`);
    await boto(lent(token), getOne);
    const own = cloud.identities.gatehouse;
    const credentials = { [own.access_key_id]: own, [token.access_key_id]: token };
    const answers = await runPython('resign.py', [], { input: [{ credentials }, ...proxy.captured].map((line) => `${JSON.stringify(line)}\n`).join('') });
    assert.deepEqual(answers.map(({ differences, unsigned }) => [differences, unsigned]), [[[], []], [[], []], [[], []]]);
    assert.deepEqual(answers.map(({ temporary }) => temporary), [false, false, true]);
    const spoiled = { ...proxy.captured[0], body: Buffer.from('{}').toString('base64') };
    assert.equal((await runPython('resign.py', [], { input: `${JSON.stringify({ credentials })}\n${JSON.stringify(spoiled)}\n` }))[0].differences.length, 1, 'the check can fail');
  });
});

describe('permissions', () => {
  test('a serving replica reads and writes rows and nothing else', async () => {
    const answers = await boto(as('gatehouse'), `
key = {"sessionId": {"S": "A#1"}}
for action in (lambda: dynamodb.scan(TableName=table), lambda: dynamodb.describe_table(TableName=table), lambda: dynamodb.query(TableName=table, KeyConditionExpression="sessionId = :k", ExpressionAttributeValues={":k": {"S": "A"}}),
               lambda: kms.describe_key(KeyId="${cloud.key}"), lambda: kms.generate_data_key(KeyId="${cloud.key}", KeySpec="AES_256"), lambda: kms.encrypt(KeyId="${cloud.key}", Plaintext=b"x", EncryptionContext={"app": "gatehouse", "table": "records"}),
               lambda: kms.generate_data_key(KeyId="${cloud.key}", KeySpec="AES_256", EncryptionContext={"app": "gatehouse", "table": "other"}), lambda: dynamodb.get_item(TableName="other", Key=key)):
    say(attempt(action))
say(attempt(lambda: list(dynamodb.batch_get_item(RequestItems={table: {"Keys": [key], "ConsistentRead": True}})["Responses"])))`);
    assert.deepEqual(answers.slice(0, 8).map(({ error }) => error), Array(8).fill('AccessDeniedException'));
    assert.match(answers[0].message, /^User: arn:aws:iam::123456789012:user\/gatehouse is not authorized to perform: dynamodb:Scan on resource: arn:aws:dynamodb:eu-central-1:123456789012:table\/records because/);
    assert.deepEqual(answers[8], ['records']);
  });

  test('maintenance lists and wraps anew, and opens nothing', async () => {
    const answers = await boto(as('maintenance'), `
context = {"app": "gatehouse", "table": "records"}
say(attempt(lambda: len(dynamodb.scan(TableName=table)["Items"]) >= 0))
say(attempt(lambda: kms.generate_data_key(KeyId="${cloud.key}", KeySpec="AES_256", EncryptionContext=context)))
admin = boto3.client("kms", aws_access_key_id="${as('administrator').AWS_ACCESS_KEY_ID}", aws_secret_access_key="${as('administrator').AWS_SECRET_ACCESS_KEY}")
blob = admin.generate_data_key(KeyId="${cloud.key}", KeySpec="AES_256", EncryptionContext=context)["CiphertextBlob"]
say(attempt(lambda: kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)))
say(attempt(lambda: bool(kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationEncryptionContext=context, DestinationKeyId="${cloud.key}")["CiphertextBlob"])))
say(attempt(lambda: kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId="${cloud.key}")))`);
    assert.deepEqual(answers.map((answer) => answer.error ?? answer), [true, 'AccessDeniedException', 'AccessDeniedException', true, 'AccessDeniedException']);
  });

  test('what is denied on request is refused, and allowed again', async () => {
    await cloud.deny('gatehouse', 'dynamodb:GetItem', 'kms:*');
    assert.match((await boto(as('gatehouse'), getOne)).message, /with an explicit deny/);
    await cloud.deny('gatehouse');
    assert.equal((await boto(as('gatehouse'), getOne)).error, undefined);
  });
});

describe('KMS', () => {
  const made = `made = kms.generate_data_key(KeyId="${'KEY'}", KeySpec="AES_256", EncryptionContext={"app": "gatehouse", "table": "records"})\n`;
  const opened = 'say(attempt(lambda: kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"table": "records", "app": "gatehouse"})["Plaintext"] == made["Plaintext"]))';
  const making = () => made.replace('KEY', cloud.key);

  test('binds the context, refuses garbage, foreign and unknown keys as AWS does', async () => {
    const other = await cloud.newKey();
    const answers = await boto(as('gatehouse'), `${making()}${opened}
context, other, blob = {"app": "gatehouse", "table": "records"}, {"app": "gatehouse", "table": "records", "v": "2"}, made["CiphertextBlob"]
for action in (lambda: kms.decrypt(CiphertextBlob=blob, EncryptionContext=other), lambda: kms.decrypt(CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]), EncryptionContext=context),
               lambda: kms.decrypt(CiphertextBlob=b"garbage", EncryptionContext=context), lambda: kms.decrypt(CiphertextBlob=blob, KeyId="${other}", EncryptionContext=context),
               lambda: kms.generate_data_key(KeyId="arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000", KeySpec="AES_256", EncryptionContext=context),
               lambda: kms.generate_data_key(KeyId="alias/none", KeySpec="AES_256", EncryptionContext=context)):
    say(attempt(action))
say(attempt(lambda: kms.decrypt(CiphertextBlob=blob, KeyId="${cloud.key}", EncryptionContext=context)["KeyId"]))
say(attempt(lambda: kms.generate_data_key(KeyId="alias/gatehouse", KeySpec="AES_256", EncryptionContext=context)["KeyId"]))`);
    assert.equal(answers[0], true);
    assert.deepEqual(answers.slice(1, 7).map(({ error }) => error), ['InvalidCiphertextException', 'InvalidCiphertextException', 'InvalidCiphertextException', 'IncorrectKeyException', 'NotFoundException', 'NotFoundException']);
    assert.deepEqual(answers.slice(7), [cloud.key, cloud.key]);
  });

  test('disabled keys and keys about to go neither make nor open; enabled again they do', async () => {
    for (const [state, error, words] of [['Disabled', 'DisabledException', 'is disabled.'], ['PendingDeletion', 'KMSInvalidStateException', 'is pending deletion.']]) {
      const answers = await boto({ ...as('gatehouse') }, `${making()}
import urllib.request
urllib.request.urlopen(urllib.request.Request("${cloud.url}/_cloud/key", data=json.dumps({"state": "${state}"}).encode(), method="POST"))
${opened}
say(attempt(lambda: kms.generate_data_key(KeyId="${cloud.key}", KeySpec="AES_256", EncryptionContext={"app": "gatehouse", "table": "records"})))
urllib.request.urlopen(urllib.request.Request("${cloud.url}/_cloud/key", data=json.dumps({"state": "Enabled"}).encode(), method="POST"))
${opened}`);
      assert.deepEqual(answers.slice(0, 2).map((answer) => [answer.error, answer.message]), Array(2).fill([error, `${cloud.key} ${words}`]));
      assert.equal(answers[2], true);
    }
  });

  test('the aws command line disables a key with the same effect', async () => {
    await run(python(), ['-m', 'awscli', 'kms', 'disable-key', '--key-id', cloud.key], { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...as('administrator') } });
    const answer = await boto(as('gatehouse'), `say(attempt(lambda: kms.generate_data_key(KeyId="${cloud.key}", KeySpec="AES_256", EncryptionContext={"app": "gatehouse", "table": "records"})))`);
    assert.equal(answer.error, 'DisabledException');
  });

  test('the log has operations, contexts and request ids, and no key material', async () => {
    await boto(as('gatehouse'), `${making()}${opened}`);
    const log = await cloud.log();
    assert.deepEqual(log.map(({ service, operation, role, encryption_context: context, status }) => [service, operation, role, context, status]), ['GenerateDataKey', 'Decrypt'].map((name) => ['kms', name, 'gatehouse', { app: 'gatehouse', table: 'records' }, 200]));
    assert.ok(log.every(({ request_id: id }) => /^[0-9a-f-]{36}$/.test(id)));
    assert.doesNotMatch(JSON.stringify(log), /Plaintext|CiphertextBlob/);
  });
});

describe('DynamoDB', () => {
  test('answers bear a right checksum and a request id, errors too', async () => {
    const answers = await boto(as('gatehouse'), `
import urllib3, zlib
seen = []
def keep(http_response, **_): pass
dynamodb.meta.events.register("after-call.dynamodb.*", lambda http_response, **_: seen.append([http_response.headers.get("x-amz-crc32"), str(zlib.crc32(http_response.content)), len(http_response.headers["x-amzn-RequestId"]), http_response.headers["content-type"]]))
dynamodb.put_item(TableName=table, Item={"sessionId": {"S": "A#1"}})
say(attempt(lambda: dynamodb.put_item(TableName=table, Item={"sessionId": {"S": "A#1"}}, ConditionExpression="attribute_not_exists(sessionId)")))
say(seen)`);
    assert.equal(answers[0].error, 'ConditionalCheckFailedException');
    assert.equal(answers[1].length, 2);
    for (const [stated, right, idLength, type] of answers[1]) assert.deepEqual([stated, idLength, type], [right, 52, 'application/x-amz-json-1.0']);
  });

  test('of 32 writers with one condition, one wins', async () => {
    const outcomes = await boto(as('gatehouse'), `
from concurrent.futures import ThreadPoolExecutor
def write(n): return attempt(lambda: bool(dynamodb.put_item(TableName=table, Item={"sessionId": {"S": "RACE#%d" % (n % 8)}, "n": {"N": str(n)}}, ConditionExpression="attribute_not_exists(sessionId)")))
with ThreadPoolExecutor(32) as pool: say(list(pool.map(write, range(256))))`);
    assert.equal(outcomes.filter((outcome) => outcome === true).length, 8);
    assert.ok(outcomes.every((outcome) => outcome === true || outcome.error === 'ConditionalCheckFailedException'));
  });

  test('another region has no such table; a missing one is a ResourceNotFoundException', async () => {
    assert.equal((await boto({ ...as('administrator'), AWS_DEFAULT_REGION: 'us-east-1', AWS_REGION: 'us-east-1' }, getOne)).error, 'ResourceNotFoundException');
    assert.equal((await boto(as('administrator'), getOne.replace('TableName=table', 'TableName="absent"'))).error, 'ResourceNotFoundException');
  });

  test('connections are kept', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ports = [];
    for (let n = 0; n < 3; n += 1) {
      await new Promise((resolve, reject) => http.get(`${cloud.url}/_cloud/state`, { agent }, (answer) => (ports.push(answer.socket.localPort), answer.resume().on('end', resolve))).on('error', reject));
      await new Promise((resolve) => setImmediate(resolve));
    }
    agent.destroy();
    assert.equal(new Set(ports).size, 1);
  });
});

describe('where credentials come from', () => {
  const bare = () => ({ AWS_DEFAULT_REGION: cloud.region, AWS_ENDPOINT_URL: front });
  const whoAmI = 'say(attempt(lambda: client("sts").get_caller_identity()["Arn"]))';
  const taskArn = 'arn:aws:sts::123456789012:assumed-role/gatehouse/task';

  test('the container endpoint, with its token when it wants one', async () => {
    const container = { ...bare(), AWS_CONTAINER_CREDENTIALS_FULL_URI: `${cloud.url}/_cloud/container/gatehouse` };
    assert.equal(await boto(container, whoAmI), taskArn);
    await cloud.set({ container_token: 'open-sesame' });
    assert.equal((await fetch(container.AWS_CONTAINER_CREDENTIALS_FULL_URI)).status, 403);
    assert.equal(await boto({ ...container, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'open-sesame' }, whoAmI), taskArn);
  });

  test('instance metadata, version 2 only', async () => {
    const url = `${cloud.url}/latest/meta-data/iam/security-credentials/gatehouse`;
    assert.equal((await fetch(url)).status, 401);
    assert.equal((await fetch(`${cloud.url}/latest/api/token`, { method: 'PUT' })).status, 400);
    assert.equal(await boto({ ...bare(), AWS_EC2_METADATA_SERVICE_ENDPOINT: cloud.url }, whoAmI), taskArn);
    await cloud.set({ metadata_role: '' });
    await assert.rejects(boto({ ...bare(), AWS_EC2_METADATA_SERVICE_ENDPOINT: cloud.url }, whoAmI), /NoCredentialsError/);
  });

  test('STS, by signature and by web identity', async () => {
    const assume = 'sts = client("sts")\nsay(attempt(lambda: sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/gatehouse", RoleSessionName="test")["AssumedRoleUser"]["Arn"]))\n';
    const web = (token) => `say(attempt(lambda: sts.assume_role_with_web_identity(RoleArn="arn:aws:iam::123456789012:role/gatehouse", RoleSessionName="test", WebIdentityToken="${token}")["Credentials"]["AccessKeyId"]))\n`;
    const [one, two, three] = await boto(as('stranger'), `${assume}${web('test-web-identity-token')}${web('wrong')}`);
    assert.equal(one, taskArn);
    assert.match(two, /^ASIA/);
    assert.equal(three.error, 'InvalidIdentityToken');
    assert.equal((await boto({ ...as('stranger'), AWS_SECRET_ACCESS_KEY: 'wrong' }, assume)).error, 'SignatureDoesNotMatch');
  });

  test('their life is chosen, and so is their trouble', async () => {
    await cloud.set({ credential_seconds: 400 });
    const url = `${cloud.url}/_cloud/container/gatehouse`;
    const left = Date.parse((await (await fetch(url)).json()).Expiration) - Date.now();
    assert.ok(left > 300_000 && left <= 400_000, `${left} ms left`);
    await cloud.set({ credential_status: 503 });
    assert.equal((await fetch(url)).status, 503);
  });
});

describe('the fault proxy', () => {
  const put = 'say(attempt(lambda: bool(dynamodb.put_item(TableName=table, Item={"sessionId": {"S": "P#1"}, "x": {"S": "1"}}, ConditionExpression="attribute_not_exists(sessionId)"))))\n';
  const drop = 'dynamodb.delete_item(TableName=table, Key={"sessionId": {"S": "P#1"}})\n';

  test('counts by operation and tells doors, kinds, consistency and contexts apart', async () => {
    const second = await proxy.door('second');
    await boto(as('gatehouse'), `${getOne}\n${drop}`);
    await boto({ ...as('gatehouse'), AWS_ENDPOINT_URL: second }, `dynamodb.batch_get_item(RequestItems={table: {"Keys": [{"sessionId": {"S": "A#1"}}, {"sessionId": {"S": "B#1"}}]}})\nkms.generate_data_key(KeyId="${cloud.key}", KeySpec="AES_256", EncryptionContext={"app": "gatehouse", "table": "records"})`);
    assert.deepEqual(proxy.counts(), { 'dynamodb GetItem': 1, 'dynamodb DeleteItem': 1, 'dynamodb BatchGetItem': 1, 'kms GenerateDataKey': 1 });
    assert.deepEqual(proxy.counts(({ door }) => door === 'second'), { 'dynamodb BatchGetItem': 1, 'kms GenerateDataKey': 1 });
    const [get, remove, batch, kms] = proxy.calls;
    assert.deepEqual([get.consistent, get.kinds, remove.conditional, batch.consistent, batch.kinds, kms.context], [true, ['A'], false, false, ['A', 'B'], { app: 'gatehouse', table: 'records' }]);
    assert.doesNotMatch(JSON.stringify(proxy.calls), new RegExp(cloud.identities.gatehouse.secret_access_key));
  });

  test('throttles and fails the calls a rule names, no others', async () => {
    proxy.add({ service: 'dynamodb', operation: 'PutItem', nth: 2, throttle: 'ProvisionedThroughputExceededException' });
    proxy.add({ service: 'kms', status: 503 });
    const answers = await boto(as('gatehouse'), `${drop}${put}${drop}${put}${put}say(attempt(lambda: kms.generate_data_key(KeyId="${cloud.key}", KeySpec="AES_256", EncryptionContext={"app": "gatehouse", "table": "records"})))`);
    assert.deepEqual(answers.map((answer) => answer.error ?? answer), [true, 'ProvisionedThroughputExceededException', true, '503']);
  });

  test('a share of the calls, the same for the same seed', async () => {
    const run30 = async () => {
      const rule = proxy.add({ service: 'dynamodb', percent: 30, seed: 7, throttle: 'ThrottlingException' });
      const answers = await boto(as('gatehouse'), `for _ in range(40): ${getOne}`);
      proxy.remove(rule);
      return answers.map(({ error }) => error === 'ThrottlingException');
    };
    const first = await run30();
    assert.deepEqual(await run30(), first);
    assert.ok(first.filter(Boolean).length > 4 && first.filter(Boolean).length < 25);
  });

  test('loses calls before they happen and answers of calls that did', async () => {
    await boto(as('gatehouse'), drop);
    const lost = `import botocore\ntry:\n    dynamodb.put_item(TableName=table, Item={"sessionId": {"S": "P#1"}})\n    say("answered")\nexcept (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError):\n    say("lost")\nsay("Item" in dynamodb.get_item(TableName=table, Key={"sessionId": {"S": "P#1"}}, ConsistentRead=True))`;
    proxy.add({ operation: 'PutItem', drop: 'before', times: 1 });
    assert.deepEqual(await boto(as('gatehouse'), lost), ['lost', false]);
    proxy.add({ operation: 'PutItem', drop: 'after', times: 1 });
    assert.deepEqual(await boto(as('gatehouse'), lost), ['lost', true]);
  });

  test('cuts, miscounts and mislabels answers', async () => {
    const raw = async (rule) => {
      const made = proxy.add({ operation: 'GetItem', times: 1, ...rule });
      const { captured } = proxy;
      const answer = await fetch(front, { method: 'POST', headers: Object.fromEntries(captured[0].headers.filter(([name]) => !/^(host|content-length|connection|accept-encoding)$/i.test(name))), body: Buffer.from(captured[0].body, 'base64') });
      const content = await answer.arrayBuffer().then(Buffer.from, () => undefined);
      assert.equal(made.applied, 1);
      return { answer, content, right: content && answer.headers.get('x-amz-crc32') === String(crc32(content)) };
    };
    proxy.capturing = true;
    await boto(as('gatehouse'), getOne);
    proxy.capturing = false;
    const truncated = await raw({ truncate: true });
    assert.throws(() => JSON.parse(truncated.content));
    assert.ok(truncated.right, 'the checksum fits what came');
    assert.equal((await raw({ truncate: 'cut' })).content, undefined, 'a broken connection');
    const miscounted = await raw({ wrong_crc32: true });
    assert.ok(JSON.parse(miscounted.content) && !miscounted.right);
    assert.match((await raw({ content_type: 'text/html' })).answer.headers.get('content-type'), /^text\/html/);
  });

  test('leaves keys of a batch unprocessed', async () => {
    proxy.add({ operation: 'BatchGetItem', times: 1, unprocessed: true });
    const [first, second] = await boto(as('gatehouse'), `
for name in ("U#1", "U#2"): dynamodb.put_item(TableName=table, Item={"sessionId": {"S": name}})
wanted = {table: {"Keys": [{"sessionId": {"S": "U#1"}}, {"sessionId": {"S": "U#2"}}], "ConsistentRead": True}}
first = dynamodb.batch_get_item(RequestItems=wanted)
say([first["Responses"][table], first["UnprocessedKeys"]])
say(dynamodb.batch_get_item(RequestItems=first["UnprocessedKeys"])["Responses"][table])`);
    assert.deepEqual(first[0], [{ sessionId: { S: 'U#1' } }]);
    assert.deepEqual(first[1].records.Keys, [{ sessionId: { S: 'U#2' } }]);
    assert.deepEqual(second, [{ sessionId: { S: 'U#2' } }]);
  });

  test('holds a call until it is let go, and calls back', async () => {
    const seen = [];
    const rule = proxy.add({ operation: 'GetItem', hold: 'before', call: ({ operation }) => seen.push(operation) });
    const answer = boto(as('gatehouse'), getOne);
    await until('the call is held', () => rule.holding === 1);
    assert.deepEqual(seen, ['GetItem']);
    rule.release();
    assert.equal((await answer).error, undefined);
  });

  test('is driven over HTTP as well, as a program of its own', async () => {
    const child = new Child(process.execPath, [new URL('fault_proxy.mjs', import.meta.url).pathname, '--target', cloud.url, '--end-with-parent'], { env: process.env });
    try {
      const { url } = JSON.parse(await until('the proxy answers', () => /^\{.*\}$/m.exec(child.output)?.[0]));
      const lever = (name, body) => fetch(`${url}/_proxy/${name}`, body ? { method: 'POST', body: JSON.stringify(body) } : {});
      await lever('rule', { operation: 'GetItem', nth: 1, throttle: 'ThrottlingException' });
      assert.equal((await lever('rule', { operation: 'GetItem', explode: true })).status, 400);
      const answers = await boto({ ...as('gatehouse'), AWS_ENDPOINT_URL: url }, `${getOne}\n${getOne}`);
      assert.deepEqual(answers.map(({ error }) => error), ['ThrottlingException', undefined]);
      assert.deepEqual((await (await lever('calls')).json()).counts, { 'dynamodb GetItem': 2 });
    } finally {
      await child.end();
    }
  });
});

describe('the balancer', () => {
  const replica = (name, answer = (request, response) => response.end(`${name} ${request.headers['x-forwarded-for']} ${request.headers.host}`)) => new Promise((resolve) => {
    const server = http.createServer(answer).listen(0, '127.0.0.1', () => resolve({ name, server, port: server.address().port, end: () => (server.closeAllConnections(), new Promise((done) => server.close(done))) }));
  });
  async function balanced(replicas, work) {
    const balancer = await new Balancer().listen();
    replicas.forEach(({ name, port }) => balancer.add(name, port));
    try {
      return await work(balancer, async (path = '/', init = {}) => fetch(`http://127.0.0.1:${balancer.port}${path}`, init).then(async (answer) => ({ status: answer.status, text: await answer.text() })));
    } finally {
      balancer.close();
      await Promise.all(replicas.map(({ server, end }) => server.listening && end()));
    }
  }

  test('takes turns request by request, appends the client, keeps the host', async () => {
    await balanced(await Promise.all([replica('a'), replica('b'), replica('c')]), async (balancer, ask) => {
      const names = [];
      for (let n = 0; n < 6; n += 1) names.push((await ask()).text.split(' ')[0]);
      assert.deepEqual(new Set(names.slice(0, 3)), new Set(['a', 'b', 'c']));
      assert.deepEqual(names.slice(3), names.slice(0, 3));
      assert.match((await ask('/', { headers: { 'x-forwarded-for': '203.0.113.9' } })).text, new RegExp(`^. 203\\.0\\.113\\.9, 127\\.0\\.0\\.1 127\\.0\\.0\\.1:${balancer.port}$`));
    });
  });

  test('skips what refuses, can be steered, leaves out what is deregistered', async () => {
    const replicas = await Promise.all([replica('a'), replica('b')]);
    await balanced(replicas, async (balancer, ask) => {
      balancer.next('b', 'b', 'a');
      assert.deepEqual([(await ask()).text[0], (await ask()).text[0], (await ask()).text[0]], ['b', 'b', 'a']);
      assert.equal((await ask('/', { headers: { 'x-replica': 'b' } })).text[0], 'b');
      balancer.steer(({ path }) => (path === '/token' ? 'b' : undefined));
      for (let n = 0; n < 3; n += 1) assert.equal((await ask('/token')).text[0], 'b');
      balancer.steer();
      balancer.deregister('b');
      for (let n = 0; n < 3; n += 1) assert.equal((await ask()).text[0], 'a');
      balancer.register('b');
      await replicas[0].end();
      for (let n = 0; n < 3; n += 1) assert.equal((await ask()).text[0], 'b');
      await replicas[1].end();
      assert.equal((await ask()).status, 503);
    });
  });

  test('a replica that breaks before answering is a 502, sent once; in the middle, the client sees the break', async () => {
    let asked = 0;
    const breaking = await replica('a', (request, response) => {
      asked += 1;
      if (request.url === '/middle') response.write('half', () => request.socket.destroy());
      else request.socket.destroy();
    });
    await balanced([breaking], async (balancer, ask) => {
      assert.equal((await ask('/', { method: 'POST', body: 'x' })).status, 502);
      assert.equal(asked, 1);
      await assert.rejects(ask('/middle'));
    });
  });

  test('streams pass as they come, and a client that leaves ends them', async () => {
    let closed = false;
    const streaming = await replica('a', (request, response) => {
      request.once('close', () => { closed = true; });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': first\n\n');
    });
    await balanced([streaming], async (balancer) => {
      const controller = new AbortController();
      const answer = await fetch(`http://127.0.0.1:${balancer.port}/`, { signal: controller.signal });
      const { value } = await answer.body.getReader().read();
      assert.equal(Buffer.from(value).toString(), ': first\n\n');
      controller.abort();
      await until('the replica sees the end', () => closed);
    });
  });
});

describe('dynalite', () => {
  test('answers on loopback, behind the proxy too, and ends when told', async () => {
    const dynalite = await new Dynalite().start();
    const behind = new FaultProxy(dynalite.url);
    try {
      const environment = { ...as('administrator'), AWS_ENDPOINT_URL: await behind.door() };
      const table = new Table('records', environment);
      await table.create();
      assert.deepEqual(await boto(environment, `${getOne.replace('))', ').get("Item"))')}\n`), null);
      const put = 'say(attempt(lambda: bool(dynamodb.put_item(TableName=table, Item={"sessionId": {"S": "A#1"}}, ConditionExpression="attribute_not_exists(sessionId)"))))\n';
      assert.deepEqual((await boto(environment, `${put}${put}`)).map((answer) => answer.error ?? answer), [true, 'ConditionalCheckFailedException']);
      assert.deepEqual(await table.rows(), [{ sessionId: { S: 'A#1' } }]);
    } finally {
      behind.close();
      assert.deepEqual(await dynalite.stop(), { code: 0, signal: null });
    }
  });
});

test('the cloud ends on SIGTERM, and with its parent', async () => {
  const { pid, stop } = await new Cloud().start();
  await stop();
  assert.throws(() => process.kill(pid, 0));
  // Its parent is a shell that ends as soon as it has answered.
  const shell = spawn('sh', ['-c', '"$0" "$1" --end-with-parent & read line', python(), new URL('cloud.py', import.meta.url).pathname], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: shell.stdout }), 'line');
  shell.stdin.end('\n');
  const { pid: left } = JSON.parse(line);
  await until('the orphan ends', () => {
    try {
      return !process.kill(left, 0);
    } catch {
      return true;
    }
  });
});
