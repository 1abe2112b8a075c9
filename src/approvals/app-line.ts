import type { App } from '#src/apps/app.ts';

/** An app as those who decide on it see it. What it says of itself cannot pass for what Assent knows. */
export interface AppLine {
  readonly name: string;
  readonly tagline: string;
  readonly developer: string;
  readonly verified: boolean;
}

/** Marks that would pass for ours of a verified developer (threat xC6). */
const MARKS = /[\u2611\u2705\u2713\u2714\u{1F5F8}]\uFE0F?/gu;
const without = (text: string): string => text.replaceAll(MARKS, '').trim();

export const appLine = (app: App | undefined): AppLine => ({
  name: without(app?.name ?? '') || app?.id || 'An app that is gone',
  tagline: without(app?.tagline ?? ''),
  developer: without(app?.developer.name ?? '') || 'an unnamed developer',
  verified: app?.developer.verified ?? false,
});
