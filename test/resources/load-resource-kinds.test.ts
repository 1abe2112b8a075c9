import { describe, expect, it } from '@jest/globals';

import { ConfigProblems } from '#src/config-file.ts';
import { loadResourceKinds, parseResourceKinds } from '#src/resources/load-resource-kinds.ts';

const problems = (text: string): readonly string[] => {
  try {
    parseResourceKinds(text, 'resources.yaml');
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems;
    throw error;
  }
  return [];
};

describe('the kinds of resources', () => {
  it('that come with Assent are those of the design, and of a list exactly one is chosen', () => {
    const { kinds, find } = loadResourceKinds('config/resources.yaml');
    expect(kinds.map(({ name }) => name)).toEqual(['tenancy', 'site_collection', 'web', 'list']);
    expect(kinds.filter(({ pick }) => pick === 'one').map(({ name }) => name)).toEqual(['list']);
    expect(find('__proto__')).toBeUndefined();
  });

  it('tell every problem at once, with line and entry', () => {
    const text = [
      'kinds:',
      '  - {name: tenancy, title: organisation, parents: [web]}',
      '  - {name: web, title: site, parents: [tenancy, web], pick: two}',
      '  - {name: web, title: site}',
      '  - {name: "a b", title: x, actions: {open: look}}',
      '  - 7',
      '  - {name: context, title: meeting}',
    ].join('\n');
    expect(problems(text)).toEqual([
      expect.stringMatching(/^line 3, kinds "web", pick: /),
      expect.stringMatching(/^line 5, kinds "a b", name: /),
      expect.stringMatching(/^line 5, kinds "a b", actions, open: A right is one of: read, write, manage, full_control/),
      expect.stringMatching(/^line 6, kinds entry 5: /),
      expect.stringMatching(/^line 7, kinds "context", name: To a decision these are something else/),
      expect.stringMatching(/^line 2, kinds "tenancy", parents entry 1: There is no kind "web" above it/),
      expect.stringMatching(/^line 4, kinds "web", name: The name stands here twice; first in entry 2/),
    ]);
  });
});
