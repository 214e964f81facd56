// SPDX-License-Identifier: Apache-2.0
//
// Looks at a page as different people see it: in light and dark, on a phone, through axe-core. Pictures for reviewers go to build/screenshots/.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = fileURLToPath(new URL('../../../build/screenshots', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const desktop = { width: 1100, height: 800 };
const phone = { width: 360, height: 740 };

export const reviewed = new Set();

async function findings(page) {
  await page.evaluate(axe); // over the debugging protocol, which the page's own policy does not bind
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

async function picture(page, name) {
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}

async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

// What holds for every page of ours: one heading, one main part, a language, a title, nothing that needs a script.
async function assertOrder(page, name) {
  const order = await page.evaluate(() => ({
    headings: document.querySelectorAll('h1').length, mains: document.querySelectorAll('main').length, language: document.documentElement.lang, title: document.title,
    scripts: document.scripts.length, small: [...document.querySelectorAll('button, .button')].filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.textContent),
  }));
  assert.deepEqual({ ...order, title: order.title.length > 5 }, { headings: 1, mains: 1, language: 'en', title: true, scripts: 0, small: [] }, name);
}

// The page must have a browser with scripts switched on, for the tools; it has none of its own.
export async function review(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(desktop);
    await assertOrder(page, name);
    assert.deepEqual(await findings(page), [], `${name}, ${colorScheme}`);
    await picture(page, `${name}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(phone);
  assert.equal(await overflow(page), 0, `${name} fits a phone`);
  assert.deepEqual(await findings(page), [], `${name}, phone`);
  await picture(page, `${name}-phone`);
  await page.setViewportSize(desktop);
  reviewed.add(name);
}
