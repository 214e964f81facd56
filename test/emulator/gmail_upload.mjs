// SPDX-License-Identifier: Apache-2.0
//
// What an upload to Gmail carries: with uploadType=media the message and nothing else, with multipart (RFC 2387) first the resource
// in JSON, then the message. Answers {metadata, raw}, or {refusal}.
import { apiError, invalidArgument } from './google_error.mjs';
import { parseParameters } from './mime.mjs';

const bytesMax = 36_700_160;
const takesUploads = [['POST', /^\/messages\/send$/], ['POST', /^\/drafts(\/send)?$/], ['PUT', /^\/drafts\/[^/]+$/]];

export const isUpload = (method, path) => takesUploads.some(([verb, pattern]) => verb === method && pattern.test(path));

const wrong = (message) => ({ refusal: invalidArgument(message) });

function readRelated(contentType, body) {
  const { value, parameters } = parseParameters(contentType);
  if (value !== 'multipart/related' || !parameters.boundary) return wrong('Multipart upload must be multipart/related');
  const source = body.toString('latin1');
  const delimiter = `--${parameters.boundary}`;
  const [before, ...parts] = `\r\n${source}`.split(`\r\n${delimiter}`);
  if (before.trim() || parts.length !== 3 || !/^--\s*$/.test(parts[2])) return wrong('Multipart upload must have two parts');
  const [resource, message] = parts.slice(0, 2).map((part) => /^[ \t]*\r\n((?:[^\r\n]+\r\n)*)\r\n([^]*)$/.exec(part));
  if (!/^content-type: application\/json\b/im.test(resource?.[1] ?? '')) return wrong('The first part must be JSON');
  if (!/^content-type: message\/rfc822\b/im.test(message?.[1] ?? '')) return wrong('Media type is not supported. Valid media types: [message/*]');
  return { resource: resource[2], raw: Buffer.from(message[2], 'latin1') };
}

export function readUpload(parameters, contentType = '', body) {
  if (body.length > bytesMax + 4096) return { refusal: apiError(413, 'uploadTooLarge', 'Request is too large. Maximum file size is 35 MB') };
  if (parameters.get('uploadType') === 'media') {
    return /^message\/rfc822\b/i.test(contentType) ? { metadata: {}, raw: body } : wrong('Media type is not supported. Valid media types: [message/*]');
  }
  if (parameters.get('uploadType') !== 'multipart') return wrong('Unknown uploadType');
  const { refusal, resource, raw } = readRelated(contentType, body);
  if (refusal) return { refusal };
  try {
    return { metadata: JSON.parse(resource), raw };
  } catch {
    return wrong('Invalid JSON payload received.');
  }
}
