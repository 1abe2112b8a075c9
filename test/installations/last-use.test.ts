import { expect, it } from '@jest/globals';

import type { AppId, GrantId, TenantId } from '#src/ids.ts';
import { lastUses, lastUsesOfApps, startUseNotes, type Used } from '#src/installations/last-use.ts';
import { createLog } from '#src/log.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { northwind, onEachEngine } from '#test/support/domain.ts';

const HOUR = 3_600_000;
const log = createLog('silent');
const used = (id: string, tenant = northwind): Used => ({ tenant, id: id as GrantId });
const [one, two, elsewhere] = [used('gnt_one'), used('gnt_two'), used('gnt_three', 'ten_contoso' as TenantId)];

onEachEngine((domain) => {
  it('says when each was used last, of several tenants at once, and nothing of what never was', async () => {
    const { deps, pass } = domain();
    const notes = startUseNotes({ ...deps, log }, HOUR);
    notes.noteUse(one);
    notes.noteUse(elsewhere);
    pass(5000);
    notes.noteUse(one);
    expect(await lastUses(deps, [one])).toEqual(new Map());
    await notes.stop();
    expect(await lastUses(deps, [one, two, elsewhere])).toEqual(
      new Map([['gnt_one', '2026-11-21T20:00:05.000Z'], ['gnt_three', '2026-11-21T20:00:00.000Z']]),
    );
    expect(await lastUses(deps, [])).toEqual(new Map());
  });

  it('says when an app was used last in a tenant, through whichever grant', async () => {
    const { deps, pass } = domain();
    const notes = startUseNotes({ ...deps, log }, HOUR);
    const [app, other] = ['app_a', 'app_b'] as AppId[] as [AppId, AppId];
    notes.noteUse({ ...one, app });
    pass(5000);
    notes.noteUse({ ...two, app });
    notes.noteUse({ ...elsewhere, app: other });
    await notes.stop();
    expect(await lastUsesOfApps(deps, northwind, [app, other])).toEqual(new Map([[app, '2026-11-21T20:00:05.000Z']]));
    expect((await lastUses(deps, [one])).get(one.id)).toBe('2026-11-21T20:00:00.000Z');
  });

  it('writes each that was used once in a while, in one commit for a shard, without events, however often it was used', async () => {
    const { deps } = domain();
    const writes: number[] = [];
    const store: RecordStore = { ...deps.store, commit: (change) => (writes.push(change.write.length), deps.store.commit(change)) };
    const notes = startUseNotes({ ...deps, store, log }, 5);
    for (let time = 0; time < 1000; time += 1) for (const each of [one, two]) notes.noteUse(each);
    while ((await lastUses(deps, [one])).size === 0) await new Promise((resolve) => void setTimeout(resolve, 5));
    await notes.stop();
    expect(writes).toEqual([2]);
    expect(await deps.store.follow(shardOf(northwind), 0, 10)).toEqual([]);
  });

  it('forgets what storage does not take, and the next use says it again', async () => {
    const { deps } = domain();
    let down = true;
    const store: RecordStore = { ...deps.store, commit: (change) => (down ? Promise.reject(new Error('down')) : deps.store.commit(change)) };
    const first = startUseNotes({ ...deps, store, log }, HOUR);
    first.noteUse(one);
    await first.stop();
    down = false;
    first.noteUse(two);
    await first.stop();
    expect([...(await lastUses(deps, [one, two])).keys()]).toEqual(['gnt_two']);
  });

  it('is not known any more after more than a year', async () => {
    const { deps, pass } = domain();
    const notes = startUseNotes({ ...deps, log }, HOUR);
    notes.noteUse(one);
    await notes.stop();
    pass(400 * 24 * HOUR);
    expect(await lastUses(deps, [one])).toEqual(new Map());
  });
});
