// SPDX-License-Identifier: Apache-2.0
//
// The image of the Dockerfile, run as careful people run it: what is in it, that it works with nothing but its own directory, and that
// it leaves when asked. Needs root, for making a Debian and running containers.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertSays, errorOf, idsOf } from '../e2e/lib/answers.mjs';
import { freePort } from '../e2e/lib/child.mjs';
import { SdkV1Client } from '../e2e/lib/clients.mjs';
import { inContainer, runInImage } from './lib/container.mjs';
import { assertDrains } from './lib/drain.mjs';
import { assertBare, assertReadsCharsets, buildImage, compressedSize, imageConfig } from './lib/image.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const image = 'localhost/gatehouse:test';
const imageWithPdf = 'localhost/gatehouse:test-with-pdf';
const megabyte = 1_000_000;
const minutes = '19a1ce0000000030/3';

before(async () => {
  for (const [name, options] of [[image, []], [imageWithPdf, ['--target', 'with-pdf']]]) {
    const began = performance.now();
    await buildImage(name, options);
    console.log(`built ${name} in ${Math.round((performance.now() - began) / 1000)} s`);
  }
}, { timeout: 1_800_000 });

describe('what is in the image', () => {
  test('its settings: the program, its user, its health check, its version', async () => {
    const { Config, HealthCheck, Healthcheck } = await imageConfig(image);
    const [, version] = /project\(gatehouse VERSION (\S+)/.exec(readFileSync(join(root, 'CMakeLists.txt'), 'utf8'));
    assert.deepEqual([Config.Entrypoint, Config.Cmd, Config.User], [['/usr/bin/gatehouse'], ['serve'], '65532:65532']);
    assert.deepEqual((Healthcheck ?? HealthCheck ?? Config.Healthcheck).Test, ['CMD', '/usr/bin/gatehouse', 'healthcheck']);
    assert.equal(Config.Labels['org.opencontainers.image.version'], version);
    assert.equal(Config.Labels['org.opencontainers.image.licenses'], 'Apache-2.0');
    assert.deepEqual(Config.Env.filter((setting) => /GATEHOUSE|GOOGLE|SECRET/.test(setting)), ['GATEHOUSE_LISTEN=0.0.0.0:8080']);
    assert.equal(await runInImage(image, ['version']), `gatehouse ${version}\n`);
  });

  test('one program, the libraries it loads, the authorities, and who it is', async () => {
    await assertBare(image);
  });

  test('what reads the charsets of mail', async () => {
    await assertReadsCharsets(image);
  });

  test('it is small, the one that reads PDF files too', async () => {
    const [size, sizeWithPdf] = [await compressedSize(image), await compressedSize(imageWithPdf)];
    console.log(`compressed: ${(size / megabyte).toFixed(1)} MB, with pdftotext ${(sizeWithPdf / megabyte).toFixed(1)} MB`);
    assert.ok(size <= 15 * megabyte, `${size} bytes`);
    assert.ok(sizeWithPdf <= 20 * megabyte, `${sizeWithPdf} bytes`);
  });
});

function assertConfined(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)[1];
  assert.equal(field('Uid'), '65532\t65532\t65532\t65532');
  assert.equal(field('Gid'), '65532\t65532\t65532\t65532');
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(field(set), /^0+$/, set);
  assert.deepEqual([field('NoNewPrivs'), field('Seccomp')], ['1', '2']);
  assert.match(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'), /^\S+ \S+ \S+ \S+ \/ ro\b/m, 'its root cannot be written');
}

// What the kernel holds it to: version 1 of control groups or version 2.
function limitsOf(pid) {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const read = (...paths) => readFileSync(paths.find(existsSync), 'utf8').trim();
  const at = (controller) => lines.map((line) => line.split(':')).find(([, names]) => names.split(',').includes(controller))?.[2] ?? '';
  const whole = `/sys/fs/cgroup${at('')}`;
  const memory = read(`/sys/fs/cgroup/memory${at('memory')}/memory.limit_in_bytes`, `${whole}/memory.max`);
  const cpu = read(`/sys/fs/cgroup/cpu${at('cpu')}/cpu.cfs_quota_us`, `${whole}/cpu.max`).split(' ')[0];
  return { memory: Number(memory), cpu: Number(cpu) };
}

describe('the container', () => {
  test('without rights, with half a gigabyte and a quarter of a CPU it does everything', { timeout: 300_000 }, () => inContainer({ image }, async ({ container, google }) => {
    console.log(`from \`podman run\` to the first healthy answer: ${Math.round(await container.start())} ms`);
    const client = await new SdkV1Client({ gateway: container, name: 'in a container' }).connect();
    try {
      await sideBySide(container, google, client);
    } finally {
      await client.close();
    }
  }));

  async function sideBySide(container, google, client) {
    await test('signing in and calling a tool', async () => {
      assert.ok(idsOf(await client.call('gmail_search', { query: 'from:bob', limit: 2 })).length > 0);
    });

    await test('mail in a charset of its own', async () => {
      assertSays(await client.call('gmail_read', { ids: ['19a1ce0000000002'] }), '会議の件', '明日の会議は十時からです。');
    });

    await test('it has no rights and stays within its limits', async () => {
      const pid = await container.pid();
      assertConfined(pid);
      assert.deepEqual(limitsOf(pid), { memory: 512 * 1024 * 1024, cpu: 25_000 });
    });

    await test('its health check tells health from silence', async () => {
      const check = ['/usr/bin/gatehouse', 'healthcheck'];
      const { status, out, err } = await container.exec(check);
      assert.equal(status, 0, out + err);
      const everywhere = await container.exec(check, ['--env', `GATEHOUSE_LISTEN=0.0.0.0:${new URL(container.url).port}`]);
      assert.equal(everywhere.status, 0, 'as the image is set to listen');
      const silent = await container.exec(check, ['--env', `GATEHOUSE_LISTEN=127.0.0.1:${await freePort()}`]);
      assert.equal(silent.status, 1, silent.out + silent.err);
    });

    await test('there is no shell in it', async () => {
      for (const shell of ['/bin/sh', 'sh', 'bash', 'busybox']) {
        const { status, err } = await container.exec([shell, '-c', 'exit 0']);
        assert.notEqual(status, 0, shell);
        assert.match(err, /no such file|not found/i, shell);
      }
    });

    await test('a PDF is answered with a link, and who wants its text is told what to do', async () => {
      const { structuredContent } = await client.call('gmail_attachment', { handle: minutes });
      assert.match(JSON.stringify(structuredContent), /\/files\/[\w-]{44}"/);
      assert.match(JSON.stringify(errorOf(await client.call('gmail_attachment', { handle: minutes, as: 'text' }))), /poppler-utils/);
    });

    await test('SIGTERM lets a call finish, ends streams, and leaves with exit code 0', async () => {
      await assertDrains(container, google, client.provider.granted.access_token);
    });

    await test('another container with the same directory goes on', async () => {
      await container.start();
      const result = await client.call('whoami');
      assert.ok(!result.isError, JSON.stringify(result));
    });
  }

  test('the one with pdftotext reads PDF files, under the same limits', { timeout: 300_000 }, () => inContainer({ image: imageWithPdf }, async ({ container }) => {
    await container.start();
    const client = await new SdkV1Client({ gateway: container, name: 'reads PDF' }).connect();
    try {
      assertConfined(await container.pid());
      assertSays(await client.call('gmail_attachment', { handle: minutes }), '[page 1]\nMinutes of the board', 'Codeword: persimmon.');
    } finally {
      await client.close();
    }
  }));
});
