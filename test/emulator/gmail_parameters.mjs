// SPDX-License-Identifier: Apache-2.0
//
// Which query parameters each Gmail method takes, after Google's discovery document. Google refuses any other by name.
const common = ['$.xgafv', 'access_token', 'alt', 'callback', 'fields', 'key', 'oauth_token', 'prettyPrint', 'quotaUser', 'uploadType', 'upload_protocol'];
const listing = ['includeSpamTrash', 'labelIds', 'maxResults', 'pageToken', 'q'];

const methods = [
  ['GET', /^\/(messages|threads)$/, listing],
  ['GET', /^\/drafts$/, ['includeSpamTrash', 'maxResults', 'pageToken', 'q']],
  ['GET', /^\/(messages|threads)\/[^/]+$/, ['format', 'metadataHeaders']],
  ['GET', /^\/drafts\/[^/]+$/, ['format']],
  ['GET', /^\/history$/, ['historyTypes', 'labelId', 'maxResults', 'pageToken', 'startHistoryId']],
  ['POST', /^\/messages\/import$/, ['deleted', 'internalDateSource', 'neverMarkSpam', 'processForCalendar']],
  ['POST', /^\/messages$/, ['deleted', 'internalDateSource']],
];

export function unknownName(method, path, parameters) {
  const own = methods.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2] ?? [];
  return [...parameters.keys()].find((name) => !common.includes(name) && !own.includes(name));
}

// Names a `fields` mask may use on messages and threads.
export const fieldNames = new Set([
  '*', 'messages', 'threads', 'nextPageToken', 'resultSizeEstimate', 'id', 'threadId', 'labelIds', 'snippet', 'historyId', 'internalDate', 'sizeEstimate', 'raw', 'payload',
  'classificationLabelValues', 'partId', 'mimeType', 'filename', 'headers', 'name', 'value', 'body', 'parts', 'attachmentId', 'size', 'data', 'emailAddress', 'messagesTotal', 'threadsTotal',
]);

// Prices since May 2026, in quota units.
const prices = [
  ['GET', /^\/messages$/, 5], ['GET', /^\/messages\/[^/]+$/, 20], ['GET', /^\/threads$/, 10], ['GET', /^\/threads\/[^/]+$/, 40], ['GET', /\/attachments\//, 20],
  ['POST', /^\/messages\/send$/, 100], ['POST', /^\/drafts\/send$/, 100], ['GET', /^\/history$/, 2], ['POST', /^\/messages\/batch/, 50], ['POST', /^\/(messages|threads)\/[^/]+\//, 5],
];

export const unitsOf = (method, path) => prices.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2] ?? 1;
