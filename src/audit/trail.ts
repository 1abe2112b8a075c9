import { partiesOf } from '#src/event-trails.ts';
import type { AssentEvent } from '#src/events.ts';

/** Which entries of a trail are wanted; what is not said does not matter. */
export interface TrailFilter {
  /** Who did it: the id of a person, an app or an operator's credential. */
  readonly actor?: string | undefined;
  /** A person who did it or whom it was done to. */
  readonly user?: string | undefined;
  /** An app that did it or that it was about. */
  readonly app?: string | undefined;
  /** A type of events, or what comes before its dot: `review` is all that happens to reviews. */
  readonly type?: string | undefined;
  /** Milliseconds: not before this, and before that. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export const actorIdOf = ({ actor }: AssentEvent): string | undefined => ('id' in actor ? actor.id : undefined);

export function isWanted(event: AssentEvent, { actor, user, app, type, from, to }: TrailFilter): boolean {
  const did = actorIdOf(event);
  const concerns = (id: string | undefined): boolean => id === undefined || id === did || partiesOf(event).includes(id);
  if (actor !== undefined && did !== actor) return false;
  if (!concerns(user) || !concerns(app)) return false;
  if (type !== undefined && event.type !== type && !event.type.startsWith(`${type}.`)) return false;
  const at = Date.parse(event.at);
  return (from === undefined || at >= from) && (to === undefined || at < to);
}

/** Of the trails that hold all that is wanted, one of the shortest: its party. */
export const partyOf = ({ actor, user, app }: TrailFilter): string | undefined => user ?? actor ?? app;

/** Whether the trail of that party holds anything that is not wanted. */
export const isNarrow = ({ actor, user, app, ...rest }: TrailFilter): boolean =>
  actor === undefined && (user === undefined || app === undefined) && Object.values(rest).every((value) => value === undefined);
