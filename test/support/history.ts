/** One request of a race, as the one who sent it saw it. Times are of one clock that is never set back, in milliseconds. */
export interface Operation {
  /** What is taken back: a grant, say, with all that hangs on it. */
  readonly subject: string;
  readonly is: 'revocation' | 'use';
  /** How: `refresh`, `introspect` … */
  readonly by: string;
  /** The token or code, for a use. */
  readonly of: string;
  readonly begun: number;
  readonly ended: number;
  /** `unknown`: a 5xx or no answer at all, after which either may be so (I8). */
  readonly outcome: 'success' | 'refused' | 'unknown';
}

export interface History {
  readonly operations: readonly Operation[];
  /** Notes when it began, when it ended and what came of it. */
  record<T>(what: Pick<Operation, 'subject' | 'is' | 'by' | 'of'>, send: () => Promise<T>, outcome: (answer: T) => Operation['outcome']): Promise<T | undefined>;
}

export function startHistory(): History {
  const operations: Operation[] = [];
  return {
    operations,
    async record(what, send, outcome) {
      const begun = performance.now();
      const answer = await send().catch(() => undefined);
      operations.push({ ...what, begun, ended: performance.now(), outcome: answer === undefined ? 'unknown' : outcome(answer) });
      return answer;
    },
  };
}

/**
 * What no history may hold. I2, I3: no use succeeds that began after a revocation was acknowledged. I8: whoever asked
 * about a token and heard that it is dead never hears otherwise later, whatever became of the revocation.
 */
export function violationsIn({ operations }: Pick<History, 'operations'>): string[] {
  const found: string[] = [];
  for (const [subject, all] of Map.groupBy(operations, (operation) => operation.subject)) {
    const acknowledged = Math.min(...all.filter(({ is, outcome }) => is === 'revocation' && outcome === 'success').map(({ ended }) => ended));
    const uses = all.filter(({ is }) => is === 'use');
    for (const use of uses.filter(({ outcome, begun }) => outcome === 'success' && begun > acknowledged)) {
      found.push(`${use.by} of ${subject} succeeded ${(use.begun - acknowledged).toFixed(1)} ms after the revocation was acknowledged`);
    }
    for (const dead of uses.filter(({ by, outcome }) => by === 'introspect' && outcome === 'refused')) {
      const revived = uses.find(({ by, of, outcome, begun }) => by === 'introspect' && of === dead.of && outcome === 'success' && begun > dead.ended);
      if (revived) found.push(`a token of ${subject} was dead, and alive ${(revived.begun - dead.ended).toFixed(1)} ms later`);
    }
  }
  return found;
}
