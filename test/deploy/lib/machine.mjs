// SPDX-License-Identifier: Apache-2.0
//
// A Debian machine with systemd, in a container that shares our network; it goes with `remove`.
import { basename } from 'node:path';
import { until } from '../../e2e/lib/child.mjs';
import { quirks } from './container.mjs';
import { machineImage } from './debian.mjs';
import { outcomeOf, run } from './run.mjs';

const limits = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=4096:4096'];

export class Machine {
  static async boot(name) {
    const machine = new Machine();
    machine.name = name;
    await run(['podman', ...quirks, 'run', '--detach', '--name', name, '--network', 'host', '--systemd', 'always', '--privileged', '--no-healthcheck', ...limits, await machineImage(), '/sbin/init']);
    await until('systemd has started everything', async () => /running|degraded/.test((await machine.outcome('systemctl is-system-running')).out));
    // Nobody is there to say yes.
    await machine.write('/etc/apt/apt.conf.d/90yes', 'APT::Get::Assume-Yes "true";\n');
    await machine.run('apt-get update -qq', { seconds: 120 });
    return machine;
  }

  // {status, out, err} of words for a shell in /root.
  outcome = (words, { seconds = 60, input } = {}) =>
    outcomeOf(['podman', ...quirks, 'exec', '--interactive', '--env', 'DEBIAN_FRONTEND=noninteractive', '--env', 'LC_ALL=C.UTF-8', '--workdir', '/root', this.name, 'sh', '-ec', words], { seconds, input });

  async run(words, options) {
    const { status, out, err } = await this.outcome(words, options);
    if (status !== 0) throw new Error(`${words}\nended with ${status}:\n${out}${err}`);
    return out;
  }

  write = (path, text) => this.run(`cat > ${path}`, { input: text });

  // A file of ours, in /root.
  bring = (file) => run(['podman', 'cp', file, `${this.name}:/root/${basename(file)}`]);

  remove = () => outcomeOf(['podman', ...quirks, 'rm', '--force', '--time', '0', this.name]);
}
