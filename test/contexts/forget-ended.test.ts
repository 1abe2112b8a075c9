import { expect, it } from '@jest/globals';

import { contextKindsOf } from '#src/contexts/load-context-kinds.ts';
import { contextMembers, readContext } from '#src/contexts/context-store.ts';
import { forgetEnded } from '#src/contexts/forget-ended.ts';
import { endContext, openContext } from '#src/contexts/open-context.ts';
import { shardOf } from '#src/storage/shards.ts';
import { ada, makeNorthwind, northwind, onEachEngine, system } from '#test/support/domain.ts';
import { testContextKinds } from '#test/support/context-kinds.ts';

const day = 86_400_000;

onEachEngine((domain) => {
  it('forgets a context a month after it ended, with everybody who was in it, and no other', async () => {
    await makeNorthwind(domain());
    const deps = { ...domain().deps, contextKinds: contextKindsOf(testContextKinds.kinds) };
    const open = (guests: number) =>
      openContext(deps, {
        tenant: northwind,
        kind: 'meeting',
        title: 'Planning',
        number: null,
        resource: null,
        members: [{ user: ada, role: 'owner' }, ...Array.from({ length: guests }, (_, n) => ({ guest: `phone ${n}`, role: 'guest' }))],
      }, system);
    const [old, recent, running] = [await open(230), await open(1), await open(1)];
    const left = async ({ id }: { id: typeof old.id }) => [(await readContext(deps, northwind, id)) !== undefined, (await contextMembers(deps, northwind, id, { limit: 500 })).records.length];
    await endContext(deps, northwind, old.id, system);
    domain().pass(29 * day);
    await endContext(deps, northwind, recent.id, system);
    await forgetEnded(deps, shardOf(northwind));
    expect(await left(old)).toEqual([true, 231]);
    domain().pass(2 * day);
    await forgetEnded(deps, shardOf(northwind));
    expect([await left(old), await left(recent), await left(running)]).toEqual([[false, 0], [true, 2], [true, 2]]);
  });
});
