// SPDX-License-Identifier: Apache-2.0
//
// users.drafts, as the discovery document and the guide "Create and send drafts" have it: the id of a draft stays, the message in it is
// another one after every change, and sending makes a new message and ends the draft. Any letter with the label DRAFT is in a draft,
// however it came into the mailbox.
import { randomBytes } from 'node:crypto';
import { invalidArgument, notFound } from './google_error.mjs';
import { matcher } from './search.mjs';

const draftFields = ['id', 'message'];

function readBody(body) {
  try {
    const asked = JSON.parse(body);
    if (asked === null || typeof asked !== 'object' || Array.isArray(asked)) return { wrong: 'Invalid JSON payload received.' };
    const unknown = Object.keys(asked).find((name) => !draftFields.includes(name));
    return unknown ? { wrong: `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.` } : { asked };
  } catch {
    return { wrong: 'Invalid JSON payload received.' };
  }
}

export class GmailDrafts {
  #mailboxes;
  #sending;
  #show;
  #ids = new Map(); // owner/message id to draft id

  // `show(message, parameters)` answers like messages.get.
  constructor({ mailboxes, sending, show }) {
    this.#mailboxes = mailboxes;
    this.#sending = sending;
    this.#show = show;
  }

  // Answers the request, or returns undefined for what is no draft's. `path` begins after /gmail/v1/users/{user}.
  async answer(method, path, parameters, body, owner) {
    const [, kind, id, more] = path.split('/').map(decodeURIComponent);
    if (kind !== 'drafts' || more !== undefined) return undefined;
    if (method === 'GET' && !id) return this.#list(owner, parameters);
    if (method === 'POST' && !id) return this.#create(owner, body);
    if (method === 'POST' && id === 'send') return this.#send(owner, body);
    const draft = id && this.#of(owner).find((one) => one.id === id);
    if (!draft) return notFound();
    if (method === 'GET') return this.#get(draft, parameters);
    if (method === 'PUT') return this.#update(owner, draft, body);
    if (method === 'DELETE') return this.#delete(owner, draft);
    return undefined;
  }

  #of(owner) {
    return this.#mailboxes.of(owner).filter(({ labelIds }) => labelIds.includes('DRAFT')).map((message) => ({ id: this.#idOf(owner, message.id), message }));
  }

  #idOf(owner, messageId) {
    const key = `${owner}/${messageId}`;
    if (!this.#ids.has(key)) this.#ids.set(key, `r-${randomBytes(8).readBigUInt64BE() >> 1n}`);
    return this.#ids.get(key);
  }

  #list(owner, parameters) {
    const size = Number(parameters.get('maxResults') ?? 100);
    if (!Number.isInteger(size) || size < 0) return invalidArgument("Invalid value at 'max_results' (TYPE_UINT32)");
    const test = matcher(parameters.get('q') ?? '', { now: Date.now(), labelId: () => undefined });
    const start = Number(parameters.get('pageToken') || 0);
    const found = this.#of(owner).filter(({ message }) => test(message));
    const page = found.slice(start, start + Math.min(size || 100, 500));
    const json = { resultSizeEstimate: found.length };
    if (page.length) json.drafts = page.map(({ id, message }) => ({ id, message: { id: message.id, threadId: message.threadId } }));
    if (start + page.length < found.length) json.nextPageToken = String(start + page.length);
    return { status: 200, json };
  }

  #get(draft, parameters) {
    const shown = this.#show(draft.message, parameters);
    return shown.status === 200 ? { status: 200, json: { id: draft.id, message: shown.json } } : shown;
  }

  #told = (id, { id: messageId, threadId, labelIds }) => ({ status: 200, json: { id, message: { id: messageId, threadId, labelIds } } });

  async #create(owner, body) {
    const { asked, wrong } = readBody(body);
    if (wrong) return invalidArgument(wrong);
    const kept = await this.#sending.draft(owner, asked.message ?? {});
    return kept.refusal ?? this.#told(this.#idOf(owner, kept.id), kept);
  }

  async #update(owner, draft, body) {
    const { asked, wrong } = readBody(body);
    if (wrong) return invalidArgument(wrong);
    const kept = await this.#sending.draft(owner, { threadId: draft.message.threadId, ...asked.message });
    if (kept.refusal) return kept.refusal;
    await this.#sending.forget(owner, draft.message.id);
    this.#ids.set(`${owner}/${kept.id}`, draft.id);
    return this.#told(draft.id, kept);
  }

  async #delete(owner, draft) {
    await this.#sending.forget(owner, draft.message.id);
    return { status: 204, body: '' };
  }

  // As it is, or with a new content that goes out in its place.
  async #send(owner, body) {
    const { asked, wrong } = readBody(body);
    if (wrong) return invalidArgument(wrong);
    if (typeof asked.id !== 'string' || !asked.id) return invalidArgument('Invalid draft ID');
    const draft = this.#of(owner).find(({ id }) => id === asked.id);
    if (!draft) return notFound();
    const own = { raw: draft.message.raw.toString('base64url'), threadId: draft.message.threadId };
    const sent = await this.#sending.send(owner, JSON.stringify(asked.message?.raw ? asked.message : own));
    if (sent.status === 200) await this.#sending.forget(owner, draft.message.id);
    return sent;
  }
}
