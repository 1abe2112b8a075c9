import { appsByIds } from '#src/apps/app-store.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import type { Deps } from '#src/deps.ts';
import { membersToChoose } from '#src/tenants/find-members.ts';
import type { Tenant } from '#src/tenants/tenant.ts';

import { appLine } from './app-line.ts';
import { audienceForm } from './audience-form.ts';
import { IDENTITIES } from './check-approval.ts';
import { LEVELS } from './check-rules.ts';
import { IDENTITY_WORDS, LEVEL_WORDS } from './permission-words.ts';
import { appsInUse, type RulesPreview } from './preview-rules.ts';
import { joinPermission, TREATMENTS, type RulesDraft } from './rules-form.ts';
import type { Identity, Treatment } from './rules.ts';

const TREATMENT_WORDS: Readonly<Record<Treatment, string>> = { auto: 'Allow at once', review: 'Review', block: 'Never' };

const choices = (chosen: string) => TREATMENTS.map((value) => ({ value, label: TREATMENT_WORDS[value], chosen: value === chosen }));

const LEVEL_HINTS = {
  basic: 'Nobody minds.',
  advanced: 'Reads or changes what people work with.',
  restricted: 'Reaches far. Reviewed by an owner.',
} as const;

const nameOf = (identity: Identity, permission: string, catalogue: Catalogue): string =>
  `${catalogue.find(permission)?.title ?? permission} (${IDENTITY_WORDS[identity].heading.toLowerCase()})`;

const MOST_APPS = 100;

/** The form, from what it holds. */
export async function rulesView(deps: Deps & { readonly catalogue: Catalogue }, tenant: Tenant, draft: RulesDraft) {
  const { catalogue } = deps;
  const [used, trusted, people, trustFor] = await Promise.all([
    appsInUse(deps, tenant.id, MOST_APPS),
    appsByIds(deps, draft.apps),
    membersToChoose(deps, tenant.id, { query: draft.peopleQuery, chosen: draft.people }),
    audienceForm(deps, tenant, draft.trustFor, 'trust_'),
  ]);
  const apps = new Map([...used.apps.map(({ app }) => [app.id, app] as const), ...trusted]);
  const taken = new Set(draft.exceptions.map(({ identity, permission }) => joinPermission(identity, permission)));
  return {
    identities: IDENTITIES.map((identity) => ({ identity, ...IDENTITY_WORDS[identity] })),
    levels: LEVELS.map((level) => ({
      label: LEVEL_WORDS[level],
      hint: LEVEL_HINTS[level],
      cells: IDENTITIES.map((identity) => ({
        name: `level_${identity}_${level}`,
        label: `${LEVEL_WORDS[level]}, ${IDENTITY_WORDS[identity].heading.toLowerCase()}`,
        heading: IDENTITY_WORDS[identity].heading,
        choices: choices(draft.levels[identity][level]),
      })),
    })),
    sensitive: choices(draft.sensitive),
    exceptions: draft.exceptions.map(({ identity, permission, treatment }) => ({
      value: joinPermission(identity, permission),
      label: nameOf(identity, permission, catalogue),
      choices: choices(treatment),
    })),
    addable: catalogue.permissions.flatMap(({ name, identities }) =>
      identities.map((identity) => ({ value: joinPermission(identity, name), label: nameOf(identity, name, catalogue) })).filter(({ value }) => !taken.has(value)),
    ),
    treatments: choices(''),
    apps: [...apps.values()].map((app) => ({ id: app.id, ...appLine(app), ticked: draft.apps.includes(app.id) })),
    developers: draft.developers.join('\n'),
    trustFor,
    reviewers: (['app_admins', 'owners', 'people'] as const).map((kind) => ({ kind, label: REVIEWER_WORDS[kind], chosen: kind === draft.reviewers })),
    people: { prefix: 'reviewer_', ...people },
    version: draft.version,
  };
}

const REVIEWER_WORDS = {
  app_admins: 'Those who manage apps; where there are none, the owners',
  owners: 'The owners',
  people: 'These people',
} as const;

const EFFECT_WORDS: Readonly<Record<Treatment, string>> = {
  auto: 'is allowed at once',
  review: 'needs a review first and stops until then',
  block: 'stops and cannot be given',
};

/** What saving would do, app by app. */
export const previewView = ({ changes, apps, more }: RulesPreview, catalogue: Catalogue) => ({
  looked: apps,
  more,
  apps: changes.map(({ app, permissions, availability, usage }) => ({
    ...appLine(app),
    touched: [
      usage.members === 1 ? '1 member uses it' : `${usage.members}${usage.more ? ' members or more use it' : ' members use it'}`,
      ...(usage.installed ? ['it is installed for the whole organisation'] : []),
    ].join(', '),
    availability,
    lines: permissions.map(({ permission, identity, from, to }) => ({
      title: nameOf(identity, permission, catalogue),
      effect: to === 'review' && from === 'block' ? 'can be asked for again' : EFFECT_WORDS[to],
      word: TREATMENT_WORDS[to],
      tone: to === 'auto' ? 'ok' : to === 'block' ? 'danger' : 'warn',
    })),
  })),
});
