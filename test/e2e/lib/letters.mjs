// SPDX-License-Identifier: Apache-2.0
//
// Mail that no mail program writes, as Google would answer with it, and the mail we write, taken apart.
import { decodeWords, headerOf, parseMessage } from '../../emulator/mime.mjs';

const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

export const textPart = (content, { mime = 'text/plain', charset = 'utf-8', partId = '' } = {}) =>
  ({ partId, mimeType: mime, filename: '', headers: [{ name: 'Content-Type', value: `${mime}; charset=${charset}` }], body: { size: Buffer.byteLength(content), data: base64url(content) } });

export const filePart = (name, { mime = 'application/octet-stream', partId = '1', size = 3, attachmentId = 'ANGjdJ' } = {}) =>
  ({ partId, mimeType: mime, filename: name, headers: [{ name: 'Content-Disposition', value: 'attachment' }], body: { size, attachmentId } });

// A Gmail message resource around a part, or around parts.
export function resource(id, content, headers = {}) {
  const parts = [content].flat();
  const top = Object.entries({ From: 'Strange <strange@far.example>', To: 'alice@acme.example', Subject: 'Strange', ...headers }).map(([name, value]) => ({ name, value }));
  const payload = parts.length === 1 && !parts[0].filename ? { ...parts[0], headers: [...top, ...parts[0].headers] } : { partId: '', mimeType: 'multipart/mixed', filename: '', headers: top, body: { size: 0 }, parts };
  return { id, threadId: id, labelIds: ['INBOX'], internalDate: '1794300000000', snippet: '', historyId: '1', sizeEstimate: 1000, payload };
}

// A letter as bytes, with CRLF line ends.
export const rawLetter = (headers, body) => [...Object.entries({ 'MIME-Version': '1.0', ...headers }).map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n');

// What was handed to Google for sending or for a draft.
export class Outgoing {
  constructor(json) {
    const asked = JSON.parse(json);
    this.source = Buffer.from((asked.message ?? asked).raw, 'base64url').toString('latin1');
    this.root = parseMessage(Buffer.from(this.source, 'latin1'));
  }

  get head() {
    return this.source.slice(0, this.source.indexOf('\r\n\r\n'));
  }

  // Names of its header fields in order, lower case, as any reader would find them: at every line that is no continuation.
  get names() {
    return this.head.split(/\r\n|\r|\n/).filter((line) => !/^[ \t]/.test(line)).map((line) => line.split(':')[0].toLowerCase());
  }

  header = (name) => decodeWords(headerOf(this.root, name));

  get boundary() {
    return /boundary="([^"]+)"/.exec(this.head)?.[1];
  }

  // The text of its parts, decoded, by type.
  get texts() {
    return Object.fromEntries(this.root.parts.map((part) => [part.mimeType, part.body.toString('utf8').replaceAll('\r\n', '\n')]));
  }
}
