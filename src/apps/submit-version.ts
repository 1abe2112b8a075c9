import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { AppId, VersionId } from '#src/ids.ts';
import { changeRecord } from '#src/storage/change-record.ts';

import type { Version } from './app.ts';
import { versionKey, type AppDeps } from './app-records.ts';

/** A draft waits for the operator from now on and is not changed any more. The version in use works on meanwhile (L15). */
export const submitVersion = (deps: AppDeps, { app, version }: { app: AppId; version: VersionId }, actor: Actor): Promise<Version> =>
  moveVersion(deps, { app, version }, { from: 'draft', to: 'submitted', type: 'app.version_submitted' }, actor);

/** A submitted version becomes a draft again: by its developer, or by an operator who does not publish it. */
export const returnVersion = (deps: AppDeps, { app, version }: { app: AppId; version: VersionId }, actor: Actor): Promise<Version> =>
  moveVersion(deps, { app, version }, { from: 'submitted', to: 'draft', type: 'app.version_returned' }, actor);

interface Move {
  readonly from: Version['status'];
  readonly to: Version['status'];
  readonly type: 'app.version_submitted' | 'app.version_returned';
}

const moveVersion = (
  { store, clock }: AppDeps,
  { app, version }: { app: AppId; version: VersionId },
  { from, to, type }: Move,
  actor: Actor,
): Promise<Version> =>
  changeRecord(store, versionKey(app, version), undefined, ({ value }) => {
    if (value.status === to) return undefined;
    if (value.status !== from) throw new AppError('conflict', { detail: `This version is ${value.status}, not ${from === 'draft' ? 'a draft' : from}.` });
    return {
      value: { ...value, status: to },
      events: [happened({ type, tenant: null, app, version }, { actor, now: clock() })],
    };
  });
