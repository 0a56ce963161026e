import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../shared/base/logger.js';
import { Supervisor } from '../../worker/supervisor.js';
import { until } from '../support/condition.js';

let directory: string;
let supervisor: Supervisor;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cq-sup-'));
});

afterEach(async () => {
  await supervisor.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Supervises two processes that each note their start and then do as the script says. */
async function supervise(script: string, drain = false): Promise<Supervisor> {
  const noted = `require('node:fs').appendFileSync(${JSON.stringify(join(directory, 'starts'))}, process.pid + '\\n');`;
  supervisor = new Supervisor({
    processes: 2,
    command: [process.execPath, '-e', noted + script],
    drain,
    graceMs: 500,
    logger: createLogger('silent'),
  });
  await supervisor.start();
  return supervisor;
}

async function starts(): Promise<number[]> {
  const text = await readFile(join(directory, 'starts'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

describe('Supervisor', () => {
  it('starts another process when one is killed', async () => {
    await supervise('setInterval(() => {}, 1000)');
    const [first = 0] = await until('two starts', async () => {
      const pids = await starts();
      return pids.length === 2 && pids;
    });

    process.kill(first, 'SIGKILL');

    const pids = await until('a third start', async () => {
      const started = await starts();
      return started.length === 3 && started;
    });
    expect(new Set(pids).size).toBe(3);
  });

  it('lets processes leave that have drained, and speaks for the worst of them', async () => {
    const drained = await supervise('process.exit(1)', true);

    expect(await drained.left).toBe(1);
    expect(await starts()).toHaveLength(2);
  });

  it('gives up where starting again cannot help', async () => {
    const hopeless = await supervise('process.exit(78)');

    expect(await hopeless.left).toBe(78);
  });

  it('kills what does not stop within the grace period', async () => {
    await supervise("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
    const pids = await until('two starts', async () => {
      const started = await starts();
      return started.length === 2 && started;
    });

    await supervisor.stop();

    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
