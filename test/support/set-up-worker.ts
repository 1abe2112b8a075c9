/**
 * Runs once in each worker, before its first test file. The runner has jest's functions as globals and knows no time
 * limits; here tests get both as jest documents them: imported from `@jest/globals`, and failed when they take too long.
 */
import { registerHooks } from 'node:module';

import { addEventHandler } from 'jest-circus';

const LIMIT_MS = 30_000;

registerHooks({
  resolve: (name, context, next) =>
    name === '@jest/globals' ? { url: new URL('jest-globals.ts', import.meta.url).href, format: 'module-typescript', shortCircuit: true } : next(name, context),
});

addEventHandler((event, state) => {
  const { children, hooks } = state.currentDescribeBlock;
  if (event.name === 'add_test') limit(children.at(-1) as Entry);
  if (event.name === 'add_hook') limit(hooks.at(-1) as Entry);
});

/** A test or a hook. */
interface Entry {
  fn: () => unknown;
  readonly timeout?: number;
}

function limit(entry: Entry): void {
  const { fn, timeout: ms = LIMIT_MS } = entry;
  entry.fn = async () => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`it took longer than ${ms / 1000} s`)), ms);
    try {
      await Promise.race([fn(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}
