import type { Step } from '#src/http/step-page.ts';

import { membersInWords, type Count } from './count-subscribers.ts';

export interface AppStepFacts {
  readonly app: string;
  readonly tenant: string;
  readonly subscribers: Count;
  readonly installed: boolean;
  /** Whether somebody approved it; else the rules let it in. */
  readonly approved: boolean;
}

const keepIt = (subscribers: Count): string =>
  subscribers.count === 0 && !subscribers.more ? 'No member connected it for themselves.' : `What ${membersInWords(subscribers)} allowed it for themselves goes on.`;

/** Whom it stops for, in one sentence. */
const stopsFor = ({ app, tenant, subscribers, installed }: AppStepFacts): string => {
  const whom = [...(installed ? [`the whole of ${tenant}`] : []), ...(subscribers.count > 0 || subscribers.more ? [membersInWords(subscribers)] : [])];
  return whom.length === 0 ? `Nobody has ${app} just now, so nothing stops.` : `Every token it has for ${whom.join(' and for ')} stops working at once.`;
};

/** What an admin can do to an app as a whole. Each is one commit, however many it touches. */
export const APP_STEPS = {
  suspend: ({ app, tenant, subscribers }: AppStepFacts): Step => ({
    heading: `Suspend ${app}?`,
    what: [`Its tokens for the whole of ${tenant} stop working at once.`, 'What it was allowed, and whose data it reaches, is kept. You can resume it at any time.', keepIt(subscribers)],
    button: 'Suspend',
    danger: true,
  }),
  resume: ({ app, tenant }: AppStepFacts): Step => ({
    heading: `Resume ${app}?`,
    what: [`It works for the whole of ${tenant} again, with what it was allowed before.`],
    button: 'Resume',
    danger: false,
  }),
  uninstall: ({ app, tenant, subscribers }: AppStepFacts): Step => ({
    heading: `Uninstall ${app} for the whole organisation?`,
    what: [
      `Its tokens for the whole of ${tenant} stop working at once, for good.`,
      'What it may do for the organisation and whose data it reaches is forgotten; installing it again asks anew.',
      keepIt(subscribers),
      'Its approval stays.',
    ],
    button: 'Uninstall',
    danger: true,
  }),
  withdraw: (facts: AppStepFacts): Step => ({
    heading: facts.approved ? `Withdraw the approval of ${facts.app}?` : `Stop ${facts.app} until somebody approves it?`,
    what: [
      stopsFor(facts),
      'What they allowed is kept, but gives nothing until somebody approves the app again. Then the app has to be connected once more.',
      'Members can ask for it.',
    ],
    button: facts.approved ? 'Withdraw the approval' : 'Stop it',
    danger: true,
  }),
  block: (facts: AppStepFacts): Step => ({
    heading: `Block ${facts.app}?`,
    what: [stopsFor(facts), 'What they allowed is kept, but gives nothing while it is blocked.', 'Nobody can ask for it until somebody unblocks it. An open request for it is answered with no.'],
    button: 'Block the app',
    danger: true,
  }),
  unblock: ({ app }: AppStepFacts): Step => ({
    heading: `Unblock ${app}?`,
    what: ['Members can ask for it again. Nothing of it works before somebody approves it.'],
    button: 'Unblock',
    danger: false,
  }),
  remove: (facts: AppStepFacts): Step => ({
    heading: `Remove ${facts.app} for everybody?`,
    what: [
      stopsFor(facts),
      ...(facts.installed ? ['It is uninstalled for the whole organisation.'] : []),
      'What members allowed is over for good, also if the app is approved again: each of them is asked anew.',
      'Its approval is withdrawn.',
    ],
    button: 'Remove for everybody',
    danger: true,
  }),
} as const;

export type AppStep = keyof typeof APP_STEPS;

/** Taking an app from one member. */
export const removeOneStep = ({ app, tenant, member, sharedAccess, installed }: { app: string; tenant: string; member: string; sharedAccess: boolean; installed: boolean }): Step => ({
  heading: `Remove ${app} for ${member}?`,
  what: [
    `Every token it has for ${member} in ${tenant} stops working at once, for good.`,
    ...(sharedAccess ? ['It also loses the shared access that they passed on to it.'] : []),
    `What ${member} allowed is forgotten. They are asked anew if they connect the app again.`,
    installed ? 'They installed it for the whole organisation too: that installation stays.' : 'It touches this one member and nobody else.',
  ],
  button: 'Remove',
  danger: true,
});
