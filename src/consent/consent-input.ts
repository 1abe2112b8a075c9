import { AppError } from '#src/errors.ts';

/** What the form sends; nothing in it is believed before it was held against the page made anew. */
export type ConsentInput =
  | { readonly decision: 'refuse'; readonly tenant: string | undefined }
  | {
      readonly decision: 'authorize';
      readonly tenant: string;
      readonly shown: string;
      readonly ticked: readonly string[];
      readonly sharedAccess: boolean;
    };

const FIELDS = ['_csrf', 'decision', 'tenant', 'shown', 'permission', 'shared_access'];

const refuse = (pointer: string, detail: string): never => {
  throw new AppError('invalid_request', { fields: [{ pointer, detail }] });
};

function one(form: URLSearchParams, name: string): string | undefined {
  const values = form.getAll(name);
  return values.length > 1 ? refuse(name, 'It may be sent once only.') : values[0];
}

const needed = (form: URLSearchParams, name: string): string => one(form, name) ?? refuse(name, 'It is missing.');

/** Strict: what the page's own form cannot send is `invalid_request`. */
export function parseConsentInput(form: URLSearchParams): ConsentInput {
  const stranger = [...form.keys()].find((name) => !FIELDS.includes(name));
  if (stranger !== undefined) refuse(stranger.slice(0, 100), 'This form has no such field.');
  const decision = needed(form, 'decision');
  if (decision === 'refuse') return { decision, tenant: one(form, 'tenant') };
  if (decision !== 'authorize') return refuse('decision', 'Send "authorize" or "refuse".');

  const ticked = form.getAll('permission');
  if (new Set(ticked).size !== ticked.length) refuse('permission', 'A permission may be sent once only.');
  const sharedAccess = one(form, 'shared_access');
  if (sharedAccess !== undefined && sharedAccess !== 'yes') refuse('shared_access', 'Send "yes" or leave it out.');
  return {
    decision,
    tenant: needed(form, 'tenant'),
    shown: needed(form, 'shown'),
    ticked,
    sharedAccess: sharedAccess === 'yes',
  };
}
