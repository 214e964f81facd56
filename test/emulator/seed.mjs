// SPDX-License-Identifier: Apache-2.0
//
// What the npm emulator starts with: people, labels, the letters, calendars and files, and tokens to speak for each person.
import { mail } from './mail.mjs';
import { people } from './people.mjs';

const tokensPerPerson = 50;

export const tokensOf = (email) => Array.from({ length: tokensPerPerson }, (_, n) => `seed-${n}-${email}`);

const alice = 'alice@acme.example';
const bob = 'bob@acme.example';

const calendars = [
  { id: alice, user_email: alice, summary: alice, primary: true, time_zone: 'Europe/Zurich' },
  { id: 'crew@group.calendar.google.com', user_email: alice, summary: 'Crew', time_zone: 'America/New_York', access_role: 'writer' },
  { id: bob, user_email: bob, summary: bob, primary: true, time_zone: 'Europe/London' },
];

const events = [
  { id: 'evstandup', user_email: alice, calendar_id: 'primary', summary: 'Standup', start_date_time: '2026-11-16T09:00:00+01:00', end_date_time: '2026-11-16T09:15:00+01:00', attendees: [{ email: alice }, { email: bob, display_name: 'Bob Baxter' }] },
  { id: 'evoffsite', user_email: alice, calendar_id: 'primary', summary: 'Offsite', start_date: '2026-11-18', end_date: '2026-11-20', location: 'Zürich' },
  { id: 'evplanning', user_email: alice, calendar_id: 'crew@group.calendar.google.com', summary: 'Planning', start_date_time: '2026-11-17T15:00:00Z', end_date_time: '2026-11-17T16:00:00Z' },
  { id: 'evdentist', user_email: bob, calendar_id: 'primary', summary: 'Bob only: dentist', start_date_time: '2026-11-17T15:00:00Z', end_date_time: '2026-11-17T16:00:00Z' },
];

const files = [
  { id: 'fld_reports', user_email: alice, name: 'Reports', mime_type: 'application/vnd.google-apps.folder', parent_ids: ['root'] },
  { id: 'fil_figures', user_email: alice, name: 'figures.csv', mime_type: 'text/csv', parent_ids: ['fld_reports'], data: 'region,revenue\nNorth,1200\nSouth,900\n' },
  { id: 'fil_plan', user_email: alice, name: "It's a plan.md", mime_type: 'text/markdown', parent_ids: ['root'], data: '# Plan\n\n- one\n- two\n' },
  { id: 'fil_bob', user_email: bob, name: 'Bob only.txt', mime_type: 'text/plain', parent_ids: ['root'], data: 'dragonfly\n' },
];

export function npmSeed(client) {
  const tokens = {};
  for (const { email } of people) for (const token of tokensOf(email)) tokens[token] = { login: email, scopes: [] };
  return {
    tokens,
    google: {
      users: people.map(({ email, name, given_name, family_name, picture, locale, email_verified, hd }) => ({ email, name, given_name, family_name, picture, locale, email_verified, hd: hd ?? '' })),
      oauth_clients: [{ client_id: client.id, client_secret: client.secret, name: client.name, redirect_uris: client.redirect_uris }],
      labels: [{ id: 'Label_ops', user_email: alice, name: 'Ops/Review', color_background: '#16a766', color_text: '#ffffff' }],
      messages: mail.map(({ owner, id, threadId, labelIds, raw }) => ({ id, thread_id: threadId, user_email: owner, label_ids: labelIds, raw: raw.toString('base64url') })),
      calendars, calendar_events: events, drive_items: files,
    },
  };
}
