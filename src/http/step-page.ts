import { render, type PageFrame } from './render.ts';
import type { WebContext } from './web-context.ts';

/** What a page says will happen before it does. */
export interface Step {
  readonly heading: string;
  readonly what: readonly string[];
  readonly button: string;
  readonly danger: boolean;
}

interface StepForm {
  readonly action: string;
  readonly back: string;
  readonly csrf: string;
  /** What was chosen already. */
  readonly fields?: readonly { readonly name: string; readonly value: string }[];
}

export const renderStep = (ctx: WebContext, step: Step, form: StepForm, frame: PageFrame): void => render(ctx, 'step', { fields: [], ...step, ...form }, frame);
