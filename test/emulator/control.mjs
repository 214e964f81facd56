// SPDX-License-Identifier: Apache-2.0
//
// The levers for tests, under /__test/. JSON in, JSON out.
import { restingSettings } from './settings.mjs';
import { personByEmail } from './people.mjs';

export class Control {
  #parts;

  constructor(parts) {
    this.#parts = parts; // {settings, faults, grants, key, log, events, gmail, mailboxes}
  }

  async answer({ method, url, headers, body }) {
    const name = url.pathname.slice('/__test/'.length);
    if (method === 'GET' && name === 'log') return { status: 200, json: this.#parts.log.report() };
    if (method === 'GET' && name === 'letter') return this.#letter(url.searchParams);
    if (method === 'GET' && name === 'state') return { status: 200, json: this.#state() };
    if (method === 'GET' && name === 'mail') return { status: 200, json: this.#parts.gmail.everything(url.searchParams.get('label') ?? undefined) };
    if (method !== 'POST') return { status: 405, headers: { allow: 'POST' }, json: { error: 'POST JSON here' } };
    if (body.length && !/^application\/json\b/.test(headers['content-type'] ?? '')) return { status: 415, json: { error: 'send application/json' } };
    try {
      const wanted = body.length ? JSON.parse(body) : {};
      if (name === 'mail') return { status: 200, json: await this.#parts.gmail.put(wanted) };
      if (name === 'push') return { status: 200, json: await this.#parts.events.push(wanted) };
      const wrong = this.#act(name, wanted);
      return wrong ? { status: 400, json: { error: wrong } } : { status: 200, json: this.#state() };
    } catch (error) {
      return { status: 400, json: { error: String(error.message) } };
    }
  }

  #state = () => ({ settings: this.#parts.settings, faults: this.#parts.faults.left });

  #letter(parameters) {
    const message = this.#parts.mailboxes.get(parameters.get('email'), parameters.get('id'));
    return message ? { status: 200, headers: { 'content-type': 'message/rfc822' }, body: message.raw } : { status: 404, json: { error: 'no such mail' } };
  }

  #act(name, wanted) {
    const { settings, faults, grants, key, log, mailboxes } = this.#parts;
    switch (name) {
      case 'set': {
        const unknown = Object.keys(wanted).filter((setting) => !(setting in settings));
        if (unknown.length) return `no such setting: ${unknown.join(', ')}`;
        if (wanted.auto_login && wanted.auto_login !== 'login_hint' && !personByEmail(wanted.auto_login)) return `nobody has the address ${wanted.auto_login}`;
        Object.assign(settings, wanted);
        return undefined;
      }
      case 'fault': faults.add(wanted); return undefined;
      case 'place': {
        const raw = Buffer.from(wanted.raw ?? '', 'base64');
        if (!personByEmail(wanted.email) || !/^[0-9a-f]{16}$/.test(wanted.id ?? '') || !raw.length) return 'email, id and raw are needed';
        mailboxes.add({ owner: wanted.email, id: wanted.id, threadId: wanted.id, labelIds: ['INBOX'], raw });
        return undefined;
      }
      case 'expire': grants.expireAccess(); return undefined;
      case 'revoke': return grants.end(wanted.email) ? undefined : `nothing to revoke for ${wanted.email}`;
      case 'rotate_keys': key.rotate(); return undefined;
      case 'clear': Object.assign(settings, restingSettings()); faults.clear(); log.clear(); return undefined;
      default: return `no such lever: ${name}`;
    }
  }
}
