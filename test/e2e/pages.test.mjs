// SPDX-License-Identifier: Apache-2.0
//
// Every page, walked through in Chromium and looked at: in light and dark, on a phone, without scripts, by keyboard alone, through axe-core.
// Pictures of all of them go to build/screenshots/.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { launchChromium } from './lib/browser.mjs';
import { callAlone } from './lib/raw_mcp.mjs';
import { RawClient } from './lib/raw_oauth.mjs';
import { review, reviewed } from './lib/review.mjs';
import { World } from './lib/world.mjs';

const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1b5e48"/><path d="M8 24V14a8 8 0 0 1 16 0v10" fill="none" stroke="#fff" stroke-width="3"/></svg>';
const alice = 'alice@acme.example';
const minutes = (n) => 60 * n;
const days = (n) => 24 * 3600 * n;
const quick = { timeout: 60_000 };

let world;
let chromium;
let url;

before(async () => {
  world = await World.start({ wallClock: true, env: { GATEHOUSE_BRAND_NAME: 'Acme Gatehouse', GATEHOUSE_CONTACT: 'it@acme.example' } });
  const path = join(world.directory, 'logo.svg');
  writeFileSync(path, logo);
  await world.gateway.restart({ signal: 'SIGTERM', env: { GATEHOUSE_BRAND_LOGO: path } });
  url = world.gateway.url;
  chromium = await launchChromium();
}, { timeout: 60_000 });
beforeEach(async () => {
  await world.google.clear();
  await world.google.set({ auto_login: alice });
});
after(async () => {
  await chromium?.close();
  await world?.end();
});

// A person with a browser of their own.
async function person(options = {}) {
  const context = await chromium.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return { context, page, leave: () => context.close() };
}

async function registered(name) {
  const client = new RawClient({ gateway: world.gateway, name });
  await client.register();
  return client;
}

const arrived = (client, page) => page.waitForURL((at) => at.href.startsWith(client.redirect));
const approve = (page) => page.getByRole('button', { name: 'Allow and go to Google' });
const heading = (page) => page.getByRole('heading', { level: 1 }).textContent();

async function redeemed(client, page) {
  const answer = await client.redeem(new URL(page.url()).searchParams.get('code'));
  assert.equal(answer.status, 200, answer.text);
  client.tokens = answer.json;
  return client;
}

// A client that this person let in, with its tokens.
async function connected(name, page) {
  const client = await registered(name);
  await page.goto(client.begin());
  await Promise.all([arrived(client, page), approve(page).click()]);
  return redeemed(client, page);
}

async function signInToPages(page) {
  await page.goto(`${url}/login`);
  await page.waitForURL(`${url}/account`);
}

const uses = (client, tool = 'whoami', args = {}) => callAlone(world.gateway, client.tokens.access_token, tool, args);

