// SPDX-License-Identifier: Apache-2.0
//
// users.messages.send, as strict as Google: what may be in the request, what a letter needs, which thread it joins; and delivery to
// those of our people whom it names. The npm emulator gives ids and threads.
import { randomBytes } from 'node:crypto';
import { decodeWords, headerOf, MimeError, parseMessage } from './mime.mjs';
import { invalidArgument, notFound } from './google_error.mjs';
import { personByEmail } from './people.mjs';
import { mayWriteAs } from './send_as.mjs';

const messageFields = ['raw', 'threadId', 'id', 'labelIds', 'snippet', 'historyId', 'internalDate', 'payload', 'sizeEstimate', 'classificationLabelValues'];
const addressPattern = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/i;

const withoutQuotes = (value) => value.replace(/"(?:\\.|[^"\\])*"/g, '');

// The addresses of a header; undefined when one of them is none.
export function addressesOf(value) {
  const entries = withoutQuotes(value).split(',').map((entry) => entry.trim()).filter(Boolean);
  const addresses = entries.map((entry) => /<([^<>]*)>$/.exec(entry)?.[1] ?? entry);
  return addresses.every((address) => addressPattern.test(address)) ? addresses.map((address) => address.toLowerCase()) : undefined;
}

const subjectOf = (root) => decodeWords(headerOf(root, 'Subject')).replace(/^(?:(?:re|fwd?):\s*)+/i, '').trim().toLowerCase();
const idsIn = (root) => `${headerOf(root, 'In-Reply-To')} ${headerOf(root, 'References')}`.match(/<[^<>\s]+>/g) ?? [];

function withoutHeader(raw, name) {
  const source = raw.toString('latin1');
  const end = source.indexOf('\r\n\r\n');
  const head = source.slice(0, end).replace(new RegExp(`(^|\\r\\n)${name}:[^\\r]*(?:\\r\\n[ \\t][^\\r]*)*`, 'gi'), '');
  return Buffer.from(head.replace(/^\r\n/, '') + source.slice(end), 'latin1');
}

export class GmailSending {
  #npm;
  #mailboxes;
  #settings;

  constructor({ npm, mailboxes, settings }) {
    this.#npm = npm;
    this.#mailboxes = mailboxes;
    this.#settings = settings;
  }

  async send(owner, body) {
    const asked = this.#read(body);
    if (asked.wrong) return invalidArgument(asked.wrong);
    const letter = this.#judge(asked.raw);
    if (letter.wrong) return invalidArgument(letter.wrong);
    if (asked.threadId && !this.#mailboxes.thread(owner, asked.threadId).length) return notFound();
    const threadId = asked.threadId && this.#joins(owner, asked.threadId, letter.root) ? asked.threadId : undefined;
    const own = this.#withOwnSender(owner, asked.raw, letter.root);
    const raw = this.#settings.rewrite_message_id ? this.#renamed(own) : own;
    const labelIds = letter.recipients.includes(owner) ? ['SENT', 'INBOX', 'UNREAD'] : ['SENT'];
    const sent = await this.#store(owner, 'send', raw, labelIds, threadId);
    for (const person of new Set(letter.recipients)) {
      if (person !== owner && personByEmail(person)) await this.#deliver(person, withoutHeader(raw, 'Bcc'));
    }
    return { status: 200, json: sent };
  }

  // Keeps a message that may lack everything but its form; {refusal} when it is not kept.
  async draft(owner, asked) {
    const read = this.#read(JSON.stringify(asked));
    if (read.wrong) return { refusal: invalidArgument(read.wrong) };
    const form = this.#form(read.raw);
    if (form.wrong) return { refusal: invalidArgument(form.wrong) };
    const inThread = read.threadId ? this.#mailboxes.thread(owner, read.threadId) : [];
    const isAlone = inThread.every(({ labelIds }) => labelIds.includes('DRAFT'));
    const threadId = inThread.length && (isAlone || this.#joins(owner, read.threadId, form.root)) ? read.threadId : undefined;
    return this.#store(owner, 'import', read.raw, ['DRAFT'], threadId);
  }

  async forget(owner, id) {
    await this.#npm.json(owner, 'DELETE', `/gmail/v1/users/me/messages/${id}`);
    this.#mailboxes.remove(owner, id);
  }

  async put(owner, raw, labelIds) {
    if (!personByEmail(owner)) throw new Error(`nobody has the address ${owner}`);
    parseMessage(raw);
    return this.#store(owner, 'import', raw, labelIds);
  }

  #read(body) {
    let asked;
    try {
      asked = JSON.parse(body);
    } catch {
      return { wrong: 'Invalid JSON payload received.' };
    }
    const unknown = Object.keys(asked).find((name) => !messageFields.includes(name));
    if (unknown) return { wrong: `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.` };
    if (typeof asked.raw !== 'string' || !asked.raw) return { wrong: "'raw' RFC822 payload message string or uploading message via /upload/* URL required" };
    if (!/^[A-Za-z0-9_-]+={0,2}$/.test(asked.raw)) return { wrong: "Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed" };
    return { raw: Buffer.from(asked.raw, 'base64url'), threadId: asked.threadId };
  }

  #form(raw) {
    const source = raw.toString('latin1');
    if (/(^|[^\r])\n|\r(?!\n)/.test(source)) return { wrong: 'Invalid message: line ends' };
    let root;
    try {
      root = parseMessage(raw);
    } catch (error) {
      if (error instanceof MimeError) return { wrong: `Invalid message: ${error.message}` };
      throw error;
    }
    for (const name of ['From', 'To', 'Cc', 'Bcc', 'Subject', 'Date', 'Message-ID', 'References', 'In-Reply-To']) {
      if (root.headers.filter((header) => header.name.toLowerCase() === name.toLowerCase()).length > 1) return { wrong: `Invalid message: more than one ${name}` };
    }
    return { root };
  }

