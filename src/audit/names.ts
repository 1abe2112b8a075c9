import { appsByIds } from '#src/apps/app-store.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { appLine } from '#src/approvals/app-line.ts';
import { permissionLines } from '#src/consent/permission-line.ts';
import type { Deps } from '#src/deps.ts';
import { partiesOf } from '#src/event-trails.ts';
import type { AssentEvent } from '#src/events.ts';
import { displayText } from '#src/http/display-text.ts';
import type { AppId, GroupId, RoleId, TenantId, UserId } from '#src/ids.ts';
import { groupKey } from '#src/tenants/group-store.ts';
import { roleKey } from '#src/tenants/role-store.ts';
import { usersByIds } from '#src/tenants/user-store.ts';

import { actorIdOf } from './trail.ts';

export interface AuditDeps extends Deps {
  readonly catalogue: Catalogue;
}

/** What the things that events name are called now. What is gone is called by its id. */
export interface Names {
  person(id: string): string;
  app(id: string): string;
  group(id: string): string;
  role(id: string): string;
  /** Of a permission in the catalogue. */
  permission(name: string): string;
}

const membersOf = (events: readonly AssentEvent[], member: 'group' | 'role'): string[] =>
  [...new Set(events.flatMap((event) => (event as unknown as Partial<Record<typeof member, string>>)[member] ?? []))];

/** All names in one round trip to each server, however many events there are. */
export async function namesIn(deps: AuditDeps, tenant: TenantId, events: readonly AssentEvent[]): Promise<Names> {
  const parties = [...new Set(events.flatMap((event) => [...partiesOf(event), actorIdOf(event) ?? []].flat()))];
  const [groups, roles] = [membersOf(events, 'group'), membersOf(events, 'role')];
  const [people, apps, groupRecords, roleRecords] = await Promise.all([
    usersByIds(deps, parties as UserId[]),
    appsByIds(deps, parties as AppId[]),
    deps.store.read(...groups.map((id) => groupKey(tenant, id as GroupId))),
    deps.store.read(...roles.map((id) => roleKey(tenant, id as RoleId))),
  ]);
  const called = (name: string | undefined, otherwise: string): string => displayText(name ?? '') || otherwise;
  return {
    person: (id) => called(people.get(id as UserId)?.name, `somebody who is gone (${displayText(id)})`),
    app: (id) => called(apps.has(id as AppId) ? appLine(apps.get(id as AppId)).name : undefined, `an app that is gone (${displayText(id)})`),
    group: (id) => called(groupRecords[groups.indexOf(id)]?.value.name, displayText(id)),
    role: (id) => called(roleRecords[roles.indexOf(id)]?.value.name, displayText(id)),
    permission: (name) => permissionLines([name], deps.catalogue)[0]?.title ?? displayText(name),
  };
}
