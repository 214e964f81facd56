// SPDX-License-Identifier: Apache-2.0
//
// The reading half of Gmail's API: profile, messages, threads and attachments, byte for byte as the letters were written. The
// npm emulator rebuilds MIME trees and loses charsets, so only its writes are used; what it changes is copied back here.
import { createHmac, randomBytes } from 'node:crypto';
import { decodeWords, walk } from './mime.mjs';
import { decodeText } from './charset.mjs';
import { matcher, namesHiddenPlaces } from './search.mjs';
import { apiError, invalidArgument, notFound } from './google_error.mjs';

const base64url = (bytes) => bytes.toString('base64url');
const formats = ['minimal', 'metadata', 'full', 'raw'];

export class GmailMessages {
  #mailboxes;
  #settings;
  #labelNames;
  #secret = randomBytes(32);

  // `settings` may ask for header values or text parts already decoded: sources disagree on what Google does.
  // `labelNames(owner)` gives a Map of lower-case label name to id.
  constructor({ mailboxes, settings, labelNames }) {
    this.#mailboxes = mailboxes;
    this.#settings = settings;
    this.#labelNames = labelNames;
  }

  // Answers the request, or returns undefined for what is not read here. `path` begins after /gmail/v1/users/{user}.
  async answer(method, path, parameters, owner) {
    if (method !== 'GET') return undefined;
    const [, kind, id, sub, subId] = path.split('/').map(decodeURIComponent);
    if (kind === 'profile' && !id) return this.#profile(owner);
    if (kind === 'messages' && !id) return this.#list(owner, parameters, 'messages');
    if (kind === 'threads' && !id) return this.#list(owner, parameters, 'threads');
    if (kind === 'messages' && !sub) return this.#get(owner, id, parameters);
    if (kind === 'messages' && sub === 'attachments' && subId) return this.#attachment(owner, id, subId);
    if (kind === 'threads' && !sub) return this.#thread(owner, id, parameters);
    return undefined;
  }

