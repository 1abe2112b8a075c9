import { evaluate, type Asker } from './evaluate.ts';
import { explain, type DecisionContext } from './explain.ts';
import type { AskingDeps } from './gather-facts.ts';
import type { Asked } from './question.ts';

/** A decision as it is sent. */
export interface Answer {
  readonly decision: boolean;
  readonly context: DecisionContext | { readonly error: { readonly status: number; readonly message: string } };
}

export async function answer(deps: AskingDeps, asked: Asked, asker: Asker): Promise<Answer> {
  const evaluation = await evaluate(deps, asked, asker);
  return { decision: evaluation.decision.allowed, context: await explain(deps, evaluation) };
}
