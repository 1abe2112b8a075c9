import { findApp } from '#src/apps/app-store.ts';
import { readReview } from '#src/approvals/review-store.ts';
import { statusOf, type Review } from '#src/approvals/review.ts';
import type { Deps } from '#src/deps.ts';
import type { AssentEvent } from '#src/events.ts';
import { displayText } from '#src/http/display-text.ts';
import type { Views } from '#src/http/views.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { findMember } from '#src/tenants/member-store.ts';
import { isActive } from '#src/tenants/member.ts';
import { findTenant } from '#src/tenants/tenant-store.ts';
import { findUser, usersByIds } from '#src/tenants/user-store.ts';

import type { EventReader } from '../event-reader.ts';
import { letterOfInvitation, type InvitationEvent } from './invitation-letter.ts';
import { messageIdOf, type Letter, type Post } from './mail.ts';
import { isForReviewers, reviewLetter, type ReviewNews } from './review-letter.ts';

export interface MailDeps extends Deps {
  readonly post: Post;
  readonly views: Views;
  readonly issuer: string;
  readonly platformName: string;
  /** Who decides on a review: approvals know. */
  readonly reviewersOf: (review: Review) => Promise<readonly UserId[]>;
  /** Paths of the pages that mails lead to. */
  readonly pages: { readonly decide: (review: Review) => string; readonly request: (review: Review) => string };
}

type ReviewEvent = Extract<AssentEvent, { type: `review.${ReviewNews}` }>;

const NEWS: ReadonlyMap<string, ReviewNews> = new Map(
  (['requested', 'joined', 'about_to_expire', 'approved', 'denied', 'blocked', 'expired'] as const).map((news) => [`review.${news}`, news]),
);
const newsOf = (event: AssentEvent): ReviewNews => NEWS.get(event.type)!;
const isInvitation = (event: AssentEvent): event is InvitationEvent => event.type === 'context.owner_invited';

/** Nobody wants news of last month, for which the log may hold plenty when mail is switched on. */
const OLD_MS = 7 * 86_400_000;

/** Tells people by mail what they have to decide, what was decided for them (L16), and to what they are invited (R6). */
export function mailReader(deps: MailDeps): EventReader {
  const host = new URL(deps.issuer).hostname;

  async function reviewOf(event: AssentEvent): Promise<Review | undefined> {
    const { tenant, review } = event as ReviewEvent;
    return (await readReview(deps, tenant, review))?.value;
  }

  /** Those who decide only because what was added is restricted. The others know since it was first asked. */
  async function newlyAsked(review: Review): Promise<readonly UserId[]> {
    if (!review.byOwner) return [];
    const [now, before] = await Promise.all([deps.reviewersOf(review), deps.reviewersOf({ ...review, byOwner: false })]);
    return now.filter((user) => !before.includes(user));
  }

  async function letterTo(receiver: UserId, event: AssentEvent, review: Review): Promise<Letter | undefined> {
    const [tenant, app, people] = await Promise.all([
      findTenant(deps, review.tenant),
      findApp(deps, review.app),
      usersByIds(deps, review.requests.map(({ user }) => user)),
    ]);
    if (tenant?.status !== 'active' || !app) return undefined;
    return reviewLetter({
      news: newsOf(event),
      review,
      app: app.name,
      tenant: tenant.name,
      askers: review.requests.flatMap(({ user }) => people.get(user)?.name ?? []),
      links: {
        decide: deps.issuer + deps.pages.decide(review),
        request: deps.issuer + deps.pages.request(review),
        resume: ownAddress(deps.issuer, review.requests.find(({ user }) => user === receiver)?.resume ?? ''),
      },
    });
  }

  return {
    name: 'mail',
    types: new Set([...NEWS.keys(), 'context.owner_invited']),
    async receiversOf(event) {
      if (Date.parse(event.at) < deps.clock() - OLD_MS) return [];
      if (isInvitation(event)) return event.owners;
      const review = await reviewOf(event);
      if (!review) return [];
      const news = newsOf(event);
      if (news === 'joined') return newlyAsked(review);
      return isForReviewers(news) ? deps.reviewersOf(review) : review.requests.map(({ user }) => user);
    },
    async deliver(event, receiver) {
      const user = receiver as UserId;
      if (isInvitation(event)) return send(event, event.tenant, user, () => letterOfInvitation(deps, event));
      const review = await reviewOf(event);
      // What was decided meanwhile waits for nobody any more.
      if (!review || (isForReviewers(newsOf(event)) && statusOf(review, deps.clock()) !== 'open')) return;
      await send(event, review.tenant, user, () => letterTo(user, event, review));
    },
  };

  /** Nothing to who is not a member any more. */
  async function send(event: AssentEvent, tenant: TenantId, receiver: UserId, write: () => Promise<Letter | undefined>): Promise<void> {
    const [person, member] = await Promise.all([findUser(deps, receiver), findMember(deps, tenant, receiver)]);
    if (person?.status !== 'active' || !isActive(member)) return;
    const letter = await write();
    if (!letter) return;
    await deps.post.send({
      messageId: messageIdOf(event.id, receiver, host),
      to: { name: displayText(person.name), address: person.email },
      subject: letter.subject,
      text: deps.views.text('mail/letter.text', viewOf(deps, letter)),
      html: deps.views.html('mail/letter', viewOf(deps, letter)),
    });
  }
}

const viewOf = ({ platformName, issuer }: MailDeps, { paragraphs, action, footer }: Letter) => ({ paragraphs, action, footer, platformName, issuer });

/** The address of a path of ours; `null` for what leads anywhere else. */
function ownAddress(issuer: string, path: string): string | null {
  const url = path.startsWith('/') && URL.canParse(path, issuer) ? new URL(path, issuer) : undefined;
  return url?.origin === issuer ? url.href : null;
}
