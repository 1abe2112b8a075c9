import type { App } from '#src/apps/app.ts';
import type { Approval } from '#src/approvals/approval.ts';
import type { Badge } from '#src/http/badge.ts';
import type { Installation } from '#src/installations/installation.ts';

/** How an app stands in a tenant, in one word: what stops it comes first. */
export const APP_STATES = ['disabled', 'blocked', 'withdrawn', 'suspended', 'in_review', 'approved', 'allowed', 'uninstalled'] as const;
export type AppState = (typeof APP_STATES)[number];

export interface AppStateFacts {
  readonly app: App | undefined;
  readonly approval: Approval | undefined;
  /** Only one that stands. */
  readonly installation: Installation | undefined;
  readonly inReview: boolean;
  /** Whether any member's grant stands. */
  readonly hasSubscribers: boolean;
}

export function appState({ app, approval, installation, inReview, hasSubscribers }: AppStateFacts): AppState {
  const holdsSomething = installation !== undefined || hasSubscribers;
  if (app?.status !== 'active') return 'disabled';
  if (approval?.status === 'blocked') return 'blocked';
  if (approval?.status === 'withdrawn' && holdsSomething) return 'withdrawn';
  if (installation?.status === 'suspended') return 'suspended';
  if (inReview && (!holdsSomething || approval?.status !== 'approved')) return 'in_review';
  if (approval?.status === 'approved') return 'approved';
  // Let in by the rules, without anybody having been asked.
  if (holdsSomething) return 'allowed';
  // Removed with everything, or given back by everybody who had it.
  return 'uninstalled';
}

export interface StateWord extends Badge {
  readonly meaning: string;
}

export const STATE_WORDS: Readonly<Record<AppState, StateWord>> = {
  disabled: { text: 'Disabled by the operator', tone: 'danger', meaning: 'The operator switched it off everywhere. Nothing of it works until it is switched on again.' },
  blocked: { text: 'Blocked', tone: 'danger', meaning: 'Nothing of it works here, and nobody can ask for it.' },
  withdrawn: { text: 'Withdrawn', tone: 'warn', meaning: 'Its approval was taken back. Nothing of it works here until it is approved again.' },
  suspended: { text: 'Suspended', tone: 'warn', meaning: 'It reaches nothing for the whole organisation until it is resumed. Members who connected it for themselves can go on.' },
  in_review: { text: 'In review', tone: 'warn', meaning: 'Somebody asked for it, and nobody has decided yet.' },
  approved: { text: 'Approved', tone: 'ok', meaning: 'It may hold what was approved.' },
  allowed: { text: 'Allowed by the rules', tone: 'ok', meaning: 'The rules let it in without anybody having to approve it.' },
  uninstalled: { text: 'Uninstalled', tone: '', meaning: 'It was here, and has nothing here any more.' },
};
