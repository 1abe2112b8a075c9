import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { at, created, pageOf, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { idOf, idText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';
import { knownTenant } from '#src/tenants/known-tenant.ts';

import type { ApprovalDeps } from './app-facts.ts';
import type { Approval } from './approval.ts';
import { approvalKey, approvalsOf } from './approval-store.ts';
import { approveApp, blockApp, unblockApp, withdrawApproval } from './change-approval.ts';
import { actor, availability, permissions, shownAvailability, shownPermissions } from './fields.ts';

const status = z.enum(['approved', 'withdrawn', 'blocked']);
const approval = z
  .object({
    tenant: idText,
    app: idText,
    status: status.meta({ description: 'While it is not `approved`, nothing of the app works in the tenant.' }),
    permissions: shownPermissions,
    availability: shownAvailability,
    version: idText.nullable().meta({ description: 'The version that was looked at.' }),
    review: idText.nullable().meta({ description: 'The review that it came of.' }),
    generation: z.int().meta({ description: 'Counts how often the app was removed from the tenant.' }),
    decidedBy: actor,
    decidedAt: time,
  })
  .meta({ id: 'Approval', description: 'What a tenant lets an app hold at most.' });

const common = { tag: 'Approvals' } as const;

async function readApproval({ store }: Deps, tenant: TenantId, app: AppId): Promise<StoredRecord<Approval> | undefined> {
  const [record] = await store.read(approvalKey(tenant, app));
  return record;
}

export const approvalRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/approvals',
    operationId: 'listApprovals',
    summary: 'List what was decided on apps in a tenant',
    scope: 'read',
    answer: pageOf(approval),
    async handle(deps: Deps, { params: { tenant }, page }) {
      await knownTenant(deps, tenant);
      return shownPage(await approvalsOf(deps, tenant, { ...page }));
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/tenants/{tenant}/approvals',
    operationId: 'decideOnApp',
    summary: 'Approve an app, withdraw it or block it, whatever was decided before',
    description: 'Withdrawing also works for an app that the rules let in without an approval. Permissions and availability count for `approved`.',
    scope: 'manage',
    body: z.strictObject({ app: idOf<AppId>('an app'), status: status.default('approved'), permissions: permissions.default({ user: [], tenant: [] }), availability: availability.default({ kind: 'everyone' }) }),
    answer: created(approval),
    errors: ['app_disabled', 'conflict'],
    async handle(deps: ApprovalDeps, { params: { tenant }, body: { app, status, ...given }, actor }) {
      await knownTenant(deps, tenant);
      if (status === 'approved') await approveApp(deps, { tenant, app, ...given }, actor);
      else await (status === 'blocked' ? blockApp : withdrawApproval)(deps, { tenant, app }, actor);
      return { ...shown(await readApproval(deps, tenant, app)), location: at`/tenants/${tenant}/approvals/${app}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/tenants/{tenant}/approvals/{app}',
    operationId: 'getApproval',
    summary: 'Read what was decided on an app',
    scope: 'read',
    answer: tagged(approval),
    handle: async (deps: Deps, { params }) => shown(await readApproval(deps, params.tenant, params.app)),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/tenants/{tenant}/approvals/{app}',
    operationId: 'changeApproval',
    summary: 'Change what an app may hold and for whom, withdraw, block or unblock it',
    description: '`withdrawn` for a blocked app unblocks it: it can be asked for again.',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ status: status.optional(), permissions: permissions.optional(), availability: availability.optional() }),
    answer: tagged(approval),
    errors: ['app_disabled', 'conflict'],
    async handle(deps: ApprovalDeps, { params: { tenant, app }, body, ifVersion, actor }) {
      const { body: before } = shown(await readApproval(deps, tenant, app));
      const which = { tenant, app, ifVersion };
      const next = body.status ?? before.status;
      if (next === 'approved') {
        await approveApp(deps, { ...which, permissions: body.permissions ?? before.permissions, availability: body.availability ?? before.availability }, actor);
      } else if (next === 'blocked') await blockApp(deps, which, actor);
      else await (before.status === 'blocked' ? unblockApp : withdrawApproval)(deps, which, actor);
      return shown(await readApproval(deps, tenant, app));
    },
  }),
];
