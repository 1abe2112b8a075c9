import { ERRORS } from '#src/errors.ts';
import type { ContextId } from '#src/ids.ts';
import { methodsIn } from '#src/contexts/context-facts.ts';
import { OWNER } from '#src/contexts/context-kind.ts';
import { isOnlyForOwn, type Held, type MethodState, type Unsupported } from '#src/contexts/methods.ts';
import { standingOf } from '#src/marketplace/permission-state.ts';

import type { InContext, LaunchFacts } from './launch-facts.ts';
import { launchState } from './launch-state.ts';
import type { Authorization } from './launch.ts';

/** What an app has to know when it starts in a context (R1). */
export interface StartView {
  readonly context: {
    readonly kind: string;
    readonly id: ContextId;
    /** Only for an owner who has connected the app (R8). */
    readonly title: string | null;
    readonly number: string | null;
  };
  readonly role: string;
  readonly authorization: Authorization;
  /** Whether the person can be asked for more: to connect the app, or for a permission that it lacks here. */
  readonly mayAskForMore: boolean;
  /** Where to send the person who has not connected the app: through consent and back into the context (R5). */
  readonly connect: string | null;
  readonly supported: readonly { readonly name: string; readonly title: string; readonly onlyOwn: boolean }[];
  readonly unsupported: readonly UnsupportedMethod[];
}

export interface UnsupportedMethod {
  readonly name: string;
  readonly title: string;
  readonly code: Unsupported;
  readonly detail: string;
  /** The permission that is missing, and where whoever can give it does so. */
  readonly permission: string | null;
  readonly ask: string | null;
}

export interface StartFacts {
  readonly facts: LaunchFacts & { readonly place: InContext };
  readonly authorization: Authorization;
  readonly held: Held | null;
  /** The address of the launch that leads through consent. */
  readonly connect: string;
  readonly askFor: (permission: string) => string;
}

export function startView({ facts, authorization, held, connect, askFor }: StartFacts): StartView {
  const { place } = facts;
  const { context, kind, role } = place;
  const states = methodsIn(place, held);
  const sees = mayKnowAll(authorization, role);
  const canConnect = authorization === 'authenticated' && launchState(facts).is === 'connect';
  const unsupported = states.flatMap((state) => (state.supported ? [] : [unsupportedMethod(state, facts, authorization === 'authorized' ? askFor : undefined)]));
  return {
    context: { kind: kind.name, id: context.id, title: sees ? context.title : null, number: sees ? context.number : null },
    role,
    authorization,
    mayAskForMore: canConnect || unsupported.some(({ ask }) => ask !== null),
    connect: canConnect ? connect : null,
    supported: states.flatMap(({ supported, method }) => (supported ? [{ name: method.name, title: method.title, onlyOwn: isOnlyForOwn(method, role) }] : [])),
    unsupported,
  };
}

/** Only the grant of who runs it opens the list of all members, the title and the number (R8). */
export const mayKnowAll = (authorization: Authorization, role: string | null): boolean => authorization === 'authorized' && role === OWNER;

function unsupportedMethod(
  { method, code, missing }: Extract<MethodState, { supported: false }>,
  { standing }: LaunchFacts,
  askFor: ((permission: string) => string) | undefined,
): UnsupportedMethod {
  const state = missing === null ? undefined : standingOf(missing, 'user', standing).state;
  const ask = askFor && missing !== null && state !== 'blocked' ? askFor(missing) : null;
  return { name: method.name, title: method.title, code, detail: ERRORS[code].sentence, permission: missing, ask };
}
