import { AppError } from '#src/errors.ts';
import type { UserId } from '#src/ids.ts';
import { prospectOf, type Prospect } from '#src/marketplace/next-step.ts';

import type { LaunchFacts } from './launch-facts.ts';

/**
 * Whether an app can be opened. `connect`: the person may connect it, and has not; `without` says whether it may be opened
 * all the same, knowing less. `closed`: something else stands in the way.
 */
export type LaunchState =
  | { readonly is: 'open' }
  | { readonly is: 'connect'; readonly without: boolean }
  | { readonly is: 'closed'; readonly prospect: Prospect['state'] };

/** In a context an app that the tenant lets in opens for everybody there; who has not connected it gets fewer methods (R1, R10). */
export function launchState({ standing, person, place }: Pick<LaunchFacts, 'standing' | 'person' | 'place'>): LaunchState {
  const user = 'user' in person ? person.user : ('' as UserId);
  const { state } = prospectOf(standing, { user, capabilities: [] });
  if (state === 'connected' || state === 'installed') return { is: 'open' };
  if (state === 'available') return { is: 'connect', without: place !== null };
  return { is: 'closed', prospect: state };
}

/** The same as a refusal in the words of the wire. `connect` leads the person to connecting. */
export function refusalOf(state: Exclude<LaunchState, { is: 'open' }>, connect: string): AppError {
  if (state.is === 'connect') return new AppError('insufficient_scope', { detail: `The person has not connected the app yet. Lead them to ${connect}` });
  switch (state.prospect) {
    case 'blocked':
      return new AppError('approval_blocked');
    case 'not_for_you':
      return new AppError('out_of_availability');
    case 'for_organisation':
      return new AppError('not_installed');
    default:
      return new AppError('approval_required');
  }
}
