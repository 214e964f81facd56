// SPDX-License-Identifier: Apache-2.0
//
// A browser for programs that open one by themselves: it notes the addresses it is given, and a test goes there.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class OpenedUrls {
  #file;

  constructor(directory) {
    mkdirSync(directory, { recursive: true });
    this.#file = join(directory, 'opened-urls');
    this.browser = join(directory, 'browser'); // for the BROWSER variable
    writeFileSync(this.#file, '');
    writeFileSync(this.browser, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${this.#file}'\n`);
    chmodSync(this.browser, 0o700);
  }

  get all() {
    return readFileSync(this.#file, 'utf8').split('\n').slice(0, -1);
  }
}
