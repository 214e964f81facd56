// SPDX-License-Identifier: Apache-2.0
//
// `fetch` of this process, and with it every client that runs in it, trusts one more authority. NODE_EXTRA_CA_CERTS is read only when a
// process starts.
import { rootCertificates } from 'node:tls';

const dispatcher = Symbol.for('undici.globalDispatcher.1');

export async function trust(ca) {
  await fetch('data:,'); // the first one makes the dispatcher
  const { constructor: Agent } = globalThis[dispatcher];
  globalThis[dispatcher] = new Agent({ connect: { ca: [...rootCertificates, ca] } });
}
