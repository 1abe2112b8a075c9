/** One field of a form, ready for `include('/partials/field', { view: field })`. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'password';
  readonly value: string;
  readonly autocomplete: string;
  readonly hint: string;
  /** What is wrong with it, or `''`. */
  readonly problem: string;
  readonly focus: boolean;
}

export const formField = (field: Pick<FormField, 'name' | 'label'> & Partial<FormField>): FormField => ({
  type: 'text',
  value: '',
  autocomplete: 'off',
  hint: '',
  problem: '',
  focus: false,
  ...field,
});

/** For `include('/partials/problems', { view: problems })` above the form: what is wrong, each with a link to its field. */
export interface FormProblems {
  /** About the form as a whole, or `''`. */
  readonly whole: string;
  readonly fields: readonly { readonly name: string; readonly label: string; readonly problem: string }[];
}

export const formProblems = (whole: string, fields: readonly FormField[]): FormProblems => ({
  whole,
  fields: fields.filter(({ problem }) => problem !== '').map(({ name, label, problem }) => ({ name, label, problem })),
});
