import type { PageFrame } from './render.ts';
import type { WebContext } from './web-context.ts';

/** A part of a person's account, as `server.ts` lists them: a tab above its pages and a card on the overview. */
export interface AccountSection {
  readonly label: string;
  readonly href: string;
  /** What one finds there, in a sentence. */
  readonly about: string;
}

/** The frame of a page of the account: its tabs, with the one at `current` marked. */
export function accountFrame(ctx: WebContext, title: string, current: string): PageFrame {
  const sections = [{ label: 'Overview', href: '/account' }, ...ctx.state.site.accountSections];
  return { title, width: 'wide', tabs: sections.map(({ label, href }) => ({ label, href, current: href === current })) };
}
