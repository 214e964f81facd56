// SPDX-License-Identifier: Apache-2.0
//
// Google's sign-in: discovery, the authorize pages, the token endpoint, revocation, userinfo. Strict where Google is strict.
import { createHash, timingSafeEqual } from 'node:crypto';
import { people, personByEmail } from './people.mjs';
import { isKnown, normalize, signInScopes } from './scopes.mjs';
import { chooserPage, consentPage, errorPage } from './sign_in_page.mjs';
import { leftHalf } from './signing_key.mjs';
import { notAuthenticated, oauthError } from './google_error.mjs';
import { riscConfiguration } from './security_events.mjs';

const equal = (a, b) => {
  const digest = (value) => createHash('sha256').update(String(value)).digest();
  return timingSafeEqual(digest(a), digest(b));
};

const aliases = {
  '/token': 'token', '/oauth2/v4/token': 'token', '/oauth2/token': 'token', '/revoke': 'revoke', '/o/oauth2/revoke': 'revoke',
  '/v1/userinfo': 'userinfo', '/oauth2/v2/userinfo': 'userinfo', '/oauth2/v3/userinfo': 'userinfo', '/tokeninfo': 'tokeninfo',
  '/.well-known/openid-configuration': 'discovery', '/.well-known/risc-configuration': 'risc', '/oauth2/v3/certs': 'keys', '/o/oauth2/v2/auth': 'authorize', '/o/oauth2/auth': 'authorize',
  '/o/oauth2/v2/auth/account': 'account', '/o/oauth2/v2/auth/consent': 'consent',
};
const methods = { token: ['POST'], revoke: ['POST', 'GET'], account: ['POST'], consent: ['POST'] };

export class Oauth {
  #base; #client; #grants; #key; #settings;

  // client: {id, secret, name, redirect_uris}
  constructor({ base, client, grants, key, settings }) {
    this.#base = base;
    this.#client = client;
    this.#grants = grants;
    this.#key = key;
    this.#settings = settings;
  }

