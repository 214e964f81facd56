// SPDX-License-Identifier: Apache-2.0
//
// Takes RFC 822 messages apart without changing a byte of what is in them. Works on latin1 strings, where one character is one
// byte, and refuses what it does not understand rather than guess: the seeds are ours, and a test must not rest on a guess.
import { decodeText } from './charset.mjs';

const depthMax = 16;

export class MimeError extends Error {}

const bytesOf = (latin1) => Buffer.from(latin1, 'latin1');

function splitHead(source) {
  if (source.startsWith('\r\n')) return { head: '', body: source.slice(2) };
  const end = source.indexOf('\r\n\r\n');
  return end < 0 ? { head: source, body: '' } : { head: source.slice(0, end), body: source.slice(end + 4) };
}

function parseHead(head) {
  const unfolded = head.replace(/\r\n(?=[ \t])/g, '');
  return unfolded.split('\r\n').filter(Boolean).map((line) => {
    const match = /^([!-9;-~]+):[ \t]*(.*)$/s.exec(line);
    if (!match) throw new MimeError(`not a header line: ${line.slice(0, 60)}`);
    return { name: match[1], value: bytesOf(match[2]).toString('utf8').trimEnd() };
  });
}

// RFC 2231: continuations (name*0, name*1*) are joined in order; a trailing star means percent-encoded bytes in a charset.
function joinContinuations(found) {
  const groups = new Map();
  for (const { name, value } of found) {
    const match = /^([^*]+)(?:\*(\d+))?(\*)?$/.exec(name);
    if (!match) continue;
    const pieces = groups.get(match[1]) ?? [];
    pieces.push({ order: Number(match[2] ?? 0), extended: Boolean(match[3]), value });
    groups.set(match[1], pieces);
  }
  const parameters = {};
  for (const [name, pieces] of groups) {
    pieces.sort((a, b) => a.order - b.order);
    let charset = 'utf-8';
    const chunks = pieces.map(({ order, extended, value }) => {
      if (!extended) return Buffer.from(value, 'utf8');
      let rest = value;
      const lead = order === 0 && /^([^']*)'[^']*'(.*)$/s.exec(value);
      if (lead) [charset, rest] = [lead[1] || 'utf-8', lead[2]];
      return bytesOf(rest.replace(/%([0-9A-Fa-f]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16))));
    });
    parameters[name] = decodeText(Buffer.concat(chunks), charset);
  }
  return parameters;
}

export function parseParameters(value) {
  const first = /^[^;]*/.exec(value)[0];
  const found = [];
  const pattern = /;\s*([^\s=;]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;\s]*))/gy;
  pattern.lastIndex = first.length;
  for (let match = pattern.exec(value); match; match = pattern.exec(value)) {
    found.push({ name: match[1].toLowerCase(), value: match[2] === undefined ? match[3] : match[2].replace(/\\(.)/g, '$1') });
  }
  return { value: first.trim().toLowerCase(), parameters: joinContinuations(found) };
}

export function decodeWords(value) {
  return value
    .replace(/(\?=)\s+(?==\?)/g, '$1')
    .replace(/=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi, (_, charset, form, body) => {
      const bytes = form.toLowerCase() === 'b' ? Buffer.from(body, 'base64') : unquote(body.replace(/_/g, ' '));
      return decodeText(bytes, charset);
    });
}

const unquote = (source) =>
  bytesOf(source.replace(/[ \t]+(?=\r\n|$)/g, '').replace(/=\r\n/g, '').replace(/=([0-9A-Fa-f]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16))));

function decodeBody(body, encoding) {
  switch (encoding.trim().toLowerCase()) {
    case '': case '7bit': case '8bit': case 'binary': return bytesOf(body);
    case 'base64': return Buffer.from(body, 'base64');
    case 'quoted-printable': return unquote(body);
    default: throw new MimeError(`unknown transfer encoding ${encoding}`);
  }
}

function splitParts(body, boundary) {
  const parts = [];
  const delimiter = `\r\n--${boundary}`;
  const source = `\r\n${body}`;
  let at = source.indexOf(delimiter);
  for (;;) {
    if (at < 0) throw new MimeError(`boundary ${boundary} is never closed`);
    let start = at + delimiter.length;
    if (source.startsWith('--', start)) return parts;
    start += /^[ \t]*/.exec(source.slice(start, start + 80))[0].length;
    if (!source.startsWith('\r\n', start)) throw new MimeError('text after a boundary');
    const next = source.indexOf(delimiter, start);
    parts.push(source.slice(start + 2, Math.max(next, start + 2)));
    at = next;
  }
}

export const headerOf = (part, name) => part.headers.find((header) => header.name.toLowerCase() === name.toLowerCase())?.value ?? '';

function parsePart(source, partId, depth) {
  if (depth > depthMax) throw new MimeError('nested too deeply');
  const { head, body } = splitHead(source);
  const headers = parseHead(head);
  const type = parseParameters(headerOf({ headers }, 'Content-Type') || 'text/plain');
  const disposition = parseParameters(headerOf({ headers }, 'Content-Disposition'));
  const part = {
    partId, headers, mimeType: type.value, charset: type.parameters.charset ?? '', disposition: disposition.value,
    filename: decodeWords(disposition.parameters.filename ?? type.parameters.name ?? ''), body: Buffer.alloc(0), parts: [],
  };
  const childId = (index) => (partId === '' ? String(index) : `${partId}.${index}`);
  if (type.value.startsWith('multipart/')) {
    part.parts = splitParts(body, type.parameters.boundary ?? '').map((child, index) => parsePart(child, childId(index), depth + 1));
  } else {
    part.body = decodeBody(body, headerOf(part, 'Content-Transfer-Encoding'));
    if (type.value === 'message/rfc822') part.parts = [parsePart(part.body.toString('latin1'), childId(0), depth + 1)];
  }
  return part;
}

export const parseMessage = (raw) => parsePart(raw.toString('latin1').replace(/\r?\n/g, '\r\n'), '', 0);

export function* walk(part) {
  yield part;
  for (const child of part.parts) yield* walk(child);
}

export function textOf(part) {
  try {
    return decodeText(part.body, part.charset || 'utf-8');
  } catch {
    return part.body.toString('latin1');
  }
}
