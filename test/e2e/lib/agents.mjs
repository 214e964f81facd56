// SPDX-License-Identifier: Apache-2.0
//
// Programs that are run as they are (../agents/package.json), and the Node 22 they need: our own, or the one that script/bootstrap fetched.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fetched = fileURLToPath(new URL('../../../build/tools/node22/bin/node', import.meta.url));
const installed = fileURLToPath(new URL('../agents/node_modules', import.meta.url));

const isNewEnough = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 19);
};

export function node22() {
  const candidates = [process.env.GATEHOUSE_NODE22, isNewEnough() && process.execPath, fetched].filter(Boolean);
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw new Error(`no Node 22.19 or later; looked at ${candidates.join(', ')}. Run script/bootstrap test, or name one in GATEHOUSE_NODE22.`);
  return found;
}

function agent(path) {
  const program = join(installed, path);
  if (!existsSync(program)) throw new Error(`${program} is not installed. Run script/bootstrap test.`);
  return program;
}

export const conformanceProgram = () => agent('@modelcontextprotocol/conformance/dist/index.js');
export const inspectorProgram = () => agent('@modelcontextprotocol/inspector/clients/launcher/build/index.js');
export const claudeProgram = () => agent('.bin/claude');
