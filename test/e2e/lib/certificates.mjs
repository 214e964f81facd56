// SPDX-License-Identifier: Apache-2.0
//
// An authority of the test's own, the certificates that it gives out as of any day, and programs that trust it: they see a bundle of their
// own where the machine has its authorities.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from './child.mjs';
import { FakeTime } from './fake_time.mjs';

const bundle = '/etc/ssl/certs/ca-certificates.crt';
const day = 86_400;
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class Authority {
  #at;
  #time;
  #made = 0;

  constructor(directory) {
    this.#at = (name) => join(directory, name);
    this.#time = new FakeTime(directory);
    this.#openssl(-2_000 * day, 'req', '-x509', ...newKey, '-days', '4000', '-subj', '/CN=Test Authority', '-keyout', this.#at('authority.key'), '-out', this.#at('authority.crt'));
    this.file = this.#at('authority.crt');
  }

  #openssl(shift, ...args) {
    this.#time.shift(shift);
    execFileSync('openssl', args, { env: { PATH: process.env.PATH, ...this.#time.env }, stdio: 'pipe' });
  }

  // For the DNS names, good for so many days from the day that was so many days ago; {key, cert}, as a TLS server of Node takes them.
  // by: 'authority'; 'itself'; 'intermediate', one of the authority's that is not sent along.
  certificate({ names = ['localhost'], days = 30, daysAgo = 0, by = 'authority' } = {}) {
    const shift = -daysAgo * day;
    const name = `made${(this.#made += 1)}`;
    const [key, request, extensions, made] = ['key', 'csr', 'ext', 'crt'].map((kind) => this.#at(`${name}.${kind}`));
    const issuer = by === 'intermediate' ? this.#intermediate(`${name}-issuer`, shift) : ['-CA', this.file, '-CAkey', this.#at('authority.key')];
    writeFileSync(extensions, `subjectAltName=${names.map((one) => `DNS:${one}`).join(',')}\n`);
    this.#openssl(shift, 'req', '-new', ...newKey, '-subj', `/CN=${names[0]}`, '-keyout', key, '-out', request);
    this.#openssl(shift, 'x509', '-req', '-in', request, '-days', String(days), '-extfile', extensions, '-out', made, ...(by === 'itself' ? ['-signkey', key] : [...issuer, '-CAcreateserial']));
    return { key: readFileSync(key), cert: readFileSync(made) };
  }

  #intermediate(name, shift) {
    const [key, request, extensions, made] = ['key', 'csr', 'ext', 'crt'].map((kind) => this.#at(`${name}.${kind}`));
    writeFileSync(extensions, 'basicConstraints=critical,CA:TRUE\n');
    this.#openssl(shift, 'req', '-new', ...newKey, '-subj', '/CN=Test Intermediate', '-keyout', key, '-out', request);
    this.#openssl(shift, 'x509', '-req', '-in', request, '-days', '60', '-extfile', extensions, '-out', made, '-CA', this.file, '-CAkey', this.#at('authority.key'), '-CAcreateserial');
    return ['-CA', made, '-CAkey', key];
  }

  close = () => this.#time.close();
}

// A child that finds this file where the machine's authorities are; nobody else does. Needs a mount namespace, which Linux gives to root, and
// to others in a user namespace.
export function trusting(file, command, args, options) {
  const become = process.getuid() === 0 ? [] : ['--map-root-user'];
  return new Child('unshare', ['--mount', ...become, 'sh', '-c', `mount --bind "$0" ${bundle} && exec "$@"`, file, command, ...args], options);
}
