import { describe, expect, it } from '@jest/globals';

import { loadCatalogue } from '#src/apps/catalogue.ts';
import { ConfigProblems } from '#src/config-file.ts';
import { loadContextKinds, parseContextKinds } from '#src/contexts/load-context-kinds.ts';

const isUserPermission = (name: string) => name === 'meetings:read';

const problems = (text: string): readonly string[] => {
  try {
    parseContextKinds(text, 'contexts.yaml', isUserPermission);
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems;
    throw error;
  }
  return [];
};

describe('the kinds of contexts', () => {
  it('that come with Assent are good, name permissions of its catalogue and have something for every role', () => {
    const catalogue = loadCatalogue('config/permissions.yaml');
    const { find } = loadContextKinds('config/contexts.yaml', (name) => catalogue.find(name)?.identities.includes('user') ?? false);
    const meeting = find('meeting');
    expect(meeting?.roles.map(({ name }) => name)).toEqual(['owner', 'cohost', 'participant', 'guest']);
    for (const { name } of meeting?.roles ?? []) expect(meeting?.methods.filter(({ roles }) => roles.includes(name))).not.toEqual([]);
    expect(meeting?.methods.find(({ name }) => name === 'meeting.end')).toMatchObject({ roles: ['owner'], permission: 'meetings:write', own: false, authorized: true });
    expect(find('__proto__')).toBeUndefined();
  });

  it('tell every problem at once, with line and entry', () => {
    const text = [
      'kinds:',
      '  - name: meeting',
      '    title: Meeting',
      '    roles: [{name: participant, title: P}, {name: participant, title: P}]',
      '    methods:',
      '      - {name: a, title: A, roles: [participant, king], permission: meetings:erase}',
      '      - {name: a, title: A, roles: [participant], permission: meetings:read, authorized: false}',
      '      - {name: b, title: "", roles: [], colour: red}',
      '  - {name: meeting, title: M, roles: [{name: owner, title: O}], methods: []}',
    ].join('\n');
    expect(problems(text)).toEqual([
      expect.stringMatching(/^line 8, kinds "meeting", methods "b", title: Must not be empty\.$/),
      expect.stringMatching(/^line 8, kinds "meeting", methods "b", roles: Name at least one role\.$/),
      expect.stringMatching(/^line 8, kinds "meeting", methods "b": Unknown here: colour\.$/),
      expect.stringMatching(/^line 9, kinds "meeting", name: The name stands here twice; first in entry 1\.$/),
      expect.stringMatching(/^line 4, kinds "meeting", roles: One of the roles is owner\.$/),
      expect.stringMatching(/^line 4, kinds "meeting", roles "participant", name: The name stands here twice; first in entry 1\.$/),
      expect.stringMatching(/^line 7, kinds "meeting", methods "a", name: The name stands here twice; first in entry 1\.$/),
      expect.stringMatching(/^line 6, kinds "meeting", methods "a", roles: No such role here: king\.$/),
      expect.stringMatching(/^line 6, kinds "meeting", methods "a", permission: The catalogue has no permission meetings:erase for user identity\.$/),
      expect.stringMatching(/^line 7, kinds "meeting", methods "a", authorized: Who has not connected the app/),
    ]);
  });

  it.each([['', 'Write `kinds:`'], ['kinds: {}', 'List the kinds'], ['kinds: [1]', 'A kind has'], ['kinds: [{name: m, title: M, roles: 1, methods: 1}]', 'List the roles']])('refuse %j', (text, message) => {
    expect(problems(text).join('\n')).toContain(message);
  });
});
