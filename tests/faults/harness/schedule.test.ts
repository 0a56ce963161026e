import { describe, expect, it } from 'vitest';
import { FAULT_TABLE } from './fault-table.js';
import { faultAt, GAP_MS, planFaults, scheduleLines } from './schedule.js';

const OPTIONS = { seed: 7, seconds: 60, gapMs: GAP_MS } as const;

describe('planFaults()', () => {
  it('plans the same for the same seed, and something else for another', () => {
    const lines = scheduleLines(planFaults(OPTIONS));

    expect(scheduleLines(planFaults(OPTIONS))).toEqual(lines);
    expect(scheduleLines(planFaults({ ...OPTIONS, seed: 8 }))).not.toEqual(lines);
  });

  it('has every fault over in time, and none of a target before the last of it is over', () => {
    const planned = planFaults({ ...OPTIONS, seconds: 600 });

    expect(planned.length).toBeGreaterThan(100);
    const overAtMs = new Map<string, number>();
    for (const { kind, atMs, lastsMs } of planned) {
      expect(atMs).toBeGreaterThanOrEqual(overAtMs.get(kind.target) ?? 0);
      expect(atMs + lastsMs).toBeLessThanOrEqual(600_000);
      overAtMs.set(kind.target, atMs + lastsMs);
    }
  });

  it('comes to every fault', () => {
    const planned = planFaults({ ...OPTIONS, seconds: 3600 });

    expect(new Set(planned.map(({ name }) => name))).toEqual(new Set(FAULT_TABLE.keys()));
  });
});

describe('faultAt()', () => {
  it('knows no fault that is not in the table', () => {
    expect(() => faultAt('rain', 0, 0)).toThrow('There is no fault "rain"');
  });
});
