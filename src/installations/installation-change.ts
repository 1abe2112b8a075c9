import { noteTenantApp } from '#src/approvals/tenant-apps.ts';
import { happened, type Actor, type AssentEvent } from '#src/events.ts';
import { newId, type AppId, type UserId, type VersionId } from '#src/ids.ts';
import { withMore } from '#src/resources/resource.ts';
import { asRead, put, type Expectation, type StoredRecord, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { sameDataRange, type InstallDecision, type Installation } from './installation.ts';
import { installationKey } from './installation-records.ts';

/** A change to be committed together with something else in the tenant's shard: the code. */
export interface InstallationChange {
  readonly installation: Installation;
  readonly expect: readonly Expectation[];
  readonly write: readonly Write[];
  readonly events: readonly AssentEvent[];
}

const union = (left: readonly string[], right: readonly string[]): string[] => [...new Set([...left, ...right])];

/**
 * The installation after an admin's yes. What was consented to joins what is there; the data range is the one that was
 * chosen now. Consenting never resumes: what is suspended stays so. One of an earlier generation is dead, and a new
 * one takes its place under a new id, so that no old token comes back to life with it (I2).
 */
export function installationChange(
  decision: InstallDecision,
  { before, app, version, user, applicants = [], generation, now }: {
    before: StoredRecord<Installation> | undefined;
    app: AppId;
    version: VersionId;
    user: UserId;
    /** Members who asked for the app before. */
    applicants?: readonly UserId[];
    /** Of the approval as it is now. */
    generation: number;
    now: number;
  },
): InstallationChange {
  const { tenant, dataRange } = decision;
  const standing = before?.value.generation === generation ? before.value : undefined;
  const at = new Date(now).toISOString();
  const permissions = union(standing?.permissions ?? [], decision.permissions);
  const resources = withMore(standing?.resources ?? [], decision.resources ?? []);
  const onNodes = resources.length > 0 ? { resources } : {};
  const installation: Installation = {
    id: standing?.id ?? newId('installation', shardOf(tenant)),
    tenant,
    app,
    version,
    permissions,
    dataRange,
    ...(resources.length > 0 && { resources }),
    status: standing?.status ?? 'active',
    installedBy: standing?.installedBy ?? user,
    generation,
    createdAt: standing?.createdAt ?? at,
    updatedAt: at,
  };
  const key = installationKey(tenant, app);
  const actor: Actor = { kind: 'user', id: user };
  const what = { tenant, app, installation: installation.id };
  const events: AssentEvent[] = [];
  if (!standing) events.push(happened({ type: 'app.installed', ...what, user, permissions, applicants, ...onNodes }, { actor, now }));
  else {
    if (permissions.length > standing.permissions.length || JSON.stringify(resources) !== JSON.stringify(standing.resources ?? [])) {
      events.push(happened({ type: 'permissions.changed', ...what, permissions, ...onNodes }, { actor, now }));
    }
    if (!sameDataRange(dataRange, standing.dataRange)) events.push(happened({ type: 'data_range.changed', ...what }, { actor, now }));
  }
  return {
    installation,
    expect: [asRead(key, before)],
    write: [put(key, installation, { tenant }), noteTenantApp(tenant, app)],
    events,
  };
}
