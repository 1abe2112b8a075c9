import type { Catalogue } from '#src/apps/catalogue.ts';
import type { Deps } from '#src/deps.ts';
import { AppError, type FieldProblem } from '#src/errors.ts';
import { displayName } from '#src/names.ts';
import { isActive } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import { checkAvailability, IDENTITIES } from './check-approval.ts';
import type { Level, Rules } from './rules.ts';

export const LEVELS: readonly Level[] = ['basic', 'advanced', 'restricted'];

const MOST = { exceptions: 500, apps: 200, developers: 200, people: 50 };

const refuse = (...fields: FieldProblem[]): never => {
  throw new AppError('invalid_request', { detail: fields[0]?.detail ?? '', fields });
};

/** Rules that can be kept. Throws `invalid_request` with what is wrong. */
export async function checkRules(deps: Deps & { readonly catalogue: Catalogue }, wanted: Rules): Promise<Rules> {
  const { tenant, levels, sensitive, exceptions, trust, reviewers } = wanted;
  checkExceptions(wanted, deps.catalogue);
  const apps = [...new Set(trust.apps)];
  const developers = [...new Set(trust.developers.map((name) => displayName(name, '/trust/developers')))];
  if (apps.length > MOST.apps || developers.length > MOST.developers) {
    refuse({ pointer: '/trust', detail: `At most ${MOST.apps} apps and ${MOST.developers} developers.` });
  }
  const availability = await checkAvailability(deps, tenant, trust.availability, '/trust/availability');
  return { tenant, levels, sensitive, exceptions, trust: { apps, developers, availability }, reviewers: await checkReviewers(deps, wanted) };

  async function checkReviewers({ store }: Deps, rules: Rules): Promise<Rules['reviewers']> {
    if (reviewers.kind !== 'people') return reviewers;
    const people = [...new Set(reviewers.people)];
    if (people.length === 0 || people.length > MOST.people) {
      refuse({ pointer: '/reviewers/people', detail: `Name one person or more, at most ${MOST.people}.` });
    }
    const members = await store.read(...people.map((user) => memberKey(rules.tenant, user)));
    if (!members.every((record) => isActive(record?.value))) {
      refuse({ pointer: '/reviewers/people', detail: 'One of these people is not an active member.' });
    }
    return { kind: 'people', people };
  }
}

function checkExceptions({ exceptions }: Rules, catalogue: Catalogue): void {
  const pointer = '/exceptions';
  if (exceptions.length > MOST.exceptions) refuse({ pointer, detail: `At most ${MOST.exceptions} exceptions.` });
  const seen = new Set<string>();
  for (const { permission, identity } of exceptions) {
    const what = `"${permission.slice(0, 100)}" for ${identity} identity`;
    if (!catalogue.find(permission)?.identities.includes(identity)) refuse({ pointer, detail: `${what} is not in the catalogue.` });
    const key = JSON.stringify([permission, identity]);
    if (seen.has(key)) refuse({ pointer, detail: `${what} stands there twice.` });
    seen.add(key);
  }
}

/** Whether a change lets something restricted in without an owner: then it takes an owner to make it. */
export function loosensRestricted(before: Rules, after: Rules, catalogue: Catalogue): boolean {
  const isRestricted = (name: string) => catalogue.find(name)?.level === 'restricted';
  const opened = IDENTITIES.some((identity) => after.levels[identity].restricted === 'auto' && before.levels[identity].restricted !== 'auto');
  const excepted = after.exceptions.some(
    ({ permission, identity, treatment }) =>
      treatment === 'auto' &&
      isRestricted(permission) &&
      !before.exceptions.some((each) => each.permission === permission && each.identity === identity && each.treatment === 'auto'),
  );
  const trusted =
    after.trust.apps.some((app) => !before.trust.apps.includes(app)) ||
    after.trust.developers.some((developer) => !before.trust.developers.includes(developer));
  return opened || excepted || trusted;
}
