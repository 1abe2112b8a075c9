import type { TenantId } from '#src/ids.ts';

import type { Subject } from './decision.ts';
import type { SubjectFacts } from './subject-facts.ts';

/** An access token that was found, opaque or signed. */
export interface FoundToken {
  readonly tenant: TenantId;
  readonly subject: Subject & { readonly type: 'app' | 'user+app' };
  /** For whom it is; empty when it was bound to nobody. */
  readonly audiences: readonly string[];
  /** The thumbprint of the key that it is bound to (RFC 9449): good only with a proof of that. */
  readonly jkt: string | null;
  /** What it opens right now, read through what it hangs on. One round trip. */
  read(): Promise<SubjectFacts>;
}

/** Finds what a text is a token for; `undefined` when it is none, or expired, or made up. Never throws for what it is given. */
export type FindToken = (text: string) => Promise<FoundToken | undefined>;
