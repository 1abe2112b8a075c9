import { z } from 'zod';

/** A right on sites or lists that the app asks for (RFC 9396); the person chooses on which. */
export interface Wanted {
  readonly type: 'resource_access';
  readonly kind: string;
  readonly right: string;
  readonly template?: string;
}

const WANTED: Readonly<Record<string, Wanted>> = {
  list: { type: 'resource_access', kind: 'list', right: 'write', template: 'tasks' },
  web: { type: 'resource_access', kind: 'web', right: 'read' },
};

export function wantedNodes(kind: unknown): Wanted[] {
  const wanted = typeof kind === 'string' ? WANTED[kind] : undefined;
  return wanted ? [wanted] : [];
}

/** What was chosen, as the token response says it. */
export type Chosen = z.output<typeof Chosen>;
const Chosen = z.object({ type: z.literal('resource_access'), kind: z.string(), right: z.string(), identifier: z.string() });

export const chosenIn = (tokens: object): readonly Chosen[] => z.array(Chosen).catch([]).parse((tokens as { authorization_details?: unknown }).authorization_details);
