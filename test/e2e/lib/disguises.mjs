// SPDX-License-Identifier: Apache-2.0
//
// Every way a text may lie in plain sight.
import assert from 'node:assert/strict';

// Base64 depends on where the text begins, hence three alignments without their uncertain ends.
export function formsOf(secret) {
  const bytes = Buffer.from(secret);
  const forms = new Map([['plain', bytes], ['UTF-16', Buffer.from(secret, 'utf16le')], ['reversed', Buffer.from(bytes).reverse()]]);
  forms.set('hex', Buffer.from(bytes.toString('hex'))).set('HEX', Buffer.from(bytes.toString('hex').toUpperCase()));
  forms.set('percent', Buffer.from(encodeURIComponent(secret))).set('percent throughout', Buffer.from([...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')));
  forms.set('JSON', Buffer.from(JSON.stringify(secret).slice(1, -1)));
  for (const shift of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64').replace(/=+$/, '');
    const inner = encoded.slice(shift ? shift + 1 : 0, -2);
    forms.set(`base64 at ${shift}`, Buffer.from(inner)).set(`base64url at ${shift}`, Buffer.from(inner.replaceAll('+', '-').replaceAll('/', '_')));
  }
  return forms;
}

export function assertAbsent(haystack, what, secret) {
  assert.ok(secret && secret.length >= 8, `${what}: something to look for`);
  for (const [form, bytes] of formsOf(secret)) assert.ok(!haystack.includes(bytes), `${what} can be read (${form})`);
}
