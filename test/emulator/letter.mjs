// SPDX-License-Identifier: Apache-2.0
//
// Composes RFC 822 messages to the byte, in the charsets and encodings that real correspondents use. The seeds need bytes that
// no library would write any more (ISO-2022-JP, windows-1252), hence this small composer.
import { decodeText } from './charset.mjs';

const CRLF = '\r\n';

// Encoders are read backwards out of the platform's decoders, so both directions agree by construction.
function singleByteTable(charset) {
  const table = new Map();
  for (let byte = 0; byte < 256; byte += 1) table.set(decodeText(Uint8Array.of(byte), charset), byte);
  return table;
}

function kanjiTable() {
  const decoder = new TextDecoder('iso-2022-jp');
  const table = new Map();
  for (let row = 0x21; row <= 0x74; row += 1) {
    for (let cell = 0x21; cell <= 0x7e; cell += 1) {
      const character = decoder.decode(Uint8Array.of(0x1b, 0x24, 0x42, row, cell, 0x1b, 0x28, 0x42));
      if ([...character].length === 1 && character !== '\ufffd') table.set(character, [row, cell]);
    }
  }
  return table;
}

let kanji;
const singleByte = new Map();

function encodeIso2022Jp(text) {
  kanji ??= kanjiTable();
  const bytes = [];
  let inKanji = false;
  for (const character of text) {
    const pair = kanji.get(character);
    const isAscii = character.charCodeAt(0) < 0x80;
    if (!isAscii && !pair) throw new Error(`no ISO-2022-JP form of ${character}`);
    if (isAscii && inKanji) bytes.push(0x1b, 0x28, 0x42);
    if (!isAscii && !inKanji) bytes.push(0x1b, 0x24, 0x42);
    inKanji = !isAscii;
    bytes.push(...(isAscii ? [character.charCodeAt(0)] : pair));
  }
  if (inKanji) bytes.push(0x1b, 0x28, 0x42);
  return Buffer.from(bytes);
}

export function encodeText(text, charset) {
  const name = charset.toLowerCase();
  if (name === 'utf-8' || name === 'us-ascii') return Buffer.from(text, 'utf8');
  if (name === 'iso-2022-jp') return encodeIso2022Jp(text);
  if (!singleByte.has(name)) singleByte.set(name, singleByteTable(name));
  return Buffer.from([...text].map((character) => {
    const byte = singleByte.get(name).get(character);
    if (byte === undefined) throw new Error(`no ${charset} form of ${character}`);
    return byte;
  }));
}

const hex = (byte) => byte.toString(16).toUpperCase().padStart(2, '0');

function quotedPrintable(bytes) {
  const lines = bytes.toString('latin1').split(CRLF).map((line) => {
    const units = [...line].map((character, at) => {
      const byte = character.charCodeAt(0);
      const last = at === line.length - 1;
      const plain = (byte >= 33 && byte <= 126 && byte !== 61) || ((byte === 32 || byte === 9) && !last);
      return plain ? character : `=${hex(byte)}`;
    });
    let out = '';
    let width = 0;
    for (const unit of units) {
      if (width + unit.length > 75) (out += `=${CRLF}`), (width = 0);
      out += unit;
      width += unit.length;
    }
    return out;
  });
  return lines.join(CRLF);
}

const base64Lines = (bytes) => bytes.toString('base64').replace(/.{76}(?=.)/g, `$&${CRLF}`);

function transferEncode(bytes, encoding) {
  if (encoding === 'base64') return Buffer.from(base64Lines(bytes) + CRLF, 'latin1');
  if (encoding === 'quoted-printable') return Buffer.from(quotedPrintable(bytes), 'latin1');
  return bytes;
}

// RFC 2047: one encoded word. The caller splits long texts, where it wants them split.
export function word(text, charset = 'UTF-8', form = 'B') {
  const bytes = encodeText(text, charset);
  if (form === 'B') return `=?${charset}?B?${bytes.toString('base64')}?=`;
  const q = [...bytes].map((byte) => (byte === 32 ? '_' : /[A-Za-z0-9]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `=${hex(byte)}`));
  return `=?${charset}?Q?${q.join('')}?=`;
}

// A part is {headers: [[name, value]...], body: Buffer}.
export function text(content, { charset = 'utf-8', encoding = 'quoted-printable', subtype = 'plain', parameters = '', headers = [] } = {}) {
  const bytes = encodeText(content.replace(/\r?\n/g, CRLF), charset);
  return {
    headers: [['Content-Type', `text/${subtype}; charset=${charset}${parameters}`], ['Content-Transfer-Encoding', encoding], ...headers],
    body: transferEncode(bytes, encoding),
  };
}

export const html = (content, options = {}) => text(content, { ...options, subtype: 'html' });

export function file(bytes, type, disposition, headers = []) {
  return {
    headers: [['Content-Type', type], ['Content-Disposition', disposition], ['Content-Transfer-Encoding', 'base64'], ...headers],
    body: transferEncode(bytes, 'base64'),
  };
}

export function enclosedMessage(raw, name) {
  return { headers: [['Content-Type', `message/rfc822; name="${name}"`], ['Content-Disposition', `attachment; filename="${name}"`]], body: raw };
}

let boundaries = 0;

export function multipart(subtype, parts, parameters = '') {
  boundaries += 1;
  const boundary = `=_part_${subtype}_${boundaries}`;
  const pieces = [];
  for (const part of parts) pieces.push(Buffer.from(`--${boundary}${CRLF}`), render(part), Buffer.from(CRLF));
  pieces.push(Buffer.from(`--${boundary}--${CRLF}`));
  return { headers: [['Content-Type', `multipart/${subtype}; boundary="${boundary}"${parameters}`]], body: Buffer.concat(pieces) };
}

function render(part) {
  const head = part.headers.map(([name, value]) => `${name}: ${value}${CRLF}`).join('') + CRLF;
  return Buffer.concat([Buffer.from(head, 'utf8'), part.body]);
}

export function letter(headers, content) {
  return render({ headers: [...headers, ['MIME-Version', '1.0'], ...content.headers], body: content.body });
}
