import { describe, expect, it } from '@jest/globals';

import { startPeriodicWork, type PeriodicWork } from '#src/deliveries/periodic.ts';
import { onEachEngine } from '#test/support/domain.ts';
import { until } from '#test/support/redis.ts';

describe('periodic work', () => {
  onEachEngine((domain) => {
    const silent = { info() {}, warn() {}, error() {} };
    const start = (run: PeriodicWork['run']) =>
      startPeriodicWork({ ...domain().deps, log: silent, tempo: { leaseRoundMs: 50 } }, [{ name: 'tidy', everyMs: 50, run }]);

    it('is done by one server at a time, goes on after a failure, and passes to the other when that one stops', async () => {
      const runs: string[] = [];
      let atOnce = 0;
      let most = 0;
      const as = (name: string) => async () => {
        most = Math.max(most, (atOnce += 1));
        await new Promise((resolve) => setTimeout(resolve, 20));
        atOnce -= 1;
        runs.push(name);
        if (runs.length === 2) throw new Error('This round fails.');
      };
      const servers = { one: start(as('one')), two: start(as('two')) };
      await until('it ran some times', () => runs.length >= 5);
      const [holder] = runs as ('one' | 'two')[];
      expect(new Set(runs)).toEqual(new Set([holder]));
      await servers[holder!].stop();
      const other = holder === 'one' ? 'two' : 'one';
      await until('the other took over', () => runs.includes(other));
      await servers[other].stop();
      const ran = runs.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect([runs.length, most]).toEqual([ran, 1]);
    });
  });
});
