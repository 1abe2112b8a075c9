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

/** Strict: what the page's own form cannot send is `invalid_request`. */
export function parseConsentInput(form: FormFields): ConsentInput {
  const decision = needed(form, 'decision');
  if (decision === 'refuse') return { decision, tenant: form.one('tenant') || undefined };
  if (decision !== 'authorize') return refuse('decision', 'The field "decision" says "authorize" or "refuse".');

  const ticked = form.all('permission');
  if (new Set(ticked).size !== ticked.length) refuse('permission', 'Every permission can be ticked once only.');
  const sharedAccess = form.one('shared_access');
  if (!['', 'yes'].includes(sharedAccess)) refuse('shared_access', 'The field "shared_access" says "yes" or is left out.');
  return {
    decision,
    tenant: needed(form, 'tenant'),
    shown: needed(form, 'shown'),
    ticked,
    sharedAccess: sharedAccess === 'yes',
  };
}
