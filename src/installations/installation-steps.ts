import type { Step } from '#src/http/step-page.ts';

interface Names {
  readonly app: string;
  readonly tenant: string;
}

export const STEPS = {
  suspend: ({ app, tenant }: Names): Step => ({
    heading: `Suspend ${app}?`,
    what: [
      `Its tokens for the whole of ${tenant} stop working at once.`,
      'What you allowed, and whose data it reaches, is kept. You can resume it at any time.',
      'Members who connected it for themselves can go on.',
    ],
    button: 'Suspend',
    danger: true,
  }),
  resume: ({ app, tenant }: Names): Step => ({
    heading: `Resume ${app}?`,
    what: [`It works for the whole of ${tenant} again, with what was allowed before.`],
    button: 'Resume',
    danger: false,
  }),
  uninstall: ({ app, tenant }: Names): Step => ({
    heading: `Uninstall ${app}?`,
    what: [
      `Its tokens for the whole of ${tenant} stop working at once, for good.`,
      'What it may do and whose data it reaches is forgotten; installing it again asks anew.',
      'Its approval stays, and members who connected it for themselves can go on.',
    ],
    button: 'Uninstall',
    danger: true,
  }),
  remove: ({ app, tenant }: Names): Step => ({
    heading: `Remove ${app} and everything it has here?`,
    what: [
      `Every token it has in ${tenant} stops working at once, for good: for the organisation and for each member.`,
      'Its approval is withdrawn. What members allowed is over, also if it is approved again.',
    ],
    button: 'Remove everything',
    danger: true,
  }),
} as const;

export type StepName = keyof typeof STEPS;
