import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { putFailure } from '#src/deliveries/delivery-store.ts';
import { happened } from '#src/events.ts';
import type { AppId, ReviewId, TenantId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import { startApi, type ApiWorld } from '#test/support/api.ts';
import { system } from '#test/support/domain.ts';

let api: ApiWorld;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

it('operators see what was given up, for whom, how often it was tried and why', async () => {
  const tenant = 'ten_one' as TenantId;
  const event = happened({ type: 'review.requested', tenant, app: 'app_one' as AppId, review: 'rev_one' as ReviewId }, { actor: system, now: Date.now() });
  const failure = { reader: 'mail', receiver: 'usr_ada', tries: 11, why: '550 No such receiver', at: new Date().toISOString() };
  await api.store.commit({ shard: shardOf(tenant), write: [putFailure(shardOf(tenant), { ...failure, event })] });
  const { status, body } = await api.askAs('read', 'GET', '/delivery-failures');
  expect([status, body]).toEqual([200, { items: [{ ...failure, event: event.id, type: 'review.requested', tenant }], next: null }]);
});
