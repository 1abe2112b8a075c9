import type * as Globals from '@jest/globals';

/** What `@jest/globals` exports, from the globals of the runner. */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test } = globalThis as unknown as typeof Globals;
