import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { blockApp, withdrawApproval } from '#src/approvals/change-approval.ts';
import { removeGrant } from '#src/consent/change-grant.ts';
import { readGrant } from '#src/consent/grant-store.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { suspendInstallation } from '#src/installations/change-installation.ts';
import { readInstallation } from '#src/installations/installation-store.ts';
import { uninstall, uninstallEverything } from '#src/installations/uninstall.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { changeMember, findMember, removeMember } from '#src/tenants/member-store.ts';
import { install } from '#test/installations/world.ts';
import { startMarketSite, type MarketSite } from '#test/marketplace/site.ts';
import { by, system } from '#test/support/domain.ts';

let site: MarketSite;
beforeAll(async () => {
  site = await startMarketSite();
});
afterAll(() => site.close());

test('xA5 an admin who is demoted between what was read and what is written takes nothing from anybody', async () => {
  const { deps, northwind: tenant, people: { ada, ben, chloe, dan }, scheduler: app } = site;
  await site.connect(ben, app);
  await install(site, app, { user: ada.id, permissions: ['notices:send'] });
  const which = { tenant, app };
  const ways: Record<string, (deps: InstallationDeps) => Promise<unknown>> = {
    removeGrant: (late) => removeGrant(late, { ...which, user: ben.id }, by(chloe.id)),
    suspend: (late) => suspendInstallation(late, which, by(chloe.id)),
    uninstall: (late) => uninstall(late, which, by(chloe.id)),
    uninstallEverything: (late) => uninstallEverything(late, which, by(chloe.id)),
    withdraw: (late) => withdrawApproval(late, which, by(chloe.id)),
    block: (late) => blockApp(late, which, by(chloe.id)),
    deactivate: (late) => changeMember(late, { tenant, user: dan.id, status: 'inactive' }, by(chloe.id)),
    removeMember: (late) => removeMember(late, { tenant, user: dan.id }, by(chloe.id)),
  };
  for (const [way, take] of Object.entries(ways)) {
    const store: RecordStore = {
      ...deps.store,
      async commit(change) {
        await changeMember(deps, { tenant, user: chloe.id, role: 'member' }, system);
        return deps.store.commit(change);
      },
    };
    await expect(take({ ...deps, store }).then(() => way)).rejects.toMatchObject({ code: 'forbidden' });
    await changeMember(deps, { tenant, user: chloe.id, role: 'admin' }, system);
  }
  expect(await readGrant(deps, tenant, ben.id, app)).toBeDefined();
  expect((await readInstallation(deps, tenant, app))?.value.status).toBe('active');
  expect((await findMember(deps, tenant, dan.id))?.status).toBe('active');
});
