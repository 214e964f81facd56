// SPDX-License-Identifier: Apache-2.0
//
// Mail as bytes, per person, with what searching and showing need read out of it once.
import { decodeWords, headerOf, parseMessage, textOf, walk } from './mime.mjs';

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

const textOfHtml = (source) =>
  source.replace(/<(style|script|title)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ').replace(/&(\w+);/g, (all, name) => entities[name] ?? all);

function readableText(root) {
  const parts = [...walk(root)].filter((part) => !part.filename);
  const plain = parts.find((part) => part.mimeType === 'text/plain');
  const rich = parts.find((part) => part.mimeType === 'text/html');
  return { plain: plain ? textOf(plain) : '', rich: rich ? textOfHtml(textOf(rich)) : '' };
}

export const escapeHtml = (value) => value.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);

export function openMessage({ owner, id, threadId, labelIds, raw, historyId = '1', internalDate }) {
  const root = parseMessage(raw);
  const { plain, rich } = readableText(root);
  const header = (name) => decodeWords(headerOf(root, name));
  const date = Date.parse(headerOf(root, 'Date'));
  return {
    owner, id, threadId, labelIds: [...labelIds], raw, root, historyId,
    internalDate: internalDate ?? (Number.isFinite(date) ? date : Date.now()),
    snippet: escapeHtml((plain || rich).replace(/\s+/g, ' ').trim().slice(0, 200)),
    words: {
      from: header('From'), to: header('To'), cc: header('Cc'), bcc: header('Bcc'), subject: header('Subject'), list: header('List-Id'),
      deliveredto: header('Delivered-To'), rfc822msgid: header('Message-ID').replace(/^<|>$/g, ''), text: `${plain}\n${rich}`,
      filenames: [...walk(root)].map((part) => part.filename).filter(Boolean),
    },
  };
}

export class Mailboxes {
  #messages = new Map();

  add(seed) {
    this.#messages.set(`${seed.owner}/${seed.id}`, openMessage(seed));
  }

  remove(owner, id) {
    this.#messages.delete(`${owner}/${id}`);
  }

  get(owner, id) {
    return this.#messages.get(`${owner}/${id}`);
  }

  everything(label) {
    return [...this.#messages.values()].filter(({ labelIds }) => !label || labelIds.includes(label))
      .map(({ owner, id, threadId, labelIds, words }) => ({ owner, id, threadId, labelIds, subject: words.subject }));
  }

  // Newest first, as Google lists them.
  of(owner) {
    return [...this.#messages.values()].filter((message) => message.owner === owner)
      .sort((a, b) => b.internalDate - a.internalDate || (a.id < b.id ? 1 : -1));
  }

  thread(owner, threadId) {
    return this.of(owner).filter((message) => message.threadId === threadId).reverse();
  }
}
