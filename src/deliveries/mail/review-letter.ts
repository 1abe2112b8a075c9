import type { Review } from '#src/approvals/review.ts';
import { displayText } from '#src/http/display-text.ts';

import { quoted, unlinked, type Letter } from './mail.ts';

/** What is written about a review: the events that lead to a mail, without what they carry. */
export type ReviewNews = 'requested' | 'joined' | 'about_to_expire' | 'approved' | 'denied' | 'blocked' | 'expired';

export interface ReviewLetterFacts {
  readonly news: ReviewNews;
  readonly review: Review;
  readonly app: string;
  readonly tenant: string;
  /** Names of those who asked, the first one first. */
  readonly askers: readonly string[];
  /** Where the receiver goes on: addresses. */
  readonly links: { readonly decide: string; readonly request: string; readonly resume: string | null };
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** Which of the news are for those who decide; the others are for those who asked. */
export const isForReviewers = (news: ReviewNews): boolean => ['requested', 'joined', 'about_to_expire'].includes(news);

export function reviewLetter(facts: ReviewLetterFacts): Letter {
  const { news, links } = facts;
  const { subject, paragraphs } = wordsFor(facts);
  if (isForReviewers(news)) {
    const footer = `You get this because you decide which apps ${quoted(facts.tenant)} uses.`;
    return { subject, paragraphs, action: { label: 'Look at the request', href: links.decide }, footer };
  }
  const goOn = news === 'approved' && links.resume !== null ? { label: 'Go on where you stopped', href: links.resume } : { label: 'See your request', href: links.request };
  return { subject, paragraphs, action: goOn, footer: `You get this because you asked for this app in ${quoted(facts.tenant)}.` };
}

function wordsFor({ news, review, app: appName, tenant: tenantName, askers }: ReviewLetterFacts): Pick<Letter, 'subject' | 'paragraphs'> {
  const [app, tenant] = [quoted(appName), quoted(tenantName)];
  const end = DAY.format(new Date(review.expiresAt));
  switch (news) {
    case 'requested':
    case 'joined':
      return {
        subject: `Please decide: ${app} in ${tenant}`,
        paragraphs: [`${whoAsked(askers)} ${app} in ${tenant}. It needs approval first.`, `One of those who decide is enough. Without an answer the request ends on ${end}.`],
      };
    case 'about_to_expire':
      return {
        subject: `Still waiting for you: ${app} in ${tenant}`,
        paragraphs: [`Nobody has decided yet whether ${tenant} allows ${app}.`, `Without an answer the request ends on ${end}.`],
      };
    case 'approved':
      return {
        subject: `Approved: ${app} in ${tenant}`,
        paragraphs: [`Your request was approved: you can use ${app} in ${tenant} now.`, ...(isWhole(review) ? [] : ['Not everything that was asked for was approved.']), ...reason(review)],
      };
    case 'denied':
      return { subject: `Not approved: ${app} in ${tenant}`, paragraphs: [`Your request for ${app} in ${tenant} was not approved.`, ...reason(review)] };
    case 'blocked':
      return { subject: `Not allowed: ${app} in ${tenant}`, paragraphs: [`${tenant} does not allow ${app}. You cannot ask for it again until that changes.`, ...reason(review)] };
    case 'expired':
      return { subject: `No answer: ${app} in ${tenant}`, paragraphs: [`Nobody decided on your request for ${app} in ${tenant} in time, so it has ended.`, 'You can ask again.'] };
  }
}

function whoAsked([first, ...others]: readonly string[]): string {
  if (first === undefined) return 'There is a request for';
  if (others.length === 0) return `${quoted(first)} asks for`;
  return `${quoted(first)} and ${others.length === 1 ? 'one other person' : `${others.length} other people`} ask for`;
}

const reason = ({ decision }: Review): string[] => {
  const said = unlinked(displayText(decision?.reason ?? '', 500));
  return said === '' ? [] : [`The reason given: ${said}`];
};

const isWhole = ({ permissions, decision }: Review): boolean =>
  (['user', 'tenant'] as const).every((identity) => permissions[identity].every((name) => decision?.granted[identity].includes(name)));
