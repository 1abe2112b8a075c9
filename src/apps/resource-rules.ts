import type { FieldProblem } from '#src/errors.ts';
import type { ResourceKinds } from '#src/resources/resource-kind.ts';
import type { RequestedResource, RequestedResources } from '#src/resources/resource.ts';

import type { App } from './app.ts';

const MOST = 20;

interface Wanted {
  readonly resources?: RequestedResources | undefined;
  readonly appOnly?: boolean | undefined;
}

/** What is wrong with what a version asks for on nodes. */
export function resourceProblems({ resources, appOnly }: Wanted, { owner }: Pick<App, 'owner'>, kinds: ResourceKinds | undefined): FieldProblem[] {
  if (!resources) return [];
  const needsAppOnly = resources.tenant.length > 0 && appOnly !== true;
  return [
    ...(needsAppOnly ? [{ pointer: '/resources/tenant', detail: 'Set appOnly: what a tenant gives an app on nodes counts with no person in the call.' }] : []),
    ...(['user', 'tenant'] as const).flatMap((identity) => {
      const asked = resources[identity];
      const pointer = `/resources/${identity}`;
      if (asked.length > MOST) return [{ pointer, detail: `At most ${MOST}.` }];
      return asked.flatMap((each, place) => {
        const detail = problemOf(each, owner !== null, kinds) ?? (firstLike(asked, each) < place ? 'This stands here twice.' : undefined);
        return detail === undefined ? [] : [{ pointer: `${pointer}/${place}`, detail }];
      });
    }),
  ];
}

const firstLike = (asked: readonly RequestedResource[], { kind, template }: RequestedResource): number =>
  asked.findIndex((each) => each.kind === kind && each.template === template);

function problemOf({ kind: name, right, template }: RequestedResource, isTenantsOwn: boolean, kinds: ResourceKinds | undefined): string | undefined {
  const kind = kinds?.find(name);
  if (!kind) return `There is no kind "${name.slice(0, 100)}".`;
  if (template !== null && !kind.templates.includes(template)) return `A ${name} has no template "${template.slice(0, 100)}".`;
  // S7
  return right === 'full_control' && !isTenantsOwn ? "full_control is only for a tenant's own app." : undefined;
}
