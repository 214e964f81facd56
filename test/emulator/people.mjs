// SPDX-License-Identifier: Apache-2.0
//
// The invented people who can sign in. `sub` never changes: a gateway that keys its users by it must meet the same ones after a
// restart. `hd` is what Google asserts about a Workspace account; whoever has none is a consumer.
export const people = [
  {
    sub: '100000000000000000011', email: 'alice@acme.example', name: 'Alice Archer', given_name: 'Alice', family_name: 'Archer',
    hd: 'acme.example', email_verified: true, locale: 'en', note: 'a colleague at acme.example with a rich mailbox',
  },
  {
    sub: '100000000000000000022', email: 'bob@acme.example', name: 'Bob Baxter', given_name: 'Bob', family_name: 'Baxter',
    hd: 'acme.example', email_verified: true, locale: 'en', note: 'another colleague, with other mail',
  },
  {
    sub: '100000000000000000033', email: 'carol@gmail.com', name: 'Carol Castle', given_name: 'Carol', family_name: 'Castle',
    email_verified: true, locale: 'en', note: 'a consumer account: belongs to no Workspace domain, must be turned away',
  },
  {
    sub: '100000000000000000044', email: 'dave@other.example', name: 'Dave Dorsey', given_name: 'Dave', family_name: 'Dorsey',
    hd: 'other.example', email_verified: true, locale: 'en', note: 'works for another company, must be turned away',
  },
  {
    sub: '100000000000000000055', email: 'eve@acme.example', name: 'Eve Ellery', given_name: 'Eve', family_name: 'Ellery',
    hd: 'acme.example', email_verified: false, locale: 'en', note: 'an address nobody has verified, must be turned away',
  },
].map((person) => ({ picture: `https://lh3.googleusercontent.invalid/a/${person.sub}=s96-c`, ...person }));

export const personByEmail = (email) => people.find((person) => person.email === String(email).toLowerCase());
