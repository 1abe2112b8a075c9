import { findLiveApp } from '#src/apps/app-store.ts';
import { PROTOCOL_SCOPES } from '#src/apps/catalogue.ts';
import { approvalKey, readApprovalFacts } from '#src/approvals/approval-store.ts';
import { allowedPermissions, asksForGroups, decide, generationOf, mayUse } from '#src/approvals/decide.ts';
import type { ConsentAnswer } from '#src/consent/consent-answer.ts';
import { grantChange, readGrant } from '#src/consent/grant-store.ts';
import { AppError } from '#src/errors.ts';
import type { AppId, UserId } from '#src/ids.ts';
import { checkedNodes } from '#src/resources/choose-nodes.ts';
import { asRead, unchanged } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { entitlementOf } from '#src/tenants/entitlement.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';

import type { LaunchDeps } from './launch-facts.ts';

/**
 * The grant that a person's yes makes when they open an app that they have not connected (R5). No code is needed: what
 * comes next is the launch. It counts only while what the page was made from still stands (xC7, xT6, xA2), and for no more
 * than the tenant allows now (I4).
 */
export async function connectApp(deps: LaunchDeps, { app, user, answer, asked }: { app: AppId; user: UserId; answer: ConsentAnswer; asked: readonly string[] }): Promise<void> {
  const { tenant, user: decision, generation } = answer;
  const [entitlement, before, approvals, live] = await Promise.all([
    entitlementOf(deps, tenant, user),
    readGrant(deps, tenant, user, app),
    readApprovalFacts(deps, tenant, app),
    findLiveApp(deps, app),
  ]);
  if (!decision || !entitlement || live?.app.status !== 'active') throw new AppError('consent_changed');
  const inTenant = { ...live, rules: approvals.rules, approval: approvals.approval, catalogue: deps.catalogue };
  const member = asksForGroups(inTenant) ? await withLiveGroups(deps, entitlement.member) : entitlement.member;
  const { membership, grantSlot } = decision.basis;
  const same = membership === member.membership && grantSlot === (before?.version ?? null) && generation === generationOf(approvals.approval);
  if (!same || !mayUse(member, inTenant)) throw new AppError('consent_changed');
  const allowed = new Set<string>([...PROTOCOL_SCOPES, ...allowedPermissions('user', inTenant)]);
  const nodes = decision.resources ?? [];
  // That the person may still give what they chose, in the very commit (S4).
  const chains = await checkedNodes(deps, tenant, member, nodes);
  if (!chains || !nodes.every(({ permission }) => decide(permission, 'user', inTenant).treatment === 'auto')) throw new AppError('consent_changed');
  const above = new Map(chains.flatMap((chain) => [...chain.nodes, ...chain.rights]).map((record) => [`${record.key.kind.name} ${record.key.id}`, record]));
  const { grant: _, ...change } = grantChange(
    { ...decision, permissions: decision.permissions.filter((name) => allowed.has(name)) },
    { before, user, app, asked: asked.filter((name) => allowed.has(name)), generation, now: deps.clock() },
  );
  const result = await deps.store.commit({
    shard: shardOf(tenant),
    ...change,
    expect: [...change.expect, ...entitlement.expect, ...[...above.values()].map(unchanged), asRead(approvalKey(tenant, app), approvals.approvalRecord)],
    durable: true,
  });
  if (!result.ok) throw new AppError('consent_changed');
}
