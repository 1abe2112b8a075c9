import { loadContextKinds } from '#src/contexts/load-context-kinds.ts';
import type { ContextKinds } from '#src/contexts/context-kind.ts';

/** The meeting that comes with Assent. */
export const testContextKinds: ContextKinds = loadContextKinds('config/contexts.yaml', () => true);
