import { expect, test } from '@jest/globals';

import type { ContextKind } from '#src/contexts/context-kind.ts';
import { methodsAfterEnd, methodsOf } from '#src/contexts/methods.ts';

const method = { own: false, authorized: true, permission: null };
const kind: ContextKind = {
  name: 'meeting',
  title: 'Meeting',
  roles: ['owner', 'participant', 'guest'].map((name) => ({ name, title: name })),
  methods: [
    { ...method, name: 'show', title: 'Show', roles: ['owner', 'participant', 'guest'], authorized: false },
    { ...method, name: 'wave', title: 'Wave', roles: ['owner', 'participant'] },
    { ...method, name: 'look', title: 'Look', roles: ['owner', 'participant'], permission: 'meetings:read' },
    { ...method, name: 'end', title: 'End', roles: ['owner'], permission: 'meetings:write' },
  ],
};

const everything = { has: () => true };
const nothing = new Set<string>();
const read = new Set(['meetings:read']);

// Who, with what, may call what; else why not.
test.each([
  ['owner', everything, 'show wave look end'],
  ['owner', read, 'show wave look end:insufficient_scope(meetings:write)'],
  ['owner', nothing, 'show wave look:insufficient_scope(meetings:read) end:insufficient_scope(meetings:write)'],
  ['owner', null, 'show wave:insufficient_scope look:insufficient_scope(meetings:read) end:insufficient_scope(meetings:write)'],
  ['participant', everything, 'show wave look end:role_not_permitted'],
  ['participant', nothing, 'show wave look:insufficient_scope(meetings:read) end:role_not_permitted'],
  ['guest', null, 'show wave:role_not_permitted look:role_not_permitted end:role_not_permitted'],
  [null, everything, 'show:role_not_permitted wave:role_not_permitted look:role_not_permitted end:role_not_permitted'],
  ['king', everything, 'show:role_not_permitted wave:role_not_permitted look:role_not_permitted end:role_not_permitted'],
] as const)('R1 as %s with %j an app may call: %#', (role, held, wanted) => {
  const states = methodsOf(kind, role, held).map((state) =>
    state.supported ? state.method.name : `${state.method.name}:${state.code}${state.missing === null ? '' : `(${state.missing})`}`,
  );
  expect(states.join(' ')).toBe(wanted);
});

test('R1 in a context that is over nothing can be called', () => {
  expect(methodsAfterEnd(kind).map((state) => !state.supported && state.code)).toEqual(['context_ended', 'context_ended', 'context_ended', 'context_ended']);
});
