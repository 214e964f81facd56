// SPDX-License-Identifier: Apache-2.0
//
// The image for arm64, made on amd64 by the Dockerfile as it is: nothing is emulated while it is made, and then everything, so that it is
// seen to work. Needs root, an amd64 machine and qemu-user-static (`script/bootstrap test arm64`).
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { assertSays, idsOf } from '../e2e/lib/answers.mjs';
import { freePort } from '../e2e/lib/child.mjs';
import { SdkV1Client } from '../e2e/lib/clients.mjs';
import { inContainer, runInImage } from './lib/container.mjs';
import { assertDrains } from './lib/drain.mjs';
import { assertBare, assertReadsCharsets, buildImage, compressedSize, imageConfig } from './lib/image.mjs';

const image = 'localhost/gatehouse:test-arm64';
const imageWithPdf = 'localhost/gatehouse:test-arm64-with-pdf';
const emulator = '/usr/bin/qemu-aarch64-static';
const megabyte = 1_000_000;

before(async () => {
  for (const [name, options] of [[image, []], [imageWithPdf, ['--target', 'with-pdf']]]) {
    const began = performance.now();
    await buildImage(name, ['--platform', 'linux/arm64', ...options]);
    console.log(`built ${name} in ${Math.round((performance.now() - began) / 1000)} s`);
  }
}, { timeout: 3_000_000 });

describe('what is in the image for arm64', () => {
  test('it is for arm64, as are its programs', async () => {
    for (const name of [image, imageWithPdf]) assert.equal((await imageConfig(name)).Architecture, 'arm64', name);
    assert.match(await runInImage(image, ['/usr/bin/gatehouse', 'version'], emulator), /^gatehouse \d+\.\d+\.\d+\n$/);
    assert.match(await runInImage(imageWithPdf, ['/usr/bin/pdftotext', '-listenc'], emulator), /UTF-8/);
  });

  test('one program or two, the libraries they load, the authorities, and who it is', async () => {
    await assertBare(image);
    await assertBare(imageWithPdf, ['/usr/bin/gatehouse', '/usr/bin/pdftotext']);
  });

  test('what reads the charsets of mail', async () => {
    await assertReadsCharsets(image);
  });

  test('it is as small as that for amd64', async () => {
    const [size, sizeWithPdf] = [await compressedSize(image), await compressedSize(imageWithPdf)];
    console.log(`compressed: ${(size / megabyte).toFixed(1)} MB, with pdftotext ${(sizeWithPdf / megabyte).toFixed(1)} MB`);
    assert.ok(size <= 15 * megabyte, `${size} bytes`);
    assert.ok(sizeWithPdf <= 20 * megabyte, `${sizeWithPdf} bytes`);
  });
});

test('the container for arm64 serves, is healthy, and leaves when asked', { timeout: 600_000 }, () => inContainer({ image, emulator }, async ({ container, google }) => {
  await container.start();
  const client = await new SdkV1Client({ gateway: container, name: 'on another processor' }).connect();
  try {
    await test('signing in and calling a tool', async () => {
      assert.ok(idsOf(await client.call('gmail_search', { query: 'from:bob', limit: 2 })).length > 0);
    });

    await test('mail in a charset of its own', async () => {
      assertSays(await client.call('gmail_read', { ids: ['19a1ce0000000002'] }), '会議の件', '明日の会議は十時からです。');
    });

    await test('its health check tells health from silence', async () => {
      const check = ['/usr/bin/gatehouse', 'healthcheck'];
      const { status, out, err } = await container.exec(check);
      assert.equal(status, 0, out + err);
      const silent = await container.exec(check, ['--env', `GATEHOUSE_LISTEN=127.0.0.1:${await freePort()}`]);
      assert.equal(silent.status, 1, silent.out + silent.err);
    });

    await test('SIGTERM lets a call finish, ends streams, and leaves with exit code 0', async () => {
      await assertDrains(container, google, client.provider.granted.access_token);
    });

    await test('another container with the same directory goes on', async () => {
      await container.start();
      const result = await client.call('whoami');
      assert.ok(!result.isError, JSON.stringify(result));
    });
  } finally {
    await client.close();
  }
}));
