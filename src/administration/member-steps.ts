import type { Step } from '#src/http/step-page.ts';

import { countWords, type Count } from './count-subscribers.ts';
import { roleChange, type RoleWords } from './role-words.ts';

export interface MemberStepFacts {
  readonly member: string;
  readonly tenant: string;
  readonly apps: Count;
  readonly role: RoleWords;
  /** Who looks at it does it to themselves. */
  readonly self: boolean;
}

const appsInWords = (count: Count): string => `${countWords(count)} ${count.count === 1 && !count.more ? 'app' : 'apps'}`;
const appsStop = ({ apps, member, tenant }: MemberStepFacts, how: string): string =>
  apps.count === 0 && !apps.more ? `No app acts for ${member} in ${tenant}.` : `What they allowed ${appsInWords(apps)} in ${tenant} stops at once${how}.`;
const ownLoss = ({ self, tenant }: MemberStepFacts): string[] => (self ? [`This is you: you lose these pages and all that you can do in ${tenant}.`] : []);
const roleLoss = ({ role, member, tenant, self }: MemberStepFacts): string[] =>
  role.capabilities.length > 0 && !self ? [`${member} can do nothing as ${role.name} of ${tenant} any more.`] : [];

export const MEMBER_STEPS = {
  deactivate: (facts: MemberStepFacts): Step => ({
    heading: `Deactivate ${facts.member}?`,
    what: [
      ...ownLoss(facts),
      appsStop(facts, ': no token of theirs works'),
      ...roleLoss(facts),
      'What they delegated to others and others to them rests.',
      'Nothing is forgotten: when you reactivate them, what they allowed and what they may do holds again.',
    ],
    button: 'Deactivate',
    danger: true,
  }),
  reactivate: ({ member, tenant, apps, role }: MemberStepFacts): Step => ({
    heading: `Reactivate ${member}?`,
    what: [
      `${member} is an active member of ${tenant} again, as ${role.name}.`,
      apps.count === 0 && !apps.more ? 'They had allowed no app anything.' : `What they had allowed ${appsInWords(apps)} holds again.`,
      'Delegations from and to them hold again.',
    ],
    button: 'Reactivate',
    danger: false,
  }),
  remove: (facts: MemberStepFacts): Step => ({
    heading: `Remove ${facts.member} from ${facts.tenant}?`,
    what: [
      ...ownLoss(facts),
      appsStop(facts, ', for good'),
      'What they delegated to others and others to them is over. They are in no group any more.',
      'Apps that they installed for the whole organisation stay.',
      `If they join ${facts.tenant} again, they begin anew: nothing of this comes back. Their account and their other organisations are not touched.`,
    ],
    button: 'Remove',
    danger: true,
  }),
} as const;

export type MemberStep = keyof typeof MEMBER_STEPS;

export function roleStep({ member, tenant, self, before, after }: { member: string; tenant: string; self: boolean; before: RoleWords; after: RoleWords }): Step {
  const { gained, lost } = roleChange(before, after);
  return {
    heading: `Make ${member} ${after.name} of ${tenant}?`,
    what: [
      ...(self ? ['This is you.'] : []),
      ...(gained.length > 0 ? [`From now on they may ${inOneLine(gained)}.`] : []),
      ...(lost.length > 0 ? [`At once they may no longer ${inOneLine(lost, 'or')}.`] : []),
      ...(gained.length + lost.length === 0 ? [`What they may do stays the same as for ${before.name}.`] : []),
      'What they allowed apps for themselves is not touched.',
    ],
    button: 'Change the role',
    danger: lost.length > 0,
  };
}

const inOneLine = (words: readonly string[], last = 'and'): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join('; ')}; ${last} ${words.at(-1)}`);
