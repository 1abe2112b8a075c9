import { AppError } from '#src/errors.ts';

import type { Answer } from './answer.ts';
import type { Asked } from './question.ts';

/** How a list of questions is gone through (Authorization API, section 7.1.2.1). */
export const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type Semantic = (typeof SEMANTICS)[number];

/** At which answer to stop. */
const STOPS_AT: Readonly<Record<Semantic, boolean | null>> = { execute_all: null, deny_on_first_deny: false, permit_on_first_permit: true };

/** What is wrong with one question is said in its own place and denies that one (section 7.2.1). */
const failed = (error: AppError): Answer => ({ decision: false, context: { error: { status: error.entry.status, message: error.message } } });

/** In the order of the questions; `ask` throws `AppError` for a question that is none. */
export async function answerAll(questions: readonly (() => Asked)[], semantic: Semantic, ask: (asked: Asked) => Promise<Answer>): Promise<Answer[]> {
  const one = async (question: () => Asked): Promise<Answer> => {
    try {
      return await ask(question());
    } catch (error) {
      if (error instanceof AppError && error.entry.status < 500) return failed(error);
      throw error;
    }
  };
  const stopAt = STOPS_AT[semantic];
  if (stopAt === null) return Promise.all(questions.map(one));
  const answers: Answer[] = [];
  for (const question of questions) {
    answers.push(await one(question));
    if (answers.at(-1)?.decision === stopAt) break;
  }
  return answers;
}
