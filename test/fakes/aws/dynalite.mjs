// SPDX-License-Identifier: Apache-2.0
//
// A fast DynamoDB table on 127.0.0.1 for races and load: dynalite, which knows no transactions, no time to live and no signatures.
// Prints one line of JSON when it answers.
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const dynalite = createRequire(import.meta.url)('dynalite');
const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, 'end-with-parent': { type: 'boolean', default: false } } });

const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.listen(Number(values.port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}`, pid: process.pid })}\n`);
});
if (values['end-with-parent']) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(0), 500).unref();
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
