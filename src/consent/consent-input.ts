import { readAudience } from '#src/approvals/audience-form.ts';
import { AppError } from '#src/errors.ts';

import type { ConsentDraft } from './consent-draft.ts';
import { NODE_FIELDS } from './resource-asks.ts';
import type { NodeDraft } from './resource-choices.ts';

/** What the form sends; nothing in it is believed before it was held against the page made anew. */
export type ConsentInput =
  | { readonly decision: 'refuse'; readonly tenant: string | undefined }
  | { readonly decision: 'ask'; readonly tenant: string; readonly shown: string; readonly reason: string }
  | { readonly decision: 'search'; readonly tenant: string; readonly draft: ConsentDraft }
  | { readonly decision: 'authorize'; readonly tenant: string; readonly shown: string; readonly draft: ConsentDraft };

/** A form as it arrived; `one` refuses a field that was sent twice. */
export interface FormFields {
  one(name: string): string;
  all(name: string): readonly string[];
}

const refuse = (pointer: string, detail: string): never => {
  throw new AppError('invalid_request', { detail, fields: [{ pointer, detail }] });
};

const needed = (form: FormFields, name: string): string =>
  form.one(name) || refuse(name, `The field "${name}" is missing.`);

function ticks(form: FormFields, name: string): readonly string[] {
  const values = form.all(name);
  return new Set(values).size === values.length ? values : refuse(name, 'Each of these can be ticked once only.');
}

function oneOf(form: FormFields, name: string, words: readonly string[]): string {
  const value = form.one(name);
  return ['', ...words].includes(value) ? value : refuse(name, `The field "${name}" says ${words.join(' or ')}, or is left out.`);
}

function draftOf(form: FormFields): ConsentDraft {
  oneOf(form, 'for', ['everyone', 'some']);
  for (const name of ['group', 'member']) ticks(form, name);
  return {
    ticked: ticks(form, 'permission'),
    tenantTicked: ticks(form, 'tenant_permission'),
    sharedAccess: oneOf(form, 'shared_access', ['yes']) === 'yes',
    nodes: nodesOf(form),
    reason: form.one('reason'),
    dataRange: readAudience(form),
  };
}

/** The button for the next page of a list says which list, and where that page begins. */
function nodesOf(form: FormFields): Readonly<Record<string, NodeDraft>> {
  const [paged, after] = form.one('page').split(' ');
  return Object.fromEntries(
    NODE_FIELDS.map((field): [string, NodeDraft] => [
      field,
      {
        ids: ticks(form, field).filter((id) => id !== ''),
        as: new Map(form.all(`${field}_as`).map((text) => [text.slice(text.indexOf(' ') + 1), text.slice(0, text.indexOf(' '))])),
        query: form.one(`${field}_query`).trim().slice(0, 200),
        after: field === paged ? after : undefined,
      },
    ]).filter(([, { ids, query, after: page }]) => ids.length > 0 || query !== '' || page !== undefined),
  );
}

/** Strict: what the page's own form cannot send is `invalid_request`. */
export function parseConsentInput(form: FormFields): ConsentInput {
  if (form.one('do') === 'find' || form.one('page') !== '') return { decision: 'search', tenant: needed(form, 'tenant'), draft: draftOf(form) };
  const decision = needed(form, 'decision');
  switch (decision) {
    case 'refuse':
      return { decision, tenant: form.one('tenant') || undefined };
    case 'ask':
      return { decision, tenant: needed(form, 'tenant'), shown: needed(form, 'shown'), reason: form.one('reason') };
    case 'authorize':
      return { decision, tenant: needed(form, 'tenant'), shown: needed(form, 'shown'), draft: draftOf(form) };
    default:
      return refuse('decision', 'The field "decision" says "authorize", "ask" or "refuse".');
  }
}
