// SPDX-License-Identifier: Apache-2.0
//
// Trouble on order. Each fault waits for requests whose path matches and is used up after `times` of them.
import { apiError, oauthError } from './google_error.mjs';

const isOauth = /^\/(token|revoke|oauth2|o\/oauth2|\.well-known)/;

export class Faults {
  #waiting = [];

  // {path, method?, email?, status, reason, message, retry_after, headers, body, times, delay_ms, drop, truncate, after}; status 0 only delays;
  // `after`: what was asked is done first.
  add(fault) {
    this.#waiting.push({ times: 1, status: 500, reason: 'backendError', ...fault, pattern: new RegExp(fault.path ?? '') });
  }

  clear() {
    this.#waiting = [];
  }

  get left() {
    return this.#waiting.map(({ pattern, ...fault }) => fault);
  }

  take(method, path, email) {
    const found = this.#waiting.find((fault) => fault.pattern.test(path) && (!fault.method || fault.method === method) && (!fault.email || fault.email === email));
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
