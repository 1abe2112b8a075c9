import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { readRevocation } from '#src/administration/revocations/revocation-store.ts';
import { startRevocations, type RunningRevocations } from '#src/administration/revocations/run-revocations.ts';
import { startRevocation } from '#src/administration/revocations/start-revocation.ts';
import { readTenantTrail } from '#src/audit/read-trail.ts';
import type { AppId, JobId } from '#src/ids.ts';
import { createLog } from '#src/log.ts';
import { answerFrom } from '#src/request-origin.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { startMarketSite, type MarketSite } from '#test/marketplace/site.ts';
import { until } from '#test/support/redis.ts';

let site: MarketSite;
beforeAll(async () => {
  site = await startMarketSite();
});
afterAll(() => site.close());

const operator = { kind: 'operator', id: 'opr_one' } as const;
const log = createLog('silent');
const start = (app: AppId) => startRevocation(site.deps, { app, tenants: null, what: 'everything' }, operator);
const done = (job: JobId) => until('it is done', async () => (await readRevocation(site.deps, job))?.value.status === 'done', 8000);
const takenOut = async (app: AppId) => (await readTenantTrail(site.deps, site.northwind, { app, type: 'app.uninstalled' }, { limit: 5 })).entries;

async function connected(name: string): Promise<AppId> {
  const app = await site.makeApp(name);
  await site.connect(site.people.ben, app);
  return app;
}

test('xL2 a piece of the work that takes longer than a claim comes to its end, though another server looks for work meanwhile, and is told once', async () => {
  const app = await connected('Slow To Leave');
  const { value: { id: job } } = await start(app);
  const slow: RecordStore = {
    ...site.deps.store,
    async commit(change) {
      if (change.shard !== shardOf(site.northwind)) return site.deps.store.commit(change);
      await new Promise((resolve) => void setTimeout(resolve, 400));
      return site.deps.store.commit(change);
    },
  };
  const servers = [1, 2].map((): RunningRevocations => startRevocations({ ...site.deps, store: slow, log }, { lookEveryMs: 20, claimMs: 120 }));
  await done(job);
  await Promise.all(servers.map((server) => server.stop()));
  expect(await takenOut(app)).toHaveLength(1);
});

test('what is taken from a tenant does not seem to come from whoever asked for something else at that moment', async () => {
  const app = await connected('Asked For By Others');
  const { value: { id: job } } = await start(app);
  const running = startRevocations({ ...site.deps, log }, { lookEveryMs: 60_000 });
  answerFrom({ via: 'api', address: '203.0.113.7' }, () => running.nudge());
  await done(job);
  await running.stop();
  expect((await takenOut(app)).map(({ event }) => [event.actor, event.from])).toEqual([[operator, undefined]]);
});
