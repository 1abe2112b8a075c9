import { resourceKindsOf } from '#src/resources/load-resource-kinds.ts';

/** Kinds of nodes for tests: a list may stand anywhere, so that trees are made quickly. */
export const testResourceKinds = resourceKindsOf([
  { name: 'tenancy', title: 'organisation', parents: [], templates: [], pick: 'several' },
  { name: 'web', title: 'site', parents: ['tenancy', 'web'], templates: [], pick: 'several' },
  { name: 'list', title: 'list', parents: ['tenancy', 'web'], templates: ['tasks', 'documents'], pick: 'one' },
]);
