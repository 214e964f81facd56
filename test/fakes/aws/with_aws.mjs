// SPDX-License-Identifier: Apache-2.0
//
// Runs a program with an AWS of this machine beside it: node with_aws.mjs PROGRAM ARGUMENT...
//
// The program sees AWS_* for an administrator, and GATEHOUSE_TEST_AWS_ENDPOINT (the cloud), GATEHOUSE_TEST_DYNAMODB (dynalite),
// GATEHOUSE_TEST_KMS and GATEHOUSE_TEST_KMS_OTHER (ARNs of two keys in the cloud), GATEHOUSE_TEST_AWS_KEY and GATEHOUSE_TEST_AWS_SECRET (of the administrator).
import { spawn } from 'node:child_process';
import { Cloud, Dynalite } from '../../e2e/lib/cloud.mjs';

async function main([program, ...rest]) {
  if (!program) throw new Error('usage: node with_aws.mjs PROGRAM ARGUMENT...');
  const [cloud, dynalite] = await Promise.all([new Cloud().start(), new Dynalite().start()]);
  try {
    const env = {
      ...process.env, ...cloud.environment('administrator'), AWS_EC2_METADATA_DISABLED: 'true',
      GATEHOUSE_TEST_AWS_ENDPOINT: cloud.url, GATEHOUSE_TEST_DYNAMODB: dynalite.url, GATEHOUSE_TEST_KMS: cloud.key, GATEHOUSE_TEST_KMS_OTHER: await cloud.newKey(),
      GATEHOUSE_TEST_AWS_KEY: cloud.identities.administrator.access_key_id, GATEHOUSE_TEST_AWS_SECRET: cloud.identities.administrator.secret_access_key,
    };
    const child = spawn(program, rest, { env, stdio: 'inherit' });
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
    return await new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)));
  } finally {
    await Promise.all([cloud.stop(), dynalite.stop()]);
  }
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
