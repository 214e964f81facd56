// SPDX-License-Identifier: Apache-2.0
//
// Cross-Account Protection: signed security events, pushed to a receiver as Google pushes them (RFC 8417, RFC 8935).
import { randomUUID } from 'node:crypto';
import { personByEmail } from './people.mjs';

const risc = 'https://schemas.openid.net/secevent/risc/event-type/';
const oauth = 'https://schemas.openid.net/secevent/oauth/event-type/';
const types = {
  'sessions-revoked': risc, 'tokens-revoked': oauth, 'token-revoked': oauth, 'account-disabled': risc, 'account-enabled': risc,
  'account-purged': risc, 'account-credential-change-required': risc, verification: risc,
};

// Google's issuer ends with a slash here, and without one in ID tokens.
const issuerOf = (base) => `${base}/`;

export const riscConfiguration = (base) => ({
  issuer: issuerOf(base), jwks_uri: `${base}/oauth2/v3/certs`, delivery_methods_supported: ['https://schemas.openid.net/secevent/risc/delivery-method/push'],
});

export class SecurityEvents {
  #base; #client; #key;

  constructor({ base, client, key }) {
    this.#base = base;
    this.#client = client;
    this.#key = key;
  }

  // The token, without sending it. `type`: of the list above; `email`: whom it concerns; `more`: members of the event; `claims`, `without`
  // and `sign` spoil the token as in the settings of ID tokens.
  make({ type = 'sessions-revoked', email, more = {}, claims = {}, without = [], sign }) {
    const person = email && personByEmail(email);
    if (email && !person) throw new Error(`nobody has the address ${email}`);
    if (!types[type]) throw new Error(`no such event: ${type}`);
    const subject = person ? { subject: { subject_type: 'iss-sub', iss: issuerOf(this.#base), sub: person.sub } } : {};
    const all = { iss: issuerOf(this.#base), aud: this.#client.id, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), events: { [types[type] + type]: { ...subject, ...more } }, ...claims };
    for (const name of without) delete all[name];
    return this.#key.sign(all, sign);
  }

  // Sends `token`, or the one that `wanted` describes, to `url` if there is one. What it was and what the receiver said.
  async push({ url, token, ...wanted }) {
    const sent = token ?? this.make(wanted);
    if (!url) return { token: sent };
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/secevent+jwt', accept: 'application/json' }, body: sent });
    return { token: sent, status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  }
}
