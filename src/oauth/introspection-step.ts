/**
 * At introspection, each call of a platform's API waits for us, and the library takes longer for what it does there for
 * all sorts of clients and tokens than storage does. So one step is put into its list, behind the one that reads the
 * form: it asks us, and where we have no answer the library goes on. Providers take the list over when they are made,
 * which this module is imported before.
 */
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';

import { introspectionSteps, placeOfStep } from './provider-internals.ts';

type Answer = (ctx: KoaContextWithOIDC) => Promise<object | undefined>;

const answers = new WeakMap<object, Answer>();

export const answerIntrospectionWith = (provider: Provider, answer: Answer): void => void answers.set(provider, answer);

introspectionSteps.splice(placeOfStep(introspectionSteps, 'assembleTokenParams'), 0, async (ctx, next) => {
  const answer = await answers.get(ctx.oidc.provider)?.(ctx);
  if (answer === undefined) return next();
  ctx.body = answer;
});
