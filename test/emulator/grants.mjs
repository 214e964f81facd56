// SPDX-License-Identifier: Apache-2.0
//
// What people have allowed which client, and the tokens that came of it. One grant per person and client: revoking any of its
// tokens ends it whole. Kept in a file, when there is a place for one, so that a restart signs nobody out.
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const refreshTokensMax = 100;
const codeSeconds = 600;

const token = (prefix, bytes) => prefix + randomBytes(bytes).toString('base64url');

export class Grants {
  #file;
  #codes = new Map(); // code -> the request it answers
  #access = new Map(); // access token -> {email, client, scopes, expires}
  #refresh = new Map(); // refresh token -> {email, client, scopes}
  #allowed = new Map(); // email and client -> scopes ever allowed

  constructor(file) {
    this.#file = file;
    if (!file) return;
    try {
      const kept = JSON.parse(readFileSync(file, 'utf8'));
      this.#access = new Map(kept.access);
      this.#refresh = new Map(kept.refresh);
      this.#allowed = new Map(kept.allowed);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }

  #keep() {
    if (!this.#file) return;
    const kept = { access: [...this.#access], refresh: [...this.#refresh], allowed: [...this.#allowed] };
    writeFileSync(`${this.#file}.new`, JSON.stringify(kept), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }

  allowed = (email, client) => this.#allowed.get(`${email} ${client}`) ?? [];

  allow(email, client, scopes) {
    this.#allowed.set(`${email} ${client}`, [...new Set([...this.allowed(email, client), ...scopes])]);
    this.#keep();
  }

  addCode(request) {
    const code = token('4/0A', 40);
    this.#codes.set(code, { ...request, expires: Date.now() + codeSeconds * 1000 });
    return code;
  }

  // A code works once.
  takeCode(code) {
    const found = this.#codes.get(code);
    this.#codes.delete(code);
    return found && found.expires > Date.now() ? found : undefined;
  }

  addRefresh(email, client, scopes) {
    const mine = [...this.#refresh].filter(([, held]) => held.email === email && held.client === client);
    if (mine.length >= refreshTokensMax) this.#refresh.delete(mine[0][0]);
    const added = token('1//0', 48);
    this.#refresh.set(added, { email, client, scopes });
    this.#keep();
    return added;
  }

  addAccess(email, client, scopes, seconds) {
    for (const [old, held] of this.#access) if (held.expires < Date.now()) this.#access.delete(old);
    const added = token('ya29.', 64);
    this.#access.set(added, { email, client, scopes, expires: Date.now() + seconds * 1000 });
    this.#keep();
    return added;
  }

  refresh = (value) => this.#refresh.get(value);

  access(value) {
    const held = this.#access.get(value);
    return held && held.expires > Date.now() ? held : undefined;
  }

  emailOf = (value) => (this.#access.get(value) ?? this.#refresh.get(value))?.email;

  expireAccess() {
    this.#access.clear();
    this.#keep();
  }

  // Ends every grant of a person, or only the one to `client`. True when there was one.
  end(email, client) {
    const mine = (held) => held.email === email && (client === undefined || held.client === client);
    let ended = false;
    for (const map of [this.#access, this.#refresh]) for (const [value, held] of map) if (mine(held)) ended = map.delete(value) || ended;
    for (const key of this.#allowed.keys()) if (key === `${email} ${client}` || (client === undefined && key.startsWith(`${email} `))) this.#allowed.delete(key);
    this.#keep();
    return ended;
  }

  endByToken(value) {
    const held = this.#access.get(value) ?? this.#refresh.get(value);
    return held ? this.end(held.email, held.client) : false;
  }
}
