// SPDX-License-Identifier: Apache-2.0
//
// Google's multipart batches: up to a hundred calls in one request, each answered on its own.
import { STATUS_CODES } from 'node:http';
import { apiError } from './google_error.mjs';

const callsMax = 100;

function readCall(part, authorization) {
  const outer = part.indexOf('\r\n\r\n');
  const inner = part.slice(outer + 4);
  const end = inner.indexOf('\r\n\r\n');
  const [line, ...lines] = (end < 0 ? inner.trimEnd() : inner.slice(0, end)).split('\r\n');
  const headers = { authorization };
  for (const header of lines) {
    const colon = header.indexOf(':');
    if (colon > 0) headers[header.slice(0, colon).toLowerCase()] = header.slice(colon + 1).trim();
  }
  const [method, target] = line.split(' ');
  return { id: /^content-id:\s*(\S+)/im.exec(part.slice(0, outer))?.[1], method, url: new URL(target, 'http://batch.invalid'), headers, body: Buffer.from(end < 0 ? '' : inner.slice(end + 4).trimEnd(), 'latin1') };
}

// `answerOne` answers {method, url, headers, body} as if it had come alone.
export async function answerBatch({ headers, body }, answerOne) {
  const boundary = /boundary="?([^";]+)/i.exec(headers['content-type'] ?? '')?.[1];
  if (!boundary) return apiError(400, 'badRequest', 'Failed to parse batch request: no boundary.');
  const parts = `\r\n${body.toString('latin1').replace(/\r?\n/g, '\r\n')}`.split(`\r\n--${boundary}`).slice(1, -1);
  if (parts.length > callsMax) return apiError(400, 'badRequest', `The batch request exceeds the limit of ${callsMax} calls.`);
  const answers = await Promise.all(parts.map(async (part) => {
    const call = readCall(part.replace(/^\r\n/, ''), headers.authorization);
    const answer = await answerOne(call);
    const content = answer.json === undefined ? answer.body : Buffer.from(JSON.stringify(answer.json));
    const name = call.id ? `Content-ID: ${call.id.replace('<', '<response-')}\r\n` : '';
    return Buffer.concat([Buffer.from(`--batch_answer\r\nContent-Type: application/http\r\n${name}\r\nHTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: ${content.length}\r\n\r\n`), content, Buffer.from('\r\n')]);
  }));
  return { status: 200, headers: { 'content-type': 'multipart/mixed; boundary=batch_answer' }, body: Buffer.concat([...answers, Buffer.from('--batch_answer--\r\n')]) };
}