  #profile(owner) {
    const messages = this.#mailboxes.of(owner);
    const threadsTotal = new Set(messages.map((message) => message.threadId)).size;
    return { status: 200, json: { emailAddress: owner, messagesTotal: messages.length, threadsTotal, historyId: this.#latestHistory(messages) } };
  }

  #latestHistory = (messages) => messages.reduce((latest, { historyId }) => (BigInt(historyId) > BigInt(latest) ? historyId : latest), '1');

  async #matching(owner, parameters) {
    const query = parameters.get('q') ?? '';
    const names = /label:/i.test(query) ? await this.#labelNames(owner) : new Map();
    const wanted = parameters.getAll('labelIds');
    const test = matcher(query, { now: Date.now(), labelId: (name) => names.get(name) ?? names.get(name.replace(/-/g, ' ')) ?? names.get(name.replace(/-/g, '/')) });
    const showHidden = parameters.get('includeSpamTrash') === 'true' || namesHiddenPlaces(query) || wanted.some((id) => id === 'SPAM' || id === 'TRASH');
    return this.#mailboxes.of(owner).filter((message) =>
      (showHidden || !message.labelIds.some((id) => id === 'SPAM' || id === 'TRASH')) && wanted.every((id) => message.labelIds.includes(id)) && test(message));
  }

  async #list(owner, parameters, kind) {
    const size = Number(parameters.get('maxResults') ?? 100);
    if (!Number.isInteger(size) || size < 0) return invalidArgument(`Invalid value at 'max_results' (TYPE_UINT32), "${parameters.get('maxResults')}"`);
    const fingerprint = [owner, kind, parameters.get('q') ?? '', parameters.getAll('labelIds').join(), parameters.get('includeSpamTrash') ?? ''].join('\n');
    const start = this.#pageStart(parameters.get('pageToken'), fingerprint);
    if (start === undefined) return apiError(400, 'invalidArgument', 'Invalid pageToken');

    let rows = (await this.#matching(owner, parameters)).map(({ id, threadId, snippet, historyId }) => ({ id, threadId, snippet, historyId }));
    if (kind === 'threads') rows = this.#threadRows(owner, rows);
    else rows = rows.map(({ id, threadId }) => ({ id, threadId }));
    const end = start + Math.min(size || 100, 500);
    const page = rows.slice(start, end);
    const json = { resultSizeEstimate: Math.min(rows.length, 201) };
    if (page.length) json[kind] = page;
    if (end < rows.length) json.nextPageToken = this.#pageToken(end, fingerprint);
    return { status: 200, json };
  }

  #threadRows(owner, rows) {
    const seen = new Set();
    return rows.filter(({ threadId }) => !seen.has(threadId) && seen.add(threadId)).map(({ threadId }) => {
      const messages = this.#mailboxes.thread(owner, threadId);
      return { id: threadId, snippet: messages.at(-1).snippet, historyId: this.#latestHistory(messages) };
    });
  }

  #pageToken(start, fingerprint) {
    const mark = createHmac('sha256', this.#secret).update(`${start}\n${fingerprint}`).digest().readBigUInt64BE() >> 8n;
    return `${String(mark).padStart(17, '0')}${start}`;
  }

  #pageStart(token, fingerprint) {
    if (!token) return 0;
    const start = Number(token.slice(17));
    return Number.isInteger(start) && start > 0 && this.#pageToken(start, fingerprint) === token ? start : undefined;
  }

  #refuseId = (id) => (/^[0-9a-f]{1,16}$/.test(id) ? notFound() : invalidArgument('Invalid id value'));

  #format(parameters, allowed) {
    const format = (parameters.get('format') ?? 'full').toLowerCase();
    return allowed.includes(format) ? format : undefined;
  }

  #get(owner, id, parameters) {
    const message = this.#mailboxes.get(owner, id);
    return message ? this.show(message, parameters) : this.#refuseId(id);
  }

  // A message as messages.get answers it.
  show(message, parameters) {
    const format = this.#format(parameters, formats);
    if (!format) return invalidArgument(`Invalid value at 'format' (type.googleapis.com/google.apps.gmail.v1.MessageFormat), "${parameters.get('format')}"`);
    return { status: 200, json: this.#resource(message, format, parameters.getAll('metadataHeaders')) };
  }

  #thread(owner, id, parameters) {
    const messages = this.#mailboxes.thread(owner, id);
    if (messages.length === 0) return this.#refuseId(id);
    const format = this.#format(parameters, ['minimal', 'metadata', 'full']);
    if (!format) return invalidArgument(`Invalid value at 'format' (type.googleapis.com/google.apps.gmail.v1.ThreadFormat), "${parameters.get('format')}"`);
    const resources = messages.map((message) => this.#resource(message, format, parameters.getAll('metadataHeaders')));
    return { status: 200, json: { id, historyId: this.#latestHistory(messages), messages: resources } };
  }

  #resource(message, format, wantedHeaders) {
    const json = { id: message.id, threadId: message.threadId };
    if (message.labelIds.length) json.labelIds = message.labelIds;
    Object.assign(json, { snippet: message.snippet, historyId: message.historyId, internalDate: String(message.internalDate), sizeEstimate: message.raw.length });
    if (format === 'raw') json.raw = base64url(message.raw);
    if (format === 'metadata') {
      const wanted = wantedHeaders.map((name) => name.toLowerCase());
      json.payload = { mimeType: message.root.mimeType, headers: this.#headers(message.root).filter(({ name }) => !wanted.length || wanted.includes(name.toLowerCase())) };
    }
    if (format === 'full') json.payload = this.#part(message, message.root);
    return json;
  }

  #headers = (part) => part.headers.map(({ name, value }) => ({ name, value: this.#settings.decoded_headers ? decodeWords(value) : value }));

  #part(message, part) {
    const json = { partId: part.partId, mimeType: part.mimeType, filename: part.filename, headers: this.#headers(part), body: this.#body(message, part) };
    if (part.parts.length) json.parts = part.parts.map((child) => this.#part(message, child));
    return json;
  }

  #body(message, part) {
    if (part.mimeType.startsWith('multipart/')) return { size: 0 };
    const bytes = this.#settings.text_as_utf8 && part.charset && !part.filename ? Buffer.from(decodeText(part.body, part.charset)) : part.body;
    const detached = part.filename || part.mimeType === 'message/rfc822' || !part.mimeType.startsWith('text/');
    return detached ? { attachmentId: this.#attachmentId(message, part), size: bytes.length } : { size: bytes.length, data: base64url(bytes) };
  }

  // Another id with every answer, and every one of them valid: nobody can lean on it staying.
  #attachmentId(message, part) {
    const plain = `${randomBytes(6).toString('hex')} ${part.partId}`;
    const mark = createHmac('sha256', this.#secret).update(`${message.owner} ${message.id} ${plain}`).digest('base64url');
    return `ANGjdJ${mark}${Buffer.from(plain).toString('base64url')}`;
  }

  #attachment(owner, id, attachmentId) {
    const message = this.#mailboxes.get(owner, id);
    if (!message) return this.#refuseId(id);
    const plain = Buffer.from(attachmentId.slice(49), 'base64url').toString();
    const mark = createHmac('sha256', this.#secret).update(`${owner} ${id} ${plain}`).digest('base64url');
    const part = attachmentId.slice(6, 49) === mark && [...walk(message.root)].find(({ partId }) => partId === plain.split(' ')[1]);
    return part ? { status: 200, json: { size: part.body.length, data: base64url(part.body) } } : invalidArgument('Invalid attachment token');
  }
}