describe('the way in', () => {
  test('how to connect: the address, links that add it, what each client takes', quick, async () => {
    const { page, leave } = await person();
    await page.goto(url);
    assert.equal(await page.textContent('#address'), `${url}/mcp`);
    const cursor = new URL(await page.getByRole('link', { name: 'Add to Cursor' }).getAttribute('href'));
    assert.deepEqual(JSON.parse(atob(cursor.searchParams.get('config'))), { url: `${url}/mcp` });
    const code = await page.getByRole('link', { name: 'Add to VS Code' }).getAttribute('href');
    assert.deepEqual(JSON.parse(decodeURIComponent(code.replace('vscode:mcp/install?', ''))), { name: 'gatehouse', type: 'http', url: `${url}/mcp` });
    for (const name of ['Cursor', 'Claude', 'Claude Code', 'VS Code', 'ChatGPT', 'Gemini CLI']) assert.equal(await page.getByRole('heading', { level: 3, name, exact: true }).count(), 1, name);
    assert.ok(await page.locator('.brand img').evaluate((image) => image.complete && image.naturalWidth > 0), 'the logo is there');
    await page.locator('#address').click();
    assert.equal(await page.evaluate(() => getSelection().toString().trim()), `${url}/mcp`, 'one click selects the address');
    await review(page, 'home');
    await leave();
  });

  test('one small document, one stylesheet kept for good, and no script', quick, async () => {
    const { page, leave } = await person();
    const seen = [];
    page.on('response', (response) => seen.push(response));
    const problems = [];
    page.on('console', (message) => problems.push(message.text()));
    await page.goto(url);
    await page.goto(`${url}/account`);
    const loaded = seen.map((response) => new URL(response.url()).pathname);
    assert.deepEqual([...new Set(loaded)].sort(), ['/', '/account', '/logo', '/style.css']);
    for (const response of seen.filter((one) => /style|logo/.test(one.url()))) assert.match(response.headers()['cache-control'], /immutable/);
    assert.ok((await (await fetch(url)).text()).length < 14_000, 'fits the first round trip of a new connection');
    assert.deepEqual(problems, [], 'the page breaks no rule of its own policy');
    await leave();
  });

  test('sign-in: who asks, where the answer goes, what for, until when', quick, async () => {
    await world.google.set({ auto_login: null });
    const { page, leave } = await person();
    const client = await registered('Cursor');
    await page.goto(client.begin());
    assert.equal(await heading(page), 'Allow Cursor to use your Google account?');
    const text = await page.textContent('main');
    for (const words of ['unverified', `127.0.0.1:${new URL(client.redirect).port}`, 'Did you start this yourself?', 'Search and read your mail', 'For seven days from now', 'acme.example']) assert.ok(text.includes(words), words);
    await review(page, 'consent');
    await approve(page).click();
    await page.click(`button[name=person][value="${alice}"]`);
    await Promise.all([arrived(client, page), page.click('button[name=decision][value=allow]')]);
    await redeemed(client, page);
    assert.equal((await uses(client)).status, 200);
    await leave();
  });

  test('a second client is asked for anew, though Google remembers, and may be denied', quick, async () => {
    const { page, leave } = await person();
    await signInToPages(page);
    const client = await registered('Another assistant');
    await page.goto(client.begin());
    assert.equal(await heading(page), 'Allow Another assistant to use your Google account?');
    assert.ok((await page.textContent('main')).includes(alice), 'the account is named');
    await review(page, 'consent-second');
    await Promise.all([arrived(client, page), page.getByRole('button', { name: 'Do not allow' }).click()]);
    const answer = new URL(page.url()).searchParams;
    assert.equal(answer.get('error'), 'access_denied');
    assert.equal(answer.get('code'), null);
    await leave();
  });

  test('two tabs at once do not disturb each other', quick, async () => {
    const { context, page, leave } = await person();
    const [one, two] = [await registered('Tab one'), await registered('Tab two')];
    const other = await context.newPage();
    await page.goto(one.begin());
    await other.goto(two.begin());
    await Promise.all([arrived(two, other), approve(other).click()]);
    await Promise.all([arrived(one, page), approve(page).click()]);
    for (const [client, tab] of [[one, page], [two, other]]) assert.equal((await uses(await redeemed(client, tab))).status, 200, client.name);
    await leave();
  });
});

describe('one\'s own account', () => {
  test('signed out, and a visitor', quick, async () => {
    const { page, leave } = await person();
    await page.goto(`${url}/account`);
    assert.equal(await heading(page), 'You are not signed in');
    await review(page, 'account-visitor');
    await Promise.all([page.waitForURL(`${url}/account`), page.getByRole('link', { name: 'Sign in with Google' }).click()]);
    assert.ok((await page.textContent('main')).includes(alice));
    await page.getByRole('button', { name: 'Sign out of this browser' }).click();
    assert.equal(await heading(page), 'You are signed out');
    await review(page, 'signed-out');
    await leave();
  });

  test('what is connected and what it did; ending it while it is connected: its next call gets 401', quick, async () => {
    await world.google.set({ auto_login: 'bob@acme.example' });
    const { page, leave } = await person();
    const [cursor, twin, claude] = [await connected('Cursor', page), await connected('Cursor', page), await connected('Claude Code', page)];
    for (const query of ['lease', 'rota', 'salary']) assert.equal((await uses(cursor, 'gmail_search', { query })).status, 200);
    await uses(cursor);
    await signInToPages(page);
    const text = await page.textContent('main');
    for (const words of ['Bob Baxter', 'in Chrome on Linux', '4 calls that read, none that changes anything', 'gmail_search 3, whoami 1', 'End all 2 sessions of Cursor', 'Why you sign in again']) assert.ok(text.includes(words), words);
    assert.doesNotMatch(text, /lease|salary/, 'not a word of what was asked');
    await review(page, 'account');

    await page.getByRole('button', { name: /^End this session: Claude Code/ }).click();
    assert.match(await page.getByRole('status').textContent(), /^That session has ended/);
    await review(page, 'account-session-ended');
    const refused = await uses(claude);
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get('www-authenticate'), /invalid_token/);
    assert.equal((await claude.refresh()).json.error, 'invalid_grant');
    assert.equal((await uses(cursor)).status, 200, 'the others go on');

    await page.getByRole('button', { name: 'End all 2 sessions of Cursor' }).click();
    for (const client of [cursor, twin]) assert.equal((await uses(client)).status, 401);
    assert.match(await page.textContent('main'), /Nothing is connected/);
    await leave();
  });

  test('signing out everywhere ends clients and other browsers at once', quick, async () => {
    const [one, two] = [await person(), await person()];
    const client = await connected('Cursor', one.page);
    await signInToPages(one.page);
    await signInToPages(two.page);
    await one.page.getByRole('button', { name: 'Sign out everywhere' }).click();
    assert.equal(await heading(one.page), 'You are signed out');
    assert.equal((await uses(client)).status, 401);
    await two.page.reload();
    assert.equal(await heading(two.page), 'You are not signed in');
    await one.leave();
    await two.leave();
  });

  test('what was unticked at Google is named, and the sign-in holds', quick, async () => {
    await world.google.set({ auto_login: null });
    await world.google.revoke('bob@acme.example');
    const { page, leave } = await person();
    const client = await registered('Cursor');
    await page.goto(client.begin());
    await approve(page).click();
    await page.click('button[name=person][value="bob@acme.example"]');
    for (const box of await page.locator('input[name=scope]').all()) await box.uncheck();
    await Promise.all([arrived(client, page), page.click('button[name=decision][value=allow]')]);
    await redeemed(client, page);
    await world.google.set({ auto_login: 'bob@acme.example' });
    await signInToPages(page);
    assert.match(await page.textContent('main'), /You left out at Google, so it cannot:\s*Search and read your mail/);
    await review(page, 'account-left-out');
    await leave();
  });
});

