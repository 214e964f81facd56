// SPDX-License-Identifier: Apache-2.0
//
// Commands of documents, so that what people are told to run is what tests run. A block of shell says behind its language either which test
// runs it, by a name or with all others below its heading:  ```sh run=test/deploy/template.test.mjs name=deploy
// or why none can:                                          ```sh needs=AWS
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

// Every fenced block of a page: {line, heading, language, marks: {run, name, needs}, text}; the heading is the last one before it, "### Start".
export function blocksOf(page) {
  const blocks = [];
  let open;
  let heading = '';
  readFileSync(`${root}${page}`, 'utf8').split('\n').forEach((line, index) => {
    const fence = /^ *```(.*)$/.exec(line);
    if (!fence) {
      if (!open && /^#+ /.test(line)) heading = line;
      return void open?.lines.push(line);
    }
    if (open) {
      blocks.push({ ...open, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else {
      const [language, ...words] = fence[1].trim().split(/\s+/);
      open = { line: index + 1, heading, language, marks: Object.fromEntries(words.map((word) => word.split('='))), lines: [] };
    }
  });
  if (open) throw new Error(`${page}: the block at line ${open.line} does not end`);
  return blocks;
}

// The commands of the block of this name.
export function documented(page, name) {
  const found = blocksOf(page).filter(({ marks }) => marks.name === name);
  if (found.length !== 1) throw new Error(`${page}: ${found.length} blocks are named ${name}`);
  return found[0].text;
}

// The blocks of shell below a heading, up to the next one, in their order.
export const documentedBelow = (page, heading) => blocksOf(page).filter((block) => block.heading === heading && block.language === 'sh');

// The commands of those that can be run here.
export const runnableBelow = (page, heading) => documentedBelow(page, heading).filter(({ marks }) => !marks.needs).map(({ text }) => text);
