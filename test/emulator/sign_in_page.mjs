// SPDX-License-Identifier: Apache-2.0
//
// The pages a person sees: whom to be, what to allow, and what was wrong with the request. Plain forms, no script.
import { escapeHtml } from './mailbox.mjs';
import { meaning } from './scopes.mjs';

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#eef1f6;color:#1c2430}main{max-width:34rem;margin:6vh auto;background:#fff;
border-radius:14px;padding:2rem 2.2rem;box-shadow:0 2px 14px #0002}h1{font-size:1.35rem;margin:0 0 .3rem}p{margin:.4rem 0 1.1rem;color:#4a5567}
button{font:inherit;cursor:pointer;border-radius:9px;border:1px solid #c9d1de;background:#fff;padding:.65rem 1rem}button:hover,button:focus{background:#eef4ff}
.person{display:block;width:100%;text-align:left;margin:.45rem 0}.person small{display:block;color:#5d6878}.hinted{border-color:#2458d3;border-width:2px}
label{display:flex;gap:.6rem;padding:.55rem 0;border-bottom:1px solid #e6eaf1}.row{display:flex;gap:.8rem;justify-content:flex-end;margin-top:1.4rem}.main{background:#2458d3;color:#fff}
.main:hover,.main:focus{background:#1a47b0}code{background:#eef1f6;padding:.1rem .3rem;border-radius:4px;overflow-wrap:anywhere}`;

function page(status, title, content) {
  const text = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>${content}</main></body></html>`;
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'", 'cache-control': 'no-store' };
  return { status, headers, body: Buffer.from(text) };
}

const hidden = (name, value) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`;

export function chooserPage(request, choices, hint) {
  const buttons = choices.map((person) => `<button class="person${person.email === hint ? ' hinted' : ''}" name="person" value="${escapeHtml(person.email)}"${person.email === hint ? ' autofocus' : ''}>
<b>${escapeHtml(person.name)}</b> ${escapeHtml(person.email)}<small>${escapeHtml(person.note)}</small></button>`).join('');
  return page(200, 'Choose an account', `<h1>This is the Gatehouse test Google: choose who to sign in as</h1>
<p>Nothing here is real. Everybody below is invented, and nothing leaves this machine.</p>
<form method="post" action="/o/oauth2/v2/auth/account">${hidden('request', request)}${buttons || '<p>Nobody here belongs to the domain that was asked for.</p>'}</form>`);
}

export function consentPage(request, person, scopes, appName) {
  const boxes = scopes.map((scope) => `<label><input type="checkbox" name="scope" value="${escapeHtml(scope)}" checked><span>${escapeHtml(meaning(scope) ?? scope)}<br><code>${escapeHtml(scope)}</code></span></label>`).join('');
  return page(200, 'Allow access', `<h1>${escapeHtml(appName)} wants access to the account of ${escapeHtml(person.name)}</h1>
<p>${escapeHtml(person.email)}. ${boxes ? 'Untick what it should not have.' : 'It will learn the name, the address and the picture, nothing else.'}</p>
<form method="post" action="/o/oauth2/v2/auth/consent">${hidden('request', request)}${hidden('person', person.email)}${boxes}
<div class="row"><button name="decision" value="deny">Deny</button><button class="main" name="decision" value="allow">Allow</button></div></form>`);
}

export const errorPage = (status, error, text) =>
  page(status, `Error ${status}: ${error}`, `<h1>Access blocked</h1><p>${escapeHtml(text)}</p><p>Error ${status}: <code>${escapeHtml(error)}</code></p>`);

