// SPDX-License-Identifier: Apache-2.0
//
// What changes the labels of mail, as strict as Google: modify, batchModify, trash and untrash of messages and threads, and the
// reading of labels. The npm emulator keeps the labels and the history; here is checked what it lets pass, and answered what the
// discovery document says.
import { invalidArgument, notFound } from './google_error.mjs';

const labelsMax = 100;
const idsMax = 1000;
// Google gives these itself (guide "Manage labels": can be manually applied, no).
const fixedLabels = ['SENT', 'DRAFT', 'CHAT'];
const idPattern = /^[0-9a-zA-Z_-]{1,64}$/;

const isStrings = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');

function readBody(body, fields) {
  if (body.length === 0) return { asked: {} };
  let asked;
  try {
    asked = JSON.parse(body);
  } catch {
    return { wrong: 'Invalid JSON payload received.' };
  }
  if (asked === null || typeof asked !== 'object' || Array.isArray(asked)) return { wrong: 'Invalid JSON payload received.' };
  for (const [name, value] of Object.entries(asked)) {
    if (!fields.includes(name)) return { wrong: `Invalid JSON payload received. Unknown name "${name}": Cannot find field.` };
    if (!isStrings(value)) return { wrong: `Invalid value at '${name}', expected a list of strings` };
  }
  return { asked };
}

export class GmailChanging {
  #npm;
  #mailboxes;

  constructor({ npm, mailboxes }) {
    this.#npm = npm;
    this.#mailboxes = mailboxes;
  }

  // Answers the request, or returns undefined for what is not changed here. `path` begins after /gmail/v1/users/{user}.
  async answer(method, path, body, owner) {
    const [, kind, id, verb, more] = path.split('/').map(decodeURIComponent);
    if (more !== undefined) return undefined;
    if (method === 'GET' && kind === 'labels' && id && !verb) return this.#label(owner, id);
    if (method !== 'POST') return undefined;
    if (kind === 'messages' && id === 'batchModify' && !verb) return this.#batchModify(owner, body);
    if (kind !== 'messages' && kind !== 'threads') return undefined;
    if (verb === 'modify') return this.#modify(owner, kind, id, body);
    if (verb === 'trash') return this.#move(owner, kind, id, body, { addLabelIds: ['TRASH'], removeLabelIds: ['INBOX'] });
    if (verb === 'untrash') return this.#move(owner, kind, id, body, { removeLabelIds: ['TRASH'] });
    return undefined;
  }

  async #label(owner, id) {
    const { status, json } = await this.#npm.json(owner, 'GET', `/gmail/v1/users/me/labels/${encodeURIComponent(id)}`);
    if (status !== 200) return notFound();
    const counts = this.#counts(owner, id);
    return { status: 200, json: { ...json, ...counts } };
  }

  #counts(owner, id) {
    const messages = this.#mailboxes.of(owner).filter(({ labelIds }) => labelIds.includes(id));
    const unread = messages.filter(({ labelIds }) => labelIds.includes('UNREAD'));
    const threads = (list) => new Set(list.map(({ threadId }) => threadId)).size;
    return { messagesTotal: messages.length, messagesUnread: unread.length, threadsTotal: threads(messages), threadsUnread: threads(unread) };
  }

  // What is wrong with a change of labels; undefined: nothing.
  async #judge(owner, { addLabelIds = [], removeLabelIds = [] }) {
    if (addLabelIds.length + removeLabelIds.length === 0) return invalidArgument('No label add or removes specified');
    if (addLabelIds.length > labelsMax || removeLabelIds.length > labelsMax) return invalidArgument('Too many labels');
    const both = addLabelIds.find((id) => removeLabelIds.includes(id));
    if (both) return invalidArgument('Cannot both add and remove the same label');
    const { json } = await this.#npm.json(owner, 'GET', '/gmail/v1/users/me/labels');
    const known = new Set(json.labels.map(({ id }) => id));
    const odd = [...addLabelIds, ...removeLabelIds].find((id) => !known.has(id) || fixedLabels.includes(id));
    return odd ? invalidArgument(`Invalid label: ${odd}`) : undefined;
  }

  #messagesOf(owner, kind, id) {
    if (kind === 'threads') return this.#mailboxes.thread(owner, id);
    const message = this.#mailboxes.get(owner, id);
    return message ? [message] : [];
  }

  async #modify(owner, kind, id, body) {
    const { asked, wrong } = readBody(body, ['addLabelIds', 'removeLabelIds']);
    if (wrong) return invalidArgument(wrong);
    if (!idPattern.test(id)) return invalidArgument('Invalid id value');
    const messages = this.#messagesOf(owner, kind, id);
    if (!messages.length) return notFound();
    return (await this.#judge(owner, asked)) ?? (await this.#changed(owner, kind, id, messages, asked));
  }

  async #move(owner, kind, id, body, change) {
    const { asked, wrong } = readBody(body, []);
    if (wrong || Object.keys(asked).length) return invalidArgument(wrong ?? 'The request body must be empty');
    const messages = this.#messagesOf(owner, kind, id);
    return messages.length ? this.#changed(owner, kind, id, messages, change) : notFound();
  }

  async #changed(owner, kind, id, messages, change) {
    if (messages.some(({ labelIds }) => labelIds.includes('DRAFT'))) return invalidArgument('Labels cannot be applied to drafts');
    await this.#apply(owner, messages, change);
    const shown = this.#messagesOf(owner, kind, id).map((message) => ({ id: message.id, threadId: message.threadId, labelIds: message.labelIds }));
    return { status: 200, json: kind === 'threads' ? { id, messages: shown } : shown[0] };
  }

  async #batchModify(owner, body) {
    const { asked, wrong } = readBody(body, ['ids', 'addLabelIds', 'removeLabelIds']);
    if (wrong) return invalidArgument(wrong);
    const ids = asked.ids ?? [];
    if (ids.length === 0) return invalidArgument('No message ids specified.');
    if (ids.length > idsMax) return invalidArgument(`Too many message ids. The limit is ${idsMax}.`);
    const refused = await this.#judge(owner, asked);
    if (refused) return refused;
    const messages = ids.map((id) => this.#mailboxes.get(owner, id));
    if (messages.includes(undefined)) return notFound();
    if (messages.some(({ labelIds }) => labelIds.includes('DRAFT'))) return invalidArgument('Labels cannot be applied to drafts');
    await this.#apply(owner, messages, asked);
    return { status: 204, body: '' };
  }

  // By the npm emulator, which notes it in the history; then in our own mailboxes.
  async #apply(owner, messages, { addLabelIds = [], removeLabelIds = [] }) {
    const ids = messages.map(({ id }) => id);
    const { status } = await this.#npm.json(owner, 'POST', '/gmail/v1/users/me/messages/batchModify', { ids, addLabelIds, removeLabelIds });
    if (status >= 300) throw new Error(`the npm emulator answers ${status} to a batchModify`);
    for (const message of messages) {
      const kept = message.labelIds.filter((id) => !removeLabelIds.includes(id) && !addLabelIds.includes(id));
      message.labelIds = [...kept, ...addLabelIds];
      const { json } = await this.#npm.json(owner, 'GET', `/gmail/v1/users/me/messages/${message.id}?format=minimal`);
      message.historyId = json.historyId ?? message.historyId;
    }
  }
}
