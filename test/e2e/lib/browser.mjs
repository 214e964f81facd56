// SPDX-License-Identifier: Apache-2.0
//
// Two ways through a sign-in: a browser reduced to cookies, redirects and forms, and the real Chromium.
import { existsSync } from 'node:fs';

const hopsMax = 15;

const unescape = (value) => value.replace(/&quot;/g, '"').replace(/&#39;|&#x27;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
const attribute = (tag, name) => unescape(new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(tag)?.[1] ?? '');

// The first form of a page: where it goes, what goes along unseen or ticked, its submit buttons.
export function readForm(page) {
  const form = /<form\b[^>]*>[\s\S]*?<\/form>/i.exec(page)?.[0];
  if (!form) return undefined;
  const inputs = [...form.matchAll(/<input\b[^>]*>/gi)].map(([tag]) => tag).filter((tag) => attribute(tag, 'type') === 'hidden' || (attribute(tag, 'type') === 'checkbox' && / checked\b/.test(tag)));
  const buttons = [...form.matchAll(/<button\b[^>]*>/gi)].map(([tag]) => tag);
  return {
    action: attribute(/<form\b[^>]*>/i.exec(form)[0], 'action'),
    fields: inputs.map((tag) => [attribute(tag, 'name'), attribute(tag, 'value')]),
    buttons: buttons.map((tag) => [attribute(tag, 'name'), attribute(tag, 'value')]),
  };
}

export class FormBrowser {
  cookies = new Map(); // name -> {value, host}

  // `headers` go with every request, such as X-Forwarded-For where each person is to have an address of their own.
  // Where `stopsAt` says so, a redirect is not followed but is where the visit ends: others' hosts and applications.
  constructor({ headers = {}, stopsAt = () => false } = {}) {
    this.headers = headers;
    this.stopsAt = stopsAt;
  }

  async visit(url, init = {}) {
    let [target, request] = [new URL(url), init];
    for (let hop = 0; hop < hopsMax; hop += 1) {
      const response = await fetch(target, { ...request, redirect: 'manual', headers: { accept: 'text/html', ...this.headers, ...this.#cookieHeader(target), ...request.headers } });
      this.#keepCookies(response, target);
      const location = response.headers.get('location');
      if (!location || response.status < 300 || response.status > 399) {
        const bytes = Buffer.from(await response.arrayBuffer());
        return { url: target.href, status: response.status, bytes, text: bytes.toString(), headers: response.headers };
      }
      await response.arrayBuffer();
      target = new URL(location, target);
      if (this.stopsAt(target)) return { url: target.href, status: response.status, text: '', headers: response.headers };
      request = {};
    }
    throw new Error(`more than ${hopsMax} redirects, the last to ${target.origin}${target.pathname}`);
  }

  #cookieHeader(target) {
    const mine = [...this.cookies].filter(([, { host }]) => host === target.hostname).map(([name, { value }]) => `${name}=${value}`);
    return mine.length ? { cookie: mine.join('; ') } : {};
  }

  #keepCookies(response, target) {
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '' || /;\s*max-age=0\b/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, { value, host: target.hostname });
    }
  }

  submit(page, button) {
    const form = readForm(page.text);
    if (!form) throw new Error(`no form on ${page.url} (${page.status}):\n${page.text.slice(0, 500)}`);
    if (button && !form.buttons.some(([name, value]) => name === button[0] && value === button[1])) throw new Error(`no button ${button} on ${page.url}`);
    const action = new URL(form.action, page.url);
    const body = new URLSearchParams([...form.fields, ...(button ? [button] : [])]);
    return this.visit(action, { method: 'POST', body, headers: { origin: new URL(page.url).origin, 'sec-fetch-site': 'same-origin' } });
  }

  // From a client's authorization URL through our consent page; the test Google signs in whom `auto_login` names.
  async consent(url, decision = 'approve') {
    const page = await this.visit(url);
    if (readForm(page.text)?.action !== '/consent') throw new Error(`not the consent page but ${page.status} ${page.url}:\n${page.text.slice(0, 800)}`);
    return this.submit(page, ['decision', decision]);
  }
}

// The same at a test Google that waits for somebody to choose who they are: by forms, with everything ticked that it ticks.
export const signInAs = (email, browser = new FormBrowser()) => async (url) => {
  let page = await browser.consent(url);
  for (let forms = 0; readForm(page.text); forms += 1) {
    if (forms === 5) throw new Error(`${page.url} asks again and again`);
    const person = readForm(page.text).buttons.find(([name, value]) => name === 'person' && value === email);
    page = await browser.submit(page, person ?? ['decision', 'allow']);
  }
  return page;
};

const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-default-apps',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1'];

export const chromiumPath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export async function launchChromium() {
  if (!chromiumPath) throw new Error('Chromium is not installed (Debian: apt-get install chromium)');
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: chromiumPath, args: quiet, headless: true });
}

// Runs `work` with a fresh page of a real browser.
export async function withChromium(work) {
  const browser = await launchChromium();
  try {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(30_000);
    return await work(page);
  } finally {
    await browser.close();
  }
}

// Clicks through as a person would: our consent, Google's account chooser, Google's consent.
export async function clickThrough(page, url, email, seen = []) {
  await page.goto(url);
  seen.push(await page.textContent('main, body'));
  await page.click('button[name=decision][value=approve]');
  await allowAtGoogle(page, email, seen);
  return seen;
}

// The pages of the test Google, from choosing an account to the way back.
export async function allowAtGoogle(page, email, seen = []) {
  const person = `button[name=person][value="${email}"]`;
  const allow = 'button[name=decision][value=allow]';
  // Who consented before is asked to choose twice: the gateway comes back for a refresh token.
  for (let trips = 0; trips < 3; trips += 1) {
    await page.waitForSelector(`${person}, ${allow}`);
    seen.push(await page.textContent('main'));
    if (await page.$(allow)) break;
    await Promise.all([page.waitForNavigation(), page.click(person)]);
  }
  await Promise.all([page.waitForURL(/\/callback\?/), page.click(allow)]);
}
