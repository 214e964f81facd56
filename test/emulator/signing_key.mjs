// SPDX-License-Identifier: Apache-2.0
//
// The key that signs ID tokens. Each start and each rotation makes a new one under a new id, as Google does; the previous one
// stays published until the next change. `sign` can also misbehave on request, for tests of the reader.
import { createHash, createHmac, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function makePair() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid: randomBytes(20).toString('hex'), privateKey, publicKey };
}

export const leftHalf = (value) => createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');

export class SigningKey {
  #current = makePair();
  #previous;

  rotate() {
    this.#previous = this.#current;
    this.#current = makePair();
  }

  published() {
    const pairs = [this.#current, this.#previous].filter(Boolean);
    return { keys: pairs.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' })) };
  }

  // `how`: good, wrong_key (ours by name, signed by another), unknown_kid, none, hs256 (the public key as a shared secret), garbled.
  sign(claims, how = 'good') {
    if (how === 'none') return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`;
    if (how === 'hs256') {
      const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid: this.#current.kid })}.${encode(claims)}`;
      const secret = this.#current.publicKey.export({ type: 'spki', format: 'pem' });
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    }
    const foreign = how === 'wrong_key' || how === 'unknown_kid' ? makePair() : undefined;
    const kid = how === 'unknown_kid' ? foreign.kid : this.#current.kid;
    const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid })}.${encode(claims)}`;
    const signature = createSign('sha256').update(signed).sign((foreign ?? this.#current).privateKey);
    if (how === 'garbled') signature[7] ^= 1;
    return `${signed}.${signature.toString('base64url')}`;
  }
}
