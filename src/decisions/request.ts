import { z } from 'zod';

import { AppError } from '#src/errors.ts';

import { SEMANTICS } from './evaluations.ts';
import type { Asked } from './question.ts';

/**
 * The requests of the Authorization API 1.0 (sections 6.1, 7.1 and 8). Members that are not named here are ignored, as its
 * section 10.1.1 has it.
 */
const MOST_EVALUATIONS = 100;
/** A token is the longest id there is. */
const LONGEST_ID = 8000;

const properties = z.record(z.string(), z.unknown(), 'Properties are an object.').optional();
const type = z.string('Give its type, a text.').min(1, 'Give its type, a text.').max(200);
const id = z.string('Give its id, a text.').min(1, 'Give its id, a text.').max(LONGEST_ID);
const entity = z.object({ type, id, properties }, 'An object with type and id.');
/** What is searched for has no id; one that is there does not count. */
const typed = z.object({ type, properties }, 'An object with a type.');
const action = z.object({ name: z.string('Give its name, a text.').min(1, 'Give its name, a text.').max(200), properties }, 'An object with a name.');
const context = z.record(z.string(), z.unknown(), 'An object.').optional();
const page = z
  .object({ token: z.string('An opaque text.').max(LONGEST_ID).optional(), limit: z.int('A whole number.').min(0, 'A whole number, 0 or more.').optional() }, 'An object.')
  .optional();

const evaluation = z.object({ subject: entity, action, resource: entity, context }, 'Send an object.');
const evaluations = z.looseObject(
  {
    evaluations: z.array(z.looseObject({}, 'An object.'), 'A list.').max(MOST_EVALUATIONS, `At most ${MOST_EVALUATIONS} at once.`).default([]),
    options: z.object({ evaluations_semantic: z.enum(SEMANTICS, `One of ${SEMANTICS.join(', ')}.`).default('execute_all') }, 'An object.').default({ evaluations_semantic: 'execute_all' }),
  },
  'Send an object.',
);

export const SEARCHES = {
  subject: z.object({ subject: typed, action, resource: entity, context, page }, 'Send an object.'),
  resource: z.object({ subject: entity, action, resource: typed, context, page }, 'Send an object.'),
  action: z.object({ subject: entity, resource: entity, context, page }, 'Send an object.'),
};

/** `invalid_request` says all that is wrong in one text, as the API's errors have it (section 10.1.2). */
export function parsed<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 5).map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
  throw new AppError('invalid_request', { detail: problems.join(' ') });
}

export const parseEvaluation = (value: unknown): Asked => parsed(evaluation, value);

const DEFAULTED = ['subject', 'action', 'resource', 'context'] as const;

/** The questions, each completed from the defaults beside the list when it is its turn; none for a single question (section 7.1). */
export function parseEvaluations(value: unknown): { questions: (() => Asked)[]; semantic: (typeof SEMANTICS)[number] } {
  const body = parsed(evaluations, value);
  const defaults = Object.fromEntries(DEFAULTED.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]])));
  return {
    questions: body.evaluations.map((each) => () => parseEvaluation({ ...defaults, ...each })),
    semantic: body.options.evaluations_semantic,
  };
}
