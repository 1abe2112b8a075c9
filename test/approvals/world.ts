import { registerApp } from '#src/apps/app-store.ts';
import { createVersion, publishVersion, type VersionInput } from '#src/apps/version-store.ts';
import { requestReview, type AskOutcome, type ReviewAsk } from '#src/approvals/request-review.ts';
import type { Review } from '#src/approvals/review.ts';
import type { Actor } from '#src/events.ts';
import type { AppId, UserId } from '#src/ids.ts';
import { by, makeNorthwind, northwind, system, type Domain } from '#test/support/domain.ts';

export const DECLARED: VersionInput['permissions'] = {
  user: { required: ['meetings:read'], optional: ['meetings:write', 'calendar:read'] },
  tenant: { required: ['meetings:read'], optional: ['meetings:write', 'directory:read'] },
};

/** Northwind, where everybody may wish, and an app with permissions of every level. */
export async function makeApp({ deps }: Pick<Domain, 'deps'>, permissions = DECLARED, name = 'Scheduler Pro'): Promise<AppId> {
  const { app } = await registerApp(deps, { name, developer: { name: 'Example Software', uri: null, verified: true }, authMethod: 'client_secret_basic' }, system);
  const input = { app: app.id, redirectUris: ['https://app.example/callback'], permissions };
  const { id } = await createVersion(deps, input, system);
  await publishVersion(deps, { app: app.id, version: id }, system);
  return app.id;
}

export async function makeWorld(domain: Domain): Promise<AppId> {
  await makeNorthwind(domain);
  return makeApp(domain);
}

/** Advanced, for the tenant: put to the app admins. */
export const ADVANCED = { user: [], tenant: ['meetings:write'] };
/** Restricted: put to the owners. */
export const RESTRICTED = { user: [], tenant: ['directory:read'] };

export const ask = ({ deps }: Pick<Domain, 'deps'>, app: AppId, who: UserId | Actor, more: Partial<ReviewAsk> = {}): Promise<AskOutcome> =>
  requestReview(
    deps,
    { tenant: northwind, app, permissions: ADVANCED, cause: 'request', reason: '', resume: null, ...more },
    typeof who === 'string' ? by(who) : who,
  );

/** The review that was asked for or joined. */
export function reviewOf(outcome: AskOutcome): Review {
  if (!('review' in outcome)) throw new Error(`Nothing was put to review: ${outcome.is}`);
  return outcome.review;
}
