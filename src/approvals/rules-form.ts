import type { Catalogue } from '#src/apps/catalogue.ts';
import type { PostedForm } from '#src/http/posted-form.ts';
import type { AppId, UserId } from '#src/ids.ts';

import { draftOf, readAudience, type AudienceDraft } from './audience-form.ts';
import type { RulesChanges } from './change-rules.ts';
import { IDENTITIES } from './check-approval.ts';
import { LEVELS } from './check-rules.ts';
import type { Identity, RuleException, Rules, Treatment } from './rules.ts';

/** The rules as the form holds them: what is half written is kept until it is sent. */
export interface RulesDraft {
  readonly levels: Rules['levels'];
  readonly sensitive: Treatment;
  readonly exceptions: readonly RuleException[];
  readonly apps: readonly AppId[];
  readonly developers: readonly string[];
  readonly trustFor: AudienceDraft;
  readonly reviewers: Rules['reviewers']['kind'];
  readonly people: readonly UserId[];
  readonly peopleQuery: string;
  /** The version of the rules that it was made from. */
  readonly version: number;
}

export const TREATMENTS: readonly Treatment[] = ['auto', 'review', 'block'];
const treatment = (text: string, fallback: Treatment): Treatment => TREATMENTS.find((each) => each === text) ?? fallback;

export const draftOfRules = (rules: Rules, version: number): RulesDraft => ({
  levels: rules.levels,
  sensitive: rules.sensitive,
  exceptions: rules.exceptions,
  apps: rules.trust.apps,
  developers: rules.trust.developers,
  trustFor: draftOf(rules.trust.availability),
  reviewers: rules.reviewers.kind,
  people: rules.reviewers.kind === 'people' ? rules.reviewers.people : [],
  peopleQuery: '',
  version,
});

export function readRulesForm(form: Pick<PostedForm, 'one' | 'all'>, before: Rules, catalogue: Catalogue): RulesDraft {
  const byLevel = (identity: Identity) => {
    const of = (level: (typeof LEVELS)[number]) => treatment(form.one(`level_${identity}_${level}`), before.levels[identity][level]);
    return { basic: of('basic'), advanced: of('advanced'), restricted: of('restricted') };
  };
  const kind = form.one('reviewers');
  const version = form.one('version');
  return {
    levels: { user: byLevel('user'), tenant: byLevel('tenant') },
    sensitive: treatment(form.one('sensitive'), before.sensitive),
    exceptions: readExceptions(form, catalogue),
    apps: [...new Set(form.all('trusted_app'))] as AppId[],
    developers: [...new Set(form.one('developers').split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== ''))],
    trustFor: readAudience(form, 'trust_'),
    reviewers: kind === 'owners' || kind === 'people' ? kind : 'app_admins',
    people: [...new Set(form.all('reviewer_member'))] as UserId[],
    peopleQuery: form.one('reviewer_query').trim().slice(0, 200),
    version: /^\d{1,15}$/.test(version) ? Number(version) : -1,
  };
}

/** Each row is a permission with its identity, and what becomes of it; `level` takes the exception away. */
function readExceptions(form: Pick<PostedForm, 'all'>, catalogue: Catalogue): RuleException[] {
  const treatments = form.all('exception_treatment');
  const rows = form.all('exception_permission').flatMap((text, row): [string, RuleException][] => {
    const [identity, permission] = splitPermission(text);
    const wanted = TREATMENTS.find((each) => each === treatments[row]);
    return identity && permission && wanted && catalogue.find(permission) ? [[text, { permission, identity, treatment: wanted }]] : [];
  });
  return [...new Map(rows).values()];
}

export const joinPermission = (identity: Identity, permission: string): string => `${identity} ${permission}`;

function splitPermission(text: string): [Identity | undefined, string] {
  const at = text.indexOf(' ');
  return [IDENTITIES.find((each) => each === text.slice(0, at)), text.slice(at + 1)];
}

export const changesOf = (draft: RulesDraft): RulesChanges => ({
  levels: draft.levels,
  sensitive: draft.sensitive,
  exceptions: draft.exceptions,
  trust: { apps: draft.apps, developers: draft.developers, availability: draft.trustFor.availability },
  reviewers: draft.reviewers === 'people' ? { kind: 'people', people: draft.people } : { kind: draft.reviewers },
});

/** The same form as hidden fields, for the page between writing and saving. */
export function hiddenFields(draft: RulesDraft): { readonly name: string; readonly value: string }[] {
  const { availability } = draft.trustFor;
  const fields: [string, string][] = [
    ['version', String(draft.version)],
    ...IDENTITIES.flatMap((identity) => LEVELS.map((level): [string, string] => [`level_${identity}_${level}`, draft.levels[identity][level]])),
    ['sensitive', draft.sensitive],
    ...draft.exceptions.flatMap(({ identity, permission, treatment: word }): [string, string][] => [['exception_permission', joinPermission(identity, permission)], ['exception_treatment', word]]),
    ...draft.apps.map((app): [string, string] => ['trusted_app', app]),
    ['developers', draft.developers.join('\n')],
    ['trust_for', availability.kind],
    ...(availability.kind === 'some' ? [...availability.groups.map((id): [string, string] => ['trust_group', id]), ...availability.members.map((id): [string, string] => ['trust_member', id])] : []),
    ['reviewers', draft.reviewers],
    ...draft.people.map((id): [string, string] => ['reviewer_member', id]),
  ];
  return fields.map(([name, value]) => ({ name, value }));
}