describe('what goes wrong has a page with the next step', () => {
  // Opens the way to Google and gives the state that is to come back.
  async function stateAtGoogle(page) {
    await world.google.set({ auto_login: null });
    const client = await registered('Cursor');
    await page.goto(client.begin());
    await Promise.all([page.waitForURL(/\/o\/oauth2/), approve(page).click()]);
    return { client, state: new URL(page.url()).searchParams.get('state') };
  }

  test('the wrong account: try again with another', quick, async () => {
    for (const [who, title, name] of [['dave@other.example', 'This account belongs to another organization', 'wrong-domain'], ['carol@gmail.com', 'This is a personal Google account', 'no-domain'], ['eve@acme.example', 'Google has not verified your address', 'email-unverified']]) {
      await world.google.set({ auto_login: who });
      const { page, leave } = await person();
      const client = await registered('Cursor');
      await page.goto(client.begin());
      await approve(page).click();
      await page.waitForURL(/\/oauth\/google\/callback/);
      assert.equal(await heading(page), title);
      assert.ok((await page.textContent('footer')).includes('it@acme.example'), 'whom to ask');
      await review(page, name);
      await world.google.set({ auto_login: alice });
      await page.getByRole('link', { name: 'Try again' }).click();
      await Promise.all([arrived(client, page), approve(page).click()]);
      assert.equal((await uses(await redeemed(client, page))).status, 200);
      await leave();
    }
  });

  test('declined at Google', quick, async () => {
    await world.google.set({ deny: true });
    const { page, leave } = await person();
    await page.goto(`${url}/login`);
    assert.equal(await heading(page), 'You did not sign in');
    await review(page, 'declined');
    await leave();
  });

  test('Google\'s refusals, should it send them back', quick, async () => {
    for (const [error, title] of [['admin_policy_enforced', 'Your organization has not allowed this yet'], ['org_internal', 'This account is not of this organization'], ['server_error', 'Google could not complete the sign-in']]) {
      const { page, leave } = await person();
      const { state } = await stateAtGoogle(page);
      await page.goto(`${url}/oauth/google/callback?${new URLSearchParams({ error, state })}`);
      assert.equal(await heading(page), title);
      await review(page, error);
      await leave();
    }
  });

  test('an expired page, an expired trip, another browser\'s trip, the same twice', quick, async () => {
    const { page, leave } = await person();
    const client = await registered('Cursor');
    await page.goto(client.begin());
    world.time.shift(minutes(11));
    await approve(page).click();
    assert.equal(await heading(page), 'This page was open for too long');
    await review(page, 'form-expired');

    const { state } = await stateAtGoogle(page);
    world.time.shift(minutes(22));
    await page.goto(`${url}/oauth/google/callback?${new URLSearchParams({ code: 'x', state })}`);
    assert.equal(await heading(page), 'This sign-in is no longer under way');
    await review(page, 'sign-in-gone');

    await world.google.set({ auto_login: alice });
    await page.goto(client.begin());
    const again = await page.context().newPage();
    await again.goto(client.begin());
    await page.context().clearCookies();
    await approve(again).click();
    assert.equal(await heading(again), 'This answer did not come from our page');
    await review(again, 'form-rejected');
    await leave();
  });

  test('applications that ask wrongly', quick, async () => {
    const { page, leave } = await person();
    const client = await registered('Cursor');
    const asking = (changes) => {
      const target = new URL(client.begin());
      for (const [name, value] of Object.entries(changes)) target.searchParams.set(name, value);
      return target.href;
    };
    for (const [address, title, name] of [[asking({ client_id: 'nobody' }), 'This application is not known here', 'unknown-client'], [asking({ redirect_uri: 'https://evil.example/' }), 'The answer would go to the wrong place', 'wrong-redirect'], [`${url}/authorize`, 'This link is not complete', 'bad-request']]) {
      assert.equal((await page.goto(address)).status(), 400);
      assert.equal(await heading(page), title);
      await review(page, name);
    }
    await leave();
  });

  test('Google out of reach', quick, async () => {
    const { page, leave } = await person();
    const client = await registered('Cursor');
    await page.goto(client.begin());
    await world.gateway.restart({ signal: 'SIGTERM' }); // forgets Google's discovery document
    await world.google.fault({ path: '/.well-known/openid-configuration', status: 503, times: 20 });
    await approve(page).click();
    assert.equal(await heading(page), 'Google cannot be reached');
    await review(page, 'google-unreachable');
    await leave();
  });
});