  #judge(raw) {
    const { root, wrong } = this.#form(raw);
    if (wrong) return { wrong };
    const recipients = [];
    for (const name of ['To', 'Cc', 'Bcc']) {
      const found = addressesOf(headerOf(root, name));
      if (!found) return { wrong: `Invalid ${name} header` };
      recipients.push(...found);
    }
    return recipients.length ? { root, recipients } : { wrong: 'Recipient address required' };
  }

  // Google's three conditions: the thread is named, References or In-Reply-To name a mail of it, the subjects match.
  #joins(owner, threadId, root) {
    const named = idsIn(root);
    return this.#mailboxes.thread(owner, threadId).some((message) => named.includes(`<${message.words.rfc822msgid}>`)) &&
      this.#mailboxes.thread(owner, threadId).some((message) => subjectOf(message.root) === subjectOf(root));
  }

  // Whoever the letter says it comes from, Google lets people write as themselves only.
  #withOwnSender(owner, raw, root) {
    const from = headerOf(root, 'From');
    const addresses = addressesOf(from);
    if (!from || (addresses?.length === 1 && mayWriteAs(this.#settings, owner, addresses[0]))) return raw;
    const source = raw.toString('latin1');
    return Buffer.from(source.replace(/^From:[^\r]*(?:\r\n[ \t][^\r]*)*/im, `From: ${owner}`), 'latin1');
  }

  #renamed(raw) {
    const mine = `<CAF${Math.random().toString(36).slice(2)}@mail.gmail.com>`;
    return Buffer.from(raw.toString('latin1').replace(/^Message-ID:/im, `Message-ID: ${mine}\r\nX-Google-Original-Message-ID:`), 'latin1');
  }

  async #store(owner, way, raw, labelIds, threadId) {
    const known = { raw: raw.toString('base64url'), threadId: threadId ?? randomBytes(8).toString('hex'), labelIds };
    const { status, json } = await this.#npm.json(owner, 'POST', `/gmail/v1/users/me/messages/${way}`, known);
    if (status !== 200) throw new Error(`the npm emulator answers ${status} to a ${way}`);
    const { id, historyId } = json;
    this.#mailboxes.add({ owner, id, threadId: json.threadId, labelIds, raw, historyId, internalDate: Number(json.internalDate) });
    return { id, threadId: json.threadId, labelIds };
  }

  async #deliver(person, raw) {
    const named = idsIn(parseMessage(raw));
    const answered = this.#mailboxes.of(person).find((message) => named.includes(`<${message.words.rfc822msgid}>`));
    await this.#store(person, 'import', raw, ['INBOX', 'UNREAD'], answered?.threadId);
  }
}
