import type { GroupId, TenantId } from '#src/ids.ts';

/** Members of a tenant under one name. Who is in it stands with each member (`Member.groups`). */
export interface Group {
  readonly id: GroupId;
  readonly tenant: TenantId;
  readonly name: string;
  readonly createdAt: string;
}