  // request: {method, url, headers, body}. Undefined when the path is none of ours.
  answer(request) {
    const name = aliases[request.url.pathname];
    if (!name) return undefined;
    if (!(methods[name] ?? ['GET', 'HEAD', 'POST']).includes(request.method)) return { status: 405, headers: { allow: (methods[name] ?? ['GET']).join(', ') }, json: { error: 'method_not_allowed' } };
    const form = new URLSearchParams(request.method === 'POST' ? request.body.toString() : request.url.search);
    switch (name) {
      case 'discovery': return this.#discovery();
      case 'risc': return { status: 200, headers: { 'cache-control': 'public, max-age=3600' }, json: riscConfiguration(this.#base) };
      case 'keys': return { status: 200, headers: { 'cache-control': 'public, max-age=19800' }, json: this.#key.published() };
      case 'authorize': return this.#authorize(form);
      case 'account': return this.#chosen(form);
      case 'consent': return this.#decided(form);
      case 'token': return this.#token(form, request.headers.authorization);
      case 'revoke': return this.#revoke(form);
      case 'tokeninfo': return this.#tokenInfo(form);
      default: return this.#userInfo(request.headers.authorization);
    }
  }

  #discovery() {
    const at = (path) => this.#base + path;
    return {
      status: 200,
      headers: { 'cache-control': 'public, max-age=3600' },
      json: {
        issuer: this.#base, authorization_endpoint: at('/o/oauth2/v2/auth'), token_endpoint: at('/token'), userinfo_endpoint: at('/v1/userinfo'),
        revocation_endpoint: at('/revoke'), jwks_uri: at('/oauth2/v3/certs'), response_types_supported: ['code'], response_modes_supported: ['query'],
        subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'], scopes_supported: ['openid', 'email', 'profile'],
        token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'], code_challenge_methods_supported: ['plain', 'S256'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        claims_supported: ['aud', 'email', 'email_verified', 'exp', 'family_name', 'given_name', 'hd', 'iat', 'iss', 'name', 'picture', 'sub'],
      },
    };
  }

  // Faults of the request itself are shown on a page and never sent back: the redirect cannot be trusted yet.
  #wrong(form) {
    if (form.get('client_id') !== this.#client.id) return errorPage(401, 'invalid_client', 'The OAuth client was not found.');
    if (!this.#client.redirect_uris.includes(form.get('redirect_uri'))) return errorPage(400, 'redirect_uri_mismatch', `This app's redirect URI (${form.get('redirect_uri')}) is not one of those registered for it.`);
    if (form.get('response_type') !== 'code') return errorPage(400, 'unsupported_response_type', 'Only response_type=code is offered here.');
    const scopes = this.#scopes(form);
    if (!scopes.length) return errorPage(400, 'invalid_request', 'Missing required parameter: scope');
    const unknown = scopes.filter((scope) => !isKnown(scope));
    if (unknown.length) return errorPage(400, 'invalid_scope', `Some requested scopes were invalid: ${unknown.join(' ')}`);
    const method = form.get('code_challenge_method') ?? 'plain';
    if (form.has('code_challenge') && (!['plain', 'S256'].includes(method) || !/^[A-Za-z0-9._~-]{43,128}$/.test(form.get('code_challenge')))) return errorPage(400, 'invalid_request', 'The code challenge is malformed.');
    return undefined;
  }

  #scopes = (form) => normalize((form.get('scope') ?? '').split(/\s+/).filter(Boolean));
  #prompts = (form) => (form.get('prompt') ?? '').split(/\s+/);

  #authorize(form) {
    const wrong = this.#wrong(form);
    if (wrong) return wrong;
    const { auto_login: automatic, deny } = this.#settings;
    if (deny) return this.#back(form, { error: 'access_denied' });
    const hint = personByEmail(form.get('login_hint') ?? '') ?? people.find(({ sub }) => sub === form.get('login_hint'));
    if (this.#prompts(form).includes('none')) return this.#silently(form, hint);
    if (automatic) {
      const person = automatic === 'login_hint' ? hint : personByEmail(automatic);
      if (!person) return errorPage(400, 'invalid_request', `auto_login names nobody: ${automatic}`);
      return this.#grant(form, person, this.#scopes(form).filter((scope) => !this.#settings.untick.includes(scope)), this.#mustAsk(form, person));
    }
    const domain = form.get('hd');
    const choices = people.filter((person) => !domain || (domain === '*' ? person.hd : person.hd === domain));
    return chooserPage(form.toString(), choices, hint?.email);
  }

  #mustAsk(form, person) {
    const allowed = this.#grants.allowed(person.email, this.#client.id);
    return this.#prompts(form).includes('consent') || this.#scopes(form).some((scope) => !allowed.includes(scope));
  }

  #silently(form, person) {
    if (!person) return this.#back(form, { error: 'login_required' });
    return this.#mustAsk(form, person) ? this.#back(form, { error: 'interaction_required' }) : this.#grant(form, person, this.#scopes(form), false);
  }

  #chosen(posted) {
    const form = new URLSearchParams(posted.get('request') ?? '');
    const person = personByEmail(posted.get('person') ?? '');
    const wrong = this.#wrong(form);
    if (wrong || !person) return wrong ?? errorPage(400, 'invalid_request', 'Nobody was chosen.');
    if (!this.#mustAsk(form, person)) return this.#grant(form, person, this.#scopes(form), false);
    return consentPage(form.toString(), person, this.#scopes(form).filter((scope) => !signInScopes.includes(scope)), this.#client.name);
  }

  #decided(posted) {
    const form = new URLSearchParams(posted.get('request') ?? '');
    const person = personByEmail(posted.get('person') ?? '');
    const wrong = this.#wrong(form);
    if (wrong || !person) return wrong ?? errorPage(400, 'invalid_request', 'Nobody was chosen.');
    if (posted.get('decision') !== 'allow') return this.#back(form, { error: 'access_denied' });
    const ticked = posted.getAll('scope');
    return this.#grant(form, person, this.#scopes(form).filter((scope) => signInScopes.includes(scope) || ticked.includes(scope)), true);
  }

  #grant(form, person, scopes, asked) {
    this.#grants.allow(person.email, this.#client.id, scopes);
    const all = form.get('include_granted_scopes') === 'true' ? [...new Set([...scopes, ...this.#grants.allowed(person.email, this.#client.id)])] : scopes;
    const code = this.#grants.addCode({
      email: person.email, client: this.#client.id, scopes: all, redirect_uri: form.get('redirect_uri'), nonce: form.get('nonce') ?? undefined,
      challenge: form.get('code_challenge') ?? undefined, challenge_method: form.get('code_challenge_method') ?? 'plain',
      offline: form.get('access_type') === 'offline' && asked,
    });
    return this.#back(form, { code, scope: all.join(' '), authuser: '0', ...(person.hd ? { hd: person.hd } : {}), prompt: asked ? 'consent' : 'none' });
  }

  #back(form, answer) {
    const target = new URL(form.get('redirect_uri'));
    if (form.has('state')) target.searchParams.set('state', form.get('state'));
    for (const [name, value] of Object.entries({ iss: this.#base, ...answer })) target.searchParams.set(name, value);
    return { status: 302, headers: { location: target.href, 'cache-control': 'no-store' }, body: Buffer.alloc(0) };
  }

  #clientIsKnown(form, authorization) {
    let [id, secret] = [form.get('client_id'), form.get('client_secret')];
    const basic = /^Basic (.+)$/i.exec(authorization ?? '');
    if (basic) [id, secret] = Buffer.from(basic[1], 'base64').toString().split(':').map((part) => decodeURIComponent(part.replace(/\+/g, ' ')));
    return id !== null && secret !== null && equal(id, this.#client.id) && equal(secret, this.#client.secret);
  }

  #token(form, authorization) {
    if (!this.#clientIsKnown(form, authorization)) return oauthError(401, 'invalid_client', 'The provided client secret is invalid.');
    switch (form.get('grant_type')) {
      case 'authorization_code': return this.#redeem(form);
      case 'refresh_token': return this.#refresh(form);
      default: return oauthError(400, 'unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type') ?? ''}`);
    }
  }

  #redeem(form) {
    const granted = this.#grants.takeCode(form.get('code'));
    if (!granted) return oauthError(400, 'invalid_grant', 'Malformed auth code.');
    if (granted.redirect_uri !== form.get('redirect_uri')) return oauthError(400, 'redirect_uri_mismatch', 'Bad Request');
    const verifier = form.get('code_verifier') ?? '';
    if (!granted.challenge && verifier) return oauthError(400, 'invalid_grant', 'code_verifier or verifier is not needed.');
    if (granted.challenge) {
      if (!verifier) return oauthError(400, 'invalid_grant', 'Missing code verifier.');
      const answer = granted.challenge_method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier;
      if (!equal(answer, granted.challenge)) return oauthError(400, 'invalid_grant', 'Invalid code verifier.');
    }
    const tokens = this.#tokens(granted);
    if (granted.offline) tokens.refresh_token = this.#grants.addRefresh(granted.email, granted.client, granted.scopes);
    return { status: 200, headers: { 'cache-control': 'no-store' }, json: tokens };
  }

  #refresh(form) {
    const held = this.#grants.refresh(form.get('refresh_token'));
    if (!held) return oauthError(400, 'invalid_grant', 'Token has been expired or revoked.');
    const wanted = form.has('scope') ? this.#scopes(form) : held.scopes;
    if (wanted.some((scope) => !held.scopes.includes(scope))) return oauthError(400, 'invalid_scope', 'Some of the scopes were never granted.');
    return { status: 200, headers: { 'cache-control': 'no-store' }, json: this.#tokens({ ...held, scopes: wanted }) };
  }

  #tokens({ email, client, scopes, nonce }) {
    const seconds = this.#settings.expires_in;
    const access = this.#grants.addAccess(email, client, scopes, seconds);
    const tokens = { access_token: access, expires_in: seconds, scope: scopes.join(' '), token_type: 'Bearer' };
    if (scopes.includes('openid')) tokens.id_token = this.#idToken(personByEmail(email), scopes, access, nonce);
    return tokens;
  }

  #idToken(person, scopes, access, nonce) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.#base, azp: this.#client.id, aud: this.#client.id, sub: person.sub, ...(person.hd ? { hd: person.hd } : {}), at_hash: leftHalf(access), nonce, iat: now, exp: now + 3600 };
    if (scopes.includes(signInScopes[1])) Object.assign(claims, { email: person.email, email_verified: person.email_verified });
    if (scopes.includes(signInScopes[2])) for (const name of ['name', 'picture', 'given_name', 'family_name']) claims[name] = person[name];
    const { claims: changed = {}, without = [], sign } = this.#settings.id_token ?? {};
    Object.assign(claims, changed);
    for (const name of without) delete claims[name];
    return this.#key.sign(claims, sign);
  }

  #revoke(form) {
    const ended = this.#grants.endByToken(form.get('token') ?? '');
    return ended ? { status: 200, headers: {}, json: {} } : oauthError(400, 'invalid_token', 'Token expired or revoked');
  }

  #userInfo(authorization) {
    const held = this.#grants.access(/^Bearer (.+)$/i.exec(authorization ?? '')?.[1]);
    if (!held) return notAuthenticated();
    const { sub, email, email_verified, name, given_name, family_name, picture, hd } = personByEmail(held.email);
    return { status: 200, headers: {}, json: { sub, name, given_name, family_name, picture, email, email_verified, ...(hd ? { hd } : {}) } };
  }

  #tokenInfo(form) {
    const held = this.#grants.access(form.get('access_token') ?? '');
    if (!held) return oauthError(400, 'invalid_token', 'Invalid Value');
    const seconds = Math.floor((held.expires - Date.now()) / 1000);
    return { status: 200, headers: {}, json: { azp: held.client, aud: held.client, sub: personByEmail(held.email).sub, scope: held.scopes.join(' '), exp: String(Math.floor(held.expires / 1000)), expires_in: String(seconds), email: held.email, access_type: 'offline' } };
  }
}
