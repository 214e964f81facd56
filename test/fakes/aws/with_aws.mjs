// SPDX-License-Identifier: Apache-2.0
//
// Runs a program with an AWS of this machine beside it: node with_aws.mjs [--table-in-cloud] PROGRAM ARGUMENT...
//
// The program sees GATEHOUSE_TEST_AWS_ENDPOINT (a cloud that checks signatures) with GATEHOUSE_TEST_AWS_KEY and GATEHOUSE_TEST_AWS_SECRET
// (of its administrator), GATEHOUSE_TEST_KMS and GATEHOUSE_TEST_DYNAMODB (endpoints that take any signature: a cloud that does not
// check, and dynalite or with --table-in-cloud that cloud again).
import { spawn } from 'node:child_process';
import { Cloud, Dynalite } from '../../e2e/lib/cloud.mjs';

async function main([...rest]) {
  const inCloud = rest[0] === '--table-in-cloud' && Boolean(rest.shift());
  const program = rest.shift();
  if (!program) throw new Error('usage: node with_aws.mjs [--table-in-cloud] PROGRAM ARGUMENT...');
  const [cloud, lenient, dynalite] = await Promise.all([new Cloud().start(), new Cloud().start(), new Dynalite().start()]);
  try {
    await lenient.set({ check_signatures: false });
    const { access_key_id: key, secret_access_key: secret } = cloud.identities.administrator;
    const env = {
      ...process.env, GATEHOUSE_TEST_AWS_ENDPOINT: cloud.url, GATEHOUSE_TEST_AWS_KEY: key, GATEHOUSE_TEST_AWS_SECRET: secret,
      GATEHOUSE_TEST_KMS: lenient.url, GATEHOUSE_TEST_DYNAMODB: inCloud ? lenient.url : dynalite.url,
    };
    const child = spawn(program, rest, { env, stdio: 'inherit' });
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
    return await new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)));
  } finally {
    await Promise.all([cloud, lenient, dynalite].map((one) => one.stop()));
  }
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
