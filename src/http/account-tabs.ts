import type { Tab } from './render.ts';
import type { WebContext } from './web-context.ts';

/** A part of a person's account, as `server.ts` lists them: a tab above its pages and a card on the overview. */
export interface AccountSection {
  readonly label: string;
  readonly href: string;
  /** What one finds there, in a sentence. */
  readonly about: string;
}

/** The tabs for `render`, with the section at `current` marked. */
export const accountTabs = (ctx: WebContext, current: string): readonly Tab[] =>
  [{ label: 'Overview', href: '/account' }, ...ctx.state.site.accountSections].map(({ label, href }) => ({
    label,
    href,
    current: href === current,
  }));
