// SPDX-License-Identifier: Apache-2.0
//
// A browser profile that takes one step at a time: a jar of cookies, pages, forms, and redirects that are looked at before they are followed.
import { readForm } from './browser.mjs';
import { exchange, pairs } from './exchange.mjs';

const redirectsMax = 15;

export class Profile {
  #jar = new Map(); // host name -> Map of names to values
  setCookies = []; // every line that came, {from, line}

  // headers: go with every request. ports: host -> port on this machine, for names that no name server knows.
  constructor({ headers = {}, ports = {} } = {}) {
    this.headers = headers;
    this.ports = ports;
  }

  cookiesFor = (url) => this.#jar.get(new URL(url).hostname) ?? new Map();

  cookieHeader(url) {
    const text = [...this.cookiesFor(url)].map(([name, value]) => `${name}=${value}`).join('; ');
    return text ? { Cookie: text } : {};
  }

  setCookie(url, name, value) {
    const { hostname } = new URL(url);
    if (!this.#jar.has(hostname)) this.#jar.set(hostname, new Map());
    this.#jar.get(hostname).set(name, value);
  }

  #keep(url, lines) {
    for (const line of lines) {
      this.setCookies.push({ from: url, line });
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '' || /;\s*max-age=0\b/i.test(line)) this.#jar.get(new URL(url).hostname)?.delete(name);
      else this.setCookie(url, name, value);
    }
  }

  // One request, one answer.
  async step(url, { headers = {}, ...more } = {}) {
    const page = await exchange(url, { ...more, port: this.ports[new URL(url).host], headers: { Accept: 'text/html', ...this.headers, ...this.cookieHeader(url), ...headers } });
    this.#keep(url, page.setCookies);
    return page;
  }

  // Redirects from `page` on, until there is none or `stopsAt` says so of the next address.
  async onFrom(page, stopsAt = () => false) {
    for (let hop = 0; page.location && hop < redirectsMax; hop += 1) {
      const next = new URL(page.location, page.url);
      if (stopsAt(next)) return page;
      page = await this.step(next.href);
    }
    return page;
  }

  // Presses a button of the page's form. `fields` replaces fields of the form, undefined leaves one out.
  submit(page, decision, { fields = {}, headers = {} } = {}) {
    const form = readForm(page.text);
    if (!form) throw new Error(`no form on ${page.url} (${page.status}):\n${page.text.slice(0, 500)}`);
    const body = new URLSearchParams(pairs({ ...Object.fromEntries(form.fields), decision, ...fields })).toString();
    const own = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: new URL(page.url).origin, 'Sec-Fetch-Site': 'same-origin' };
    return this.step(new URL(form.action, page.url).href, { method: 'POST', headers: { ...own, ...headers }, body });
  }

  fieldOf = (page, name) => readForm(page.text)?.fields.find(([one]) => one === name)?.[1];
}
