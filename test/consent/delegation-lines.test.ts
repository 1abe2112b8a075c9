import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { delegationLines } from '#src/consent/delegation-lines.ts';
import { giveDelegation } from '#src/tenants/delegation-store.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';
import { startMarketSite, type MarketSite } from '#test/marketplace/site.ts';
import { by } from '#test/support/domain.ts';

let site: MarketSite;
beforeAll(async () => {
  site = await startMarketSite();
});
afterAll(() => site.close());

test('xS1 a giver is told to which apps their data is passed on, and when there are more than those', async () => {
  const { deps, northwind, people: { ada, dan } } = site;
  await giveDelegation(deps, { tenant: northwind, giver: ada.id, receiver: dan.id, permissions: ['meetings:read'], endsAt: null }, by(ada.id));
  const memberships = await tenantsOf(deps, ada.id);
  const passedOn = async () => {
    const { lines: [line] } = await delegationLines(deps, ada.id, { side: 'given', memberships, after: undefined, limit: 10 });
    return [line?.apps.length, line?.moreApps];
  };
  const passOn = async (name: string) => site.connect(dan, await site.makeApp(name, { sharedAccess: true }), ['openid', 'meetings:read'], northwind, true);
  for (let number = 0; number < 50; number += 1) await passOn(`Passed on ${number}`);
  expect(await passedOn()).toEqual([50, false]);
  await passOn('One too many');
  expect(await passedOn()).toEqual([50, true]);
});
