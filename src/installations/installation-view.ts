import { isResourcePermission } from '#src/apps/resource-permissions.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { decide, declaredFor, type AppInTenant } from '#src/approvals/decide.ts';
import { permissionWords, type PermissionWords } from '#src/approvals/permission-words.ts';

import type { Installation } from './installation.ts';

export interface InstalledPermission extends PermissionWords {
  readonly held: boolean;
  readonly required: boolean;
  /** Why it does nothing although it is held, or `''`. */
  readonly idle: string;
}

export interface InstalledPermissions {
  /** What it holds, and what it could be given without asking more. */
  readonly choices: readonly InstalledPermission[];
  /** What it declares and has to be approved first. */
  readonly later: readonly PermissionWords[];
}

/** Without a version in use it can do nothing, and only lose what it holds. */
export function installationPermissions({ permissions }: Installation, app: AppInTenant | undefined, catalogue: Catalogue): InstalledPermissions {
  const declared = app ? declaredFor(app.version, 'tenant').filter((name) => !isResourcePermission(name)) : [];
  const treatment = (name: string) => app && decide(name, 'tenant', app);
  const offered = declared.filter((name) => !permissions.includes(name) && treatment(name)?.treatment === 'auto');
  return {
    choices: [...permissions, ...offered].flatMap((name) =>
      permissionWords([name], catalogue).map((words) => ({
        ...words,
        held: permissions.includes(name),
        required: app?.version.permissions.tenant.required.includes(name) ?? false,
        idle: idleBecause(treatment(name)),
      })),
    ),
    later: permissionWords(declared.filter((name) => !permissions.includes(name) && treatment(name)?.treatment === 'review'), catalogue),
  };
}

function idleBecause(decision: ReturnType<typeof decide> | undefined): string {
  if (!decision) return 'No version of the app is in use.';
  if (decision.treatment === 'auto') return '';
  if (decision.because === 'not_in_catalogue') return 'This permission was taken out of the catalogue; nobody has it any more.';
  if (decision.because === 'not_declared') return 'The version in use does not ask for it any more.';
  return decision.treatment === 'block' ? 'The rules block it now.' : 'It is not approved any more.';
}