describe('whoever comes', () => {
  test('without scripts: in, look, end it', quick, async () => {
    const { page, leave } = await person({ javaScriptEnabled: false });
    const client = await connected('Cursor', page);
    assert.equal((await uses(client)).status, 200);
    await signInToPages(page);
    await page.getByRole('button', { name: /^End this session: Cursor/ }).first().click();
    assert.match(await page.getByRole('status').textContent(), /^That session has ended/);
    assert.equal((await uses(client)).status, 401);
    await leave();
  });

  test('on a phone', quick, async () => {
    const { page, leave } = await person({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 3 });
    const client = await registered('Claude');
    await page.goto(client.begin());
    const box = await approve(page).boundingBox();
    assert.ok(box.width > 250 && box.height >= 44, 'a button for a thumb');
    await Promise.all([arrived(client, page), approve(page).tap()]);
    assert.equal((await uses(await redeemed(client, page))).status, 200);
    await leave();
  });

  test('by keyboard alone', quick, async () => {
    const { page, leave } = await person();
    const press = (key) => page.keyboard.press(key);
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
    const tabTo = async (name) => {
      for (let presses = 0; presses < 40; presses += 1) {
        await press('Tab');
        if (name.test(await focused())) {
          const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
          assert.notEqual(outline, 'none', 'one sees where one is');
          return;
        }
      }
      assert.fail(`no way to ${name} by Tab`);
    };
    await page.goto(url);
    await press('Tab');
    assert.equal(await focused(), 'Skip to the content');
    await press('Enter');
    await tabTo(/^Add to Cursor$/);

    const client = await registered('Keyboard');
    await page.goto(client.begin());
    await tabTo(/^Allow and go to Google$/);
    await Promise.all([arrived(client, page), press('Enter')]);
    await redeemed(client, page);
    await signInToPages(page);
    await tabTo(/^End this session$/);
    await press('Enter');
    await page.getByRole('status').waitFor();
    assert.equal((await uses(client)).status, 401);
    await leave();
  });
});

describe('seven days later', () => {
  test('everything has ended, the account says so, and the old registration still does', quick, async () => {
    const { page, leave } = await person();
    const client = await connected('Cursor', page);
    world.time.shift(world.time.offset + days(7));
    assert.equal((await uses(client)).status, 401);
    assert.equal((await client.refresh()).json.error, 'invalid_grant');
    await signInToPages(page);
    assert.match(await page.textContent('main'), /Cursor, signed in .*\s*Ended after seven days/);
    await review(page, 'account-ended');
    await page.goto(client.begin());
    await Promise.all([arrived(client, page), approve(page).click()]);
    assert.equal((await uses(await redeemed(client, page))).status, 200);
    await leave();
  });

  test('every page was looked at', () => assert.ok(reviewed.size >= 20, [...reviewed].join(' ')));
});
