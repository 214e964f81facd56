// SPDX-License-Identifier: Apache-2.0
//
// The Python that has moto, boto3, cfn-lint and the aws command line: the machine's own, or the one that script/bootstrap made in build/tools/python.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const made = fileURLToPath(new URL('../../../build/tools/python/bin/python3', import.meta.url));
let found;

export function python() {
  const candidates = [process.env.GATEHOUSE_PYTHON, 'python3', made].filter(Boolean);
  found ??= candidates.find((program) => spawnSync(program, ['-c', 'import importlib.util, awscli, boto3, moto.server; assert importlib.util.find_spec("cfnlint")'], { stdio: 'ignore', timeout: 60_000 }).status === 0);
  if (!found) throw new Error(`no Python with moto, boto3, awscli and cfn-lint; looked at ${candidates.join(', ')}. Run script/bootstrap test, or name one in GATEHOUSE_PYTHON.`);
  return found;
}

export const pythonProgram = (name) => fileURLToPath(new URL(`../../fakes/aws/${name}`, import.meta.url));

// Runs one of the programs of test/fakes/aws and reads what it prints, as JSON per line. Not synchronous: what it talks to may be us.
export async function runPython(name, args = [], { env, input = '', seconds = 120 } = {}) {
  const child = spawn(python(), [pythonProgram(name), ...args], { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, timeout: seconds * 1000 });
  const [output, errors] = [[], []];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => errors.push(chunk));
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${name} ${args.join(' ').slice(0, 200)}: ended with ${code}\n${Buffer.concat(errors)}`);
  return Buffer.concat(output).toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}
