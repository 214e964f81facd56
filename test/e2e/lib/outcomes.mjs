// SPDX-License-Identifier: Apache-2.0
//
// How calls fare while AWS is in trouble: they work, or they ask to be tried again. Anything else (a 401, an invalid_grant, a 500) would
// send somebody to the sign-in page for a fault that passes.
import assert from 'node:assert/strict';
import { callAlone } from './raw_mcp.mjs';


// One tool call without a session, by plain HTTP, on this replica if one is named.
export const search = (world, client, name) => callAlone(world.at(name), client.tokens.access_token, 'gmail_search', { query: 'quicksilver' });
export const whoami = (world, client, name) => callAlone(world.at(name), client.tokens.access_token, 'whoami', {});

export function outcomeOf(answer) {
  const retryAfter = answer.retryAfter ?? answer.headers?.get('retry-after');
  if (answer.status === 503) return retryAfter > 0 ? 'later' : '503 without Retry-After';
  if (answer.status !== 200) return `${answer.status} ${answer.text.slice(0, 300)}`;
  const result = answer.message?.result;
  if (!result?.isError) return 'works';
  return result.structuredContent?.retry_after_s > 0 ? 'later' : `an error for good: ${JSON.stringify(result).slice(0, 400)}`;
}

// How many fared how, for messages.
export function tally(outcomes) {
  const counts = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

export function assertWorks(answer, what = 'the call') {
  assert.equal(outcomeOf(answer), 'works', what);
  return answer;
}

export function assertLater(answer, what = 'the call') {
  assert.equal(answer.status, 503, `${what} gets 503: ${answer.status} ${answer.text.slice(0, 300)}`);
  assert.ok(Number(answer.retryAfter ?? answer.headers.get('retry-after')) > 0, `${what} says when to try again`);
  return answer;
}

// Repeats what answered 5xx, as clients and people do. A balancer's 502 says nothing about whether it happened.
export async function persist(attempt, tries = 4) {
  for (;;) {
    const answer = await attempt();
    tries -= 1;
    if (answer.status < 500 || tries === 0) return answer;
  }
}

export async function assertWorksEverywhere(world, client) {
  for (const name of world.names.filter((one) => world.get(one).running)) {
    assertWorks(await whoami(world, client, name), `a call on ${name}`);
  }
}
