// SPDX-License-Identifier: Apache-2.0
//
// deploy/cloudformation/gatehouse.yaml in the test AWS, for gateways that serve from its table with its key and its role.
import { appendFileSync, readFileSync } from 'node:fs';
import { runPython } from './python.mjs';

const text = readFileSync(new URL('../../../deploy/cloudformation/gatehouse.yaml', import.meta.url), 'utf8');
const hostname = 'gatehouse.example.com';

// {name, table, key (ARN), role, maintenance, operator (names of roles)}
export async function deployStack(cloud, template = text) {
  const env = cloud.environment('administrator');
  const [{ certificate }] = await runPython('deploy.py', ['prepare', hostname], { env });
  const parameters = {
    Hostname: hostname, CertificateArn: certificate, Image: 'gatehouse:test', GoogleClientId: 'gatehouse-test.apps.googleusercontent.com', GoogleClientSecret: 'GOCSPX-of-no-value',
    AllowedDomains: 'acme.example',
  };
  const [made] = await runPython('deploy.py', ['create'], { env, input: JSON.stringify({ name: 'gatehouse', template, parameters }) });
  if (made.status !== 'CREATE_COMPLETE') throw new Error(`the stack was not made: ${made.reason}`);
  const { Table, TaskRole, MaintenanceRole, OperatorRole } = made.resources;
  return { name: 'gatehouse', table: Table, key: made.outputs.KeyArn, role: TaskRole, maintenance: MaintenanceRole, operator: OperatorRole };
}

// Settings of a gateway that serves from a stack made for it.
export async function stackEnvironment(cloud) {
  const stack = await deployStack(cloud);
  cloud.stack = stack;
  return {
    AWS_REGION: cloud.region, AWS_ENDPOINT_URL: cloud.url, AWS_EC2_METADATA_DISABLED: 'true', AWS_CONTAINER_CREDENTIALS_FULL_URI: `${cloud.url}/_cloud/container/${stack.role}`,
    GATEHOUSE_STORE: `dynamodb:${stack.table}`, GATEHOUSE_KEY: `kms:${stack.key}`,
  };
}

// Actions of the stack's role, counted: {"dynamodb:GetItem": {made, denied}}.
export function actionsOf(log, role) {
  const actions = {};
  for (const { service, operation, error } of log.filter((entry) => entry.role === role)) {
    const counted = (actions[`${service}:${operation}`] ??= { made: 0, denied: 0 });
    counted[error === 'AccessDeniedException' ? 'denied' : 'made'] += 1;
  }
  return actions;
}

export async function noteCalls(cloud) {
  const actions = cloud.stack ? actionsOf(await cloud.log(), cloud.stack.role) : {};
  appendFileSync(process.env.GATEHOUSE_E2E_STACK, `${JSON.stringify(actions)}\n`);
}
