// SPDX-License-Identifier: Apache-2.0
//
// Trouble on order. Each fault waits for requests whose path matches and is used up after `times` of them.
import { apiError, oauthError } from './google_error.mjs';

// What spoils only the way of an answer, and leaves the answer as it is unless a status is named too.
const onTheWay = ['truncate', 'stall', 'drip_ms', 'hold_ms', 'pad_bytes', 'informational'];

const isOauth = /^\/(token|revoke|oauth2|o\/oauth2|\.well-known)/;

export class Faults {
  #waiting = [];

  // {path, query?, method?, email?, status, reason, message, retry_after, headers, body, times, delay_ms, drop, truncate, stall, drip_ms, pad_bytes,
  // informational, after, hold_ms}, as README.md has them.
  add(fault) {
    const status = onTheWay.some((name) => fault[name]) ? 0 : 500;
    this.#waiting.push({ times: 1, status, reason: 'backendError', ...fault, pattern: new RegExp(fault.path ?? ''), queryPattern: new RegExp(fault.query ?? '') });
  }

  clear() {
    this.#waiting = [];
  }

  get left() {
    return this.#waiting.map(({ pattern, queryPattern, ...fault }) => fault);
  }

  take(method, { pathname, search }, email) {
    const found = this.#waiting.find((fault) => fault.pattern.test(pathname) && fault.queryPattern.test(search) && (!fault.method || fault.method === method) && (!fault.email || fault.email === email));
    if (!found) return undefined;
    found.times -= 1;
    if (found.times <= 0) this.#waiting.splice(this.#waiting.indexOf(found), 1);
    return found;
  }

  // The answer a fault gives, or undefined when the request goes on to be answered as usual (perhaps late, perhaps cut).
  answer(fault, path) {
    if (!fault.status) return undefined;
    const message = fault.message ?? fault.reason;
    const answer = isOauth.test(path) ? oauthError(fault.status, fault.reason, message) : apiError(fault.status, fault.reason, message);
    if (fault.retry_after !== undefined) answer.headers = { ...answer.headers, 'retry-after': String(fault.retry_after) };
    Object.assign(answer.headers, fault.headers);
    if (fault.body === undefined) return answer;
    return { status: fault.status, headers: { 'content-type': 'application/json; charset=UTF-8', ...answer.headers }, body: Buffer.from(typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body)) };
  }
}
