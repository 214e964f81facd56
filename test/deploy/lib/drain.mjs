// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { until } from '../../e2e/lib/child.mjs';
import { callTool, initialize, openStream } from '../../e2e/lib/raw_mcp.mjs';

// SIGTERM lets a call finish, ends streams, and the container leaves with exit code 0.
export async function assertDrains(container, google, token) {
  const { sessionId } = await initialize(container, token);
  const stream = await openStream(container, token, sessionId);
  const rest = stream.rest();
  await google.fault({ path: '/messages$', status: 0, delay_ms: 3000, times: 1 });
  const call = callTool(container, token, sessionId, 'gmail_search', { query: 'from:bob', limit: 2 });
  await until('the search waits for Google', async () => (await google.state()).faults.length === 0);
  const gone = container.stop();
  const { message } = await call;
  assert.ok(JSON.stringify(message).includes('Bob Baxter'), JSON.stringify(message).slice(0, 300));
  await rest;
  assert.deepEqual(await gone, { code: 0, signal: null });
}
