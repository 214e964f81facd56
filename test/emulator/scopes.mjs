// SPDX-License-Identifier: Apache-2.0
//
// Scopes: their long names, what they mean to a person, and which of them opens which path.
const root = 'https://www.googleapis.com/auth/';

const meanings = {
  'gmail.readonly': 'View your email messages and settings', 'gmail.modify': 'Read, compose and send emails from your Gmail account',
  'gmail.compose': 'Manage drafts and send emails', 'gmail.send': 'Send email on your behalf', 'gmail.labels': 'See and edit your email labels',
  'gmail.metadata': 'View your email message metadata such as labels and headers, but not the email body', 'gmail.insert': 'Add emails into your Gmail mailbox',
  'gmail.settings.basic': 'See, edit, create or change your email settings and filters in Gmail',
  calendar: 'See, edit, share and permanently delete all the calendars you can access', 'calendar.readonly': 'See and download any calendar you can access',
  'calendar.events': 'View and edit events on all your calendars', 'calendar.events.readonly': 'View events on all your calendars',
  'calendar.events.freebusy': 'See the availability on calendars you have access to', 'calendar.freebusy': 'View your availability in your calendars',
  'calendar.calendarlist': 'See, add and remove calendars you are subscribed to', 'calendar.calendarlist.readonly': 'See the list of calendars you are subscribed to',
  'calendar.calendars': 'See and change the properties of your calendars, and create secondary calendars', 'calendar.acls': 'See and change the sharing of your calendars',
  drive: 'See, edit, create and delete all of your Google Drive files', 'drive.readonly': 'See and download all your Google Drive files',
  'drive.file': 'See, edit, create and delete only the Google Drive files you use with this app', 'drive.metadata.readonly': 'See information about your Google Drive files',
  documents: 'See, edit, create and delete all your Google Docs documents', 'documents.readonly': 'See all your Google Docs documents',
  spreadsheets: 'See, edit, create and delete all your Google Sheets spreadsheets', 'spreadsheets.readonly': 'See all your Google Sheets spreadsheets',
  presentations: 'See, edit, create and delete all your Google Slides presentations', 'presentations.readonly': 'See all your Google Slides presentations',
  tasks: 'Create, edit, organise and delete all your tasks', 'tasks.readonly': 'View your tasks', contacts: 'See, edit, download and permanently delete your contacts',
  'contacts.readonly': 'See and download your contacts', 'directory.readonly': 'See and download your organisation’s directory',
};

const longNames = { email: `${root}userinfo.email`, profile: `${root}userinfo.profile` };
export const signInScopes = ['openid', longNames.email, longNames.profile];
const everything = 'https://mail.google.com/';

// Google answers with the long names of `email` and `profile`.
export const normalize = (scopes) => [...new Set(scopes.map((scope) => longNames[scope] ?? scope))];
export const isKnown = (scope) => signInScopes.includes(scope) || scope === everything || (scope.startsWith(root) && scope.slice(root.length) in meanings);
export const meaning = (scope) => (scope === everything ? 'Read, compose, send and permanently delete all your email' : meanings[scope.slice(root.length)]);

const any = (names) => names.split(' ').map((name) => (name.includes(':') ? name : root + name));
const gmailRead = `gmail.readonly gmail.modify ${everything}`;

// First match wins. HEAD counts as GET.
const doors = [
  ['POST', /^\/(upload\/)?gmail\/v1\/users\/[^/]+\/messages\/send$/, any(`gmail.send gmail.compose gmail.modify ${everything}`)],
  ['POST', /^\/(upload\/)?gmail\/v1\/users\/[^/]+\/messages(\/import)?$/, any(`gmail.insert gmail.modify ${everything}`)],
  ['GET', /^\/gmail\/v1\/users\/[^/]+\/drafts/, any(`gmail.readonly gmail.compose gmail.modify ${everything}`)],
  ['*', /^\/(upload\/)?gmail\/v1\/users\/[^/]+\/drafts/, any(`gmail.compose gmail.modify ${everything}`)],
  ['GET', /^\/gmail\/v1\/users\/[^/]+\/(messages|threads)(\/[^/]+)?$/, any(`gmail.metadata ${gmailRead}`)],
  ['GET', /^\/gmail\/v1\/users\/[^/]+\/labels/, any(`gmail.labels gmail.metadata ${gmailRead}`)],
  ['*', /^\/gmail\/v1\/users\/[^/]+\/labels/, any(`gmail.labels gmail.modify ${everything}`)],
  ['DELETE', /^\/gmail\/v1\/users\/[^/]+\/(messages|threads)/, any(everything)],
  ['POST', /^\/gmail\/v1\/users\/[^/]+\/messages\/batchDelete$/, any(everything)],
  ['GET', /^\/gmail\/v1\/users\/[^/]+\/settings/, any(`gmail.settings.basic ${gmailRead}`)],
  ['*', /^\/gmail\/v1\/users\/[^/]+\/settings/, any('gmail.settings.basic')],
  ['GET', /^\/gmail\/v1\/users\/[^/]+\/profile$/, any(`gmail.metadata gmail.compose ${gmailRead}`)],
  ['GET', /^\/gmail\//, any(gmailRead)],
  ['*', /^\/(upload\/)?gmail\//, any(`gmail.modify ${everything}`)],
  ['GET', /^\/calendar\/v3\/users\/me\/calendarList/, any('calendar calendar.readonly calendar.calendarlist calendar.calendarlist.readonly')],
  ['POST', /^\/calendar\/v3\/freeBusy$/, any('calendar calendar.readonly calendar.freebusy calendar.events.freebusy')],
  ['GET', /^\/calendar\//, any('calendar calendar.readonly calendar.events calendar.events.readonly')],
  ['*', /^\/calendar\//, any('calendar calendar.events')],
  ['GET', /^\/drive\//, any('drive drive.readonly drive.file drive.metadata.readonly')],
  ['*', /^\/(upload\/)?drive\//, any('drive drive.file')],
];

export function scopesFor(method, path) {
  const verb = method === 'HEAD' ? 'GET' : method;
  return doors.find(([wanted, pattern]) => (wanted === '*' || wanted === verb) && pattern.test(path))?.[2];
}
