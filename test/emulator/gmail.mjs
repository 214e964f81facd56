// SPDX-License-Identifier: Apache-2.0
//
// Gmail as a whole: checks what Google checks of every call, answers reads from our own letters, hands everything else to the
// npm emulator and copies what it changed back.
import { apiError, unknownParameter } from './google_error.mjs';
import { GmailChanging } from './gmail_changing.mjs';
import { GmailDrafts } from './gmail_drafts.mjs';
import { GmailMessages } from './gmail_messages.mjs';
import { GmailSending } from './gmail_sending.mjs';
import { unknownName } from './gmail_parameters.mjs';
import { sendAsOf } from './send_as.mjs';
import { isUpload, readUpload } from './gmail_upload.mjs';

const routePattern = /^\/(upload\/)?gmail\/v1\/users\/([^/]+)(\/.*)?$/;

export class Gmail {
  #npm;
  #mailboxes;
  #messages;
  #sending;
  #changing;
  #drafts;
  #settings;

  constructor({ npm, mailboxes, settings }) {
    this.#npm = npm;
    this.#mailboxes = mailboxes;
    this.#messages = new GmailMessages({ mailboxes, settings, labelNames: (owner) => this.#labelNames(owner) });
    this.#sending = new GmailSending({ npm, mailboxes, settings });
    this.#changing = new GmailChanging({ npm, mailboxes });
    this.#drafts = new GmailDrafts({ mailboxes, sending: this.#sending, show: (message, parameters) => this.#messages.show(message, parameters) });
    this.#settings = settings;
  }

  static route(path) {
    const match = routePattern.exec(path);
    return match ? { upload: Boolean(match[1]), user: decodeURIComponent(match[2]), path: match[3] ?? '' } : undefined;
  }

  async answer(request, owner) {
    const { method, url, headers, body } = request;
    const route = Gmail.route(url.pathname);
    if (!route) return apiError(404, 'notFound', 'Not Found');
    if (route.user !== 'me' && route.user !== owner) return apiError(403, 'forbidden', `Delegation denied for ${owner}`);
    const unknown = unknownName(method, route.path, url.searchParams);
    if (unknown) return unknownParameter(unknown);
    if (route.upload && isUpload(method, route.path)) return this.#upload(request, route, owner);
    const read = await this.#messages.answer(method, route.path, url.searchParams, owner);
    if (read) return read;
    if (method === 'GET' && route.path === '/settings/sendAs') return { status: 200, json: { sendAs: sendAsOf(this.#settings, owner) } };
    const draft = route.upload ? undefined : await this.#drafts.answer(method, route.path, url.searchParams, body, owner);
    if (draft) return draft;
    if (method === 'POST' && route.path === '/messages/send' && !route.upload) return this.#sending.send(owner, body);
    const changed = route.upload ? undefined : await this.#changing.answer(method, route.path, body, owner);
    if (changed) return changed;
    const dropped = method === 'DELETE' ? await this.#messageOfDraft(owner, route.path) : undefined;
    const answer = await this.#npm.call(owner, method, url.pathname + url.search, { contentType: headers['content-type'], body });
    if (dropped && answer.status < 300) this.#mailboxes.remove(owner, dropped);
    if (method !== 'GET' && answer.status < 300) await this.#copyBack(owner, route.path, headers['content-type'] ?? '', body, answer);
    if (method === 'GET' && route.path === '/labels' && answer.status === 200) return withoutCounts(answer);
    return answer.status === 404 && !/"error"/.test(answer.body) ? apiError(404, 'notFound', 'Not Found') : answer;
  }

  // Puts a letter (`raw`, base64) into somebody's mailbox, as a delivery would.
  put({ owner, raw, labels = ['INBOX', 'UNREAD'] }) {
    return this.#sending.put(owner, Buffer.from(raw, 'base64'), labels);
  }

  // All mail of all people, or all under one label.
  everything = (label) => this.#mailboxes.everything(label);

  // The same call with the message in its JSON.
  #upload({ method, url, headers, body }, route, owner) {
    const { refusal, metadata, raw } = readUpload(url.searchParams, headers['content-type'], body);
    if (refusal) return refusal;
    const message = (known) => ({ ...known, raw: raw.toString('base64url') });
    const json = route.path.startsWith('/drafts') ? { ...metadata, message: message(metadata.message) } : message(metadata);
    return this.answer({ method, url: new URL(`/gmail/v1/users/me${route.path}`, url), headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(json)) }, owner);
  }

  async #labelNames(owner) {
    const { json } = await this.#npm.json(owner, 'GET', '/gmail/v1/users/me/labels');
    return new Map(json.labels.map(({ id, name }) => [name.toLowerCase(), id]));
  }

  // A draft takes its message with it.
  async #messageOfDraft(owner, path) {
    const id = /^\/drafts\/([^/]+)$/.exec(path)?.[1];
    const { json } = id ? await this.#npm.json(owner, 'GET', `/gmail/v1/users/me/drafts/${id}?format=minimal`) : {};
    return json?.message?.id;
  }

  async #copyBack(owner, path, contentType, body, answer) {
    const asked = contentType.includes('json') && body.length ? JSON.parse(body) : {};
    const told = answer.body.length ? JSON.parse(answer.body) : {};
    const [, kind, id] = path.split('/');
    const ids = new Set([asked.ids, (told.messages ?? []).map((message) => message.id)].flat().filter(Boolean));
    if (kind === 'messages') for (const one of [told.id, /^batch|^send$|^import$/.test(id ?? '') ? undefined : id]) if (one) ids.add(one);
    if (kind === 'threads' && id) for (const message of this.#mailboxes.thread(owner, id)) ids.add(message.id);
    const sentRaw = asked.raw;
    const raw = contentType.startsWith('message/rfc822') ? body : sentRaw ? Buffer.from(sentRaw, 'base64url') : undefined;
    for (const one of ids) await this.#copyMessage(owner, one, raw);
  }

  async #copyMessage(owner, id, raw) {
    const { status, json } = await this.#npm.json(owner, 'GET', `/gmail/v1/users/me/messages/${id}?format=raw`);
    if (status !== 200) return this.#mailboxes.remove(owner, id);
    const known = this.#mailboxes.get(owner, id);
    return this.#mailboxes.add({
      owner, id, threadId: json.threadId, labelIds: json.labelIds ?? [], historyId: json.historyId,
      raw: raw ?? known?.raw ?? Buffer.from(json.raw, 'base64url'), internalDate: known?.internalDate ?? Number(json.internalDate),
    });
  }
}

function withoutCounts(answer) {
  const { labels } = JSON.parse(answer.body);
  const counts = ['messagesTotal', 'messagesUnread', 'threadsTotal', 'threadsUnread'];
  return { status: 200, json: { labels: labels.map((label) => Object.fromEntries(Object.entries(label).filter(([name]) => !counts.includes(name)))) } };
}
