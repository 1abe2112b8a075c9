import type { Approval } from '#src/approvals/approval.ts';
import { approvalKey } from '#src/approvals/approval-store.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';

export async function findApprovalRecord({ store }: Deps, tenant: TenantId, app: AppId): Promise<Approval | undefined> {
  const [record] = await store.read(approvalKey(tenant, app));
  return record?.value;
}
