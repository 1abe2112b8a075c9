import type { KnownApp } from '#src/apps/app-store.ts';
import type { Approval } from '#src/approvals/approval.ts';
import { isShut, mayUse, type AppInTenant } from '#src/approvals/decide.ts';
import type { Member } from '#src/tenants/member.ts';

/** Whether an app that a member allowed can act for them just now, and if not, what stands in its way. */
export type ActingState = 'active' | 'disabled' | 'unpublished' | 'shut' | 'not_for_you';

export function actingState(
  known: KnownApp | undefined,
  { approval, inTenant, member }: { approval: Approval | undefined; inTenant: AppInTenant | undefined; member: Member },
): ActingState {
  if (known?.app.status === 'disabled') return 'disabled';
  if (!inTenant) return 'unpublished';
  if (isShut(approval)) return 'shut';
  return mayUse(member, inTenant) ? 'active' : 'not_for_you';
}

/** What the state is called in a list; nothing where all is well. */
export const STATE_NAMES: Readonly<Record<ActingState, string>> = {
  active: '',
  disabled: 'Switched off',
  unpublished: 'Not in use',
  shut: 'Not allowed here',
  not_for_you: 'Not for you',
};

/** The same in a sentence, on the app's own page. The tenant's name stands in front of it. */
export const STATE_SENTENCES: Readonly<Record<ActingState, string>> = {
  active: '',
  disabled: 'It is switched off everywhere. It can do nothing for you, unless it is switched on again.',
  unpublished: 'No version of it is in use. It can do nothing for you, unless its developer publishes one.',
  shut: 'It is not allowed here any more. It can do nothing for you, unless it is approved again.',
  not_for_you: 'It is there for others here, but not for you any more. It can do nothing for you, unless that changes.',
};
