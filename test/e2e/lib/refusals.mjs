// SPDX-License-Identifier: Apache-2.0
//
// The forms in which an authorization server says no.
import assert from 'node:assert/strict';

// The person is told on a page of ours, and the client nothing.
export function assertLocalPage(answer, status = 400) {
  assert.equal(answer.status, status, `${answer.status} ${answer.location ?? answer.text.slice(0, 300)}`);
  assert.equal(answer.location, undefined, 'no redirect');
  assert.match(answer.headers['content-type'] ?? '', /^text\/html/);
  assert.doesNotMatch(answer.text, /http-equiv|<script|<form/i, 'and nothing that leads on by itself');
}

// The client is told through its redirect URI: `error`, with `iss`, and with `state` when one was given.
export function assertToldClient(answer, error, { redirect, state, issuer }) {
  assert.ok([302, 303].includes(answer.status), `${answer.status} ${answer.text.slice(0, 300)}`);
  assert.ok(answer.location.startsWith(redirect), `told at ${answer.location}`);
  const told = new URL(answer.location).searchParams;
  assert.equal(told.get('error'), error, answer.location);
  assert.deepEqual(told.getAll('iss'), [issuer]);
  assert.deepEqual(told.getAll('state'), state === undefined ? [] : [state]);
  assert.equal(told.get('code'), null, 'no code');
  return told;
}

// JSON as of RFC 6749 section 5.2, which nobody may keep.
export function assertOauthError(answer, status, error) {
  assert.equal(answer.status, status, `${answer.status} ${answer.text.slice(0, 300)}`);
  assert.equal(answer.json?.error, error, answer.text.slice(0, 300));
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.deepEqual(Object.keys(answer.json).filter((name) => !['error', 'error_description'].includes(name)), []);
  assert.doesNotMatch(answer.json.error_description ?? '', /[^\x20-\x7e]|["\\]/, 'as RFC 6749 section 5.2 spells it');
}
