// SPDX-License-Identifier: Apache-2.0
//
// The oracle of the races: every code and token that was given, to whom, out of what and until when; and what went against the invariants
// of docs/security.md. Nothing is asserted on the way, so that one fault does not hide the next.
import { createHash } from 'node:crypto';

export const invariants = {
  I1: 'no token without a record', I2: 'codes, states and consents at most once', I3: 'one successor per generation', I4: 'no resurrection after a sign-out',
  I5: 'a Google credential is never replaced by an older one', I6: 'no cross-talk', I7: 'nothing beyond seven days',
};

const day = 86_400;
const tagOf = (token) => createHash('sha256').update(token).digest('base64');
const textOf = (attribute) => attribute?.S ?? '';
const tagsOf = (row) => [textOf(row.rtTag), ...(row.at?.L ?? row.at?.SS ?? [row.at ?? {}]).map((line) => (textOf(line) || String(line)).split(' ')[0])];

// What came of one sign-in of one client.
class Family {
  tokens = []; // {refresh, access, parent}
  ended = undefined; // how, once an end was acknowledged

  constructor({ client, person, signedInBy }) {
    Object.assign(this, { client, name: client.name, person, endsBy: signedInBy + 7 * day });
  }

  get latest() {
    return this.tokens.at(-1);
  }
}

export class Ledger {
  families = [];
  googleRenewals = 0; // seen in the rows
  checked = Object.fromEntries(Object.keys(invariants).map((name) => [name, 0]));
  broken = Object.fromEntries(Object.keys(invariants).map((name) => [name, []]));
  #parents = new Map(); // refresh token -> what it came from
  #successors = new Map(); // refresh token -> its successor
  #redeemed = new Map(); // code -> the refresh token it gave
  #rows = new Map(); // key -> {generation, content}, as last seen

  // `now`: seconds by the clock the gateways live by.
  constructor(now) {
    this.now = now;
  }

  expect(invariant, holds, what) {
    this.checked[invariant] += 1;
    if (!holds) this.broken[invariant].push(what);
  }

  // A sign-in that ended just now.
  begin(client, person) {
    const family = new Family({ client, person, signedInBy: this.now() });
    this.families.push(family);
    return family;
  }

  // `winners`: how many of those who asked at once for one thing were given it.
  once(what, winners) {
    this.expect('I2', winners <= 1, `${what}: ${winners} times`);
  }

  #keep(family, answer, parent, sentAt) {
    const { refresh_token: refresh, access_token: access, expires_in: seconds } = answer.json;
    this.expect('I7', sentAt + seconds <= family.endsBy, `${family.name}: a token that lives until ${sentAt + seconds}, the session until ${family.endsBy}`);
    if (family.tokens.some((one) => one.refresh === refresh)) return;
    this.expect('I3', !this.#parents.has(refresh), `${family.name}: a refresh token that somebody has already`);
    this.#parents.set(refresh, parent);
    family.tokens.push({ refresh, access, parent });
  }

  redeemed(family, code, answers, sentAt) {
    const given = answers.filter(({ status }) => status === 200);
    this.once(`${family.name}: its code`, new Set(given.map(({ json }) => json.refresh_token)).size);
    for (const answer of given) {
      const before = this.#redeemed.get(code) ?? answer.json.refresh_token;
      this.expect('I2', before === answer.json.refresh_token, `${family.name}: its code once more`);
      this.#redeemed.set(code, before);
      this.#keep(family, answer, code, sentAt);
    }
    return given.length;
  }

  renewed(family, parent, answers, sentAt) {
    for (const answer of answers.filter(({ status }) => status === 200)) {
      const successor = answer.json.refresh_token;
      const before = this.#successors.get(parent) ?? successor;
      this.expect('I3', before === successor && successor !== parent, `${family.name}: a second successor`);
      this.#successors.set(parent, before);
      this.#keep(family, answer, parent, sentAt);
    }
  }

  // A call that was answered 200 shows its own person and nobody else.
  served(family, answer, people) {
    const seen = people.filter((person) => answer.text.includes(person));
    this.expect('I6', seen.length === 1 && seen[0] === family.person, `${family.name} of ${family.person} was shown ${seen}`);
  }

  // Where the tokens of a live family lie. `rows`: the whole table.
  lies(family, rows) {
    const { refresh, access } = family.latest;
    const holding = rows.filter((row) => textOf(row.rtTag) === tagOf(refresh));
    this.expect('I1', holding.length === 1, `${family.name}: ${holding.length} rows of its refresh token`);
    this.expect('I1', holding.some((row) => tagsOf(row).includes(tagOf(access))), `${family.name}: no row of its access token`);
  }

  liesAsCode(what, code, rows) {
    this.expect('I1', rows.filter((row) => textOf(row.codeTag) === tagOf(code)).length === 1, `${what}: no row of its code`);
  }

  // No row holds a token of a family that has ended.
  lostRows(rows) {
    const held = new Set(rows.flatMap(tagsOf));
    for (const family of this.families.filter(({ ended }) => ended)) {
      for (const { refresh, access } of family.tokens) this.expect('I4', !held.has(tagOf(refresh)) && !held.has(tagOf(access)), `${family.name}: a row holds its tokens after ${family.ended}`);
    }
  }

  // Rows count up, whoever writes them; `contentGen` counts changes of Google's tokens.
  seen(rows) {
    for (const row of rows.filter(({ rtTag }) => rtTag)) {
      const key = textOf(row.sessionId);
      const state = { generation: Number(row.gen?.N), content: Number(row.contentGen?.N) };
      const before = this.#rows.get(key) ?? { generation: 1, content: 1 };
      this.expect('I5', state.generation >= before.generation && state.content >= before.content, `${key}: from ${JSON.stringify(before)} to ${JSON.stringify(state)}`);
      this.googleRenewals += state.content > before.content ? 1 : 0;
      this.#rows.set(key, state);
    }
  }

  get summary() {
    return Object.entries(invariants).map(([name, words]) => `${name} ${words}: ${this.checked[name]} checks, ${this.broken[name].length} broken`).join('\n');
  }
}
