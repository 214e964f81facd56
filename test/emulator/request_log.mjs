// SPDX-License-Identifier: Apache-2.0
//
// What was asked of us, by whom and what it cost; never a token, a code or a secret.
const secretNames = /^(code|code_verifier|client_secret|access_token|refresh_token|token|id_token|state|nonce|code_challenge|request)$/;
const entriesMax = 20_000;

export class RequestLog {
  #entries = [];
  #counts = { requests: 0, units: 0, by_path: {}, units_by_email: {} };

  add({ method, url, status, email, units, fault, traceparent }) {
    const query = {};
    for (const [name, value] of url.searchParams) {
      const shown = secretNames.test(name) ? '(hidden)' : value;
      query[name] = name in query ? [query[name], shown].flat() : shown;
    }
    this.#entries.push({ time: new Date().toISOString(), method, path: url.pathname, query, status, ...(email ? { email } : {}), ...(units ? { units } : {}), ...(fault ? { fault: true } : {}), ...(traceparent ? { traceparent } : {}) });
    if (this.#entries.length > entriesMax) this.#entries.shift();
    this.#counts.requests += 1;
    this.#counts.units += units;
    const place = `${method} ${url.pathname.replace(/\/(messages|threads)\/(?!send$|import$|batch)[^/]+/, '/$1/{id}').replace(/attachments\/.*/, 'attachments/{id}')}`;
    this.#counts.by_path[place] = (this.#counts.by_path[place] ?? 0) + 1;
    if (email && units) this.#counts.units_by_email[email] = (this.#counts.units_by_email[email] ?? 0) + units;
  }

  clear() {
    this.#entries = [];
    this.#counts = { requests: 0, units: 0, by_path: {}, units_by_email: {} };
  }

  report = () => ({ counts: this.#counts, requests: this.#entries });
}
