import { describe, expect, it } from '@jest/globals';

import { loadCatalogue } from '#src/apps/catalogue.ts';
import { parseCatalogue } from '#src/apps/load-catalogue.ts';
import { ConfigProblems } from '#src/config-file.ts';

const problems = (text: string): readonly string[] => {
  try {
    parseCatalogue(text, 'permissions.yaml');
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems;
    throw error;
  }
  return [];
};

const entry = (name: string, more = '') => `  - {name: ${JSON.stringify(name)}, title: T, explanation: E, identities: [user], level: basic${more}}`;
const fileWith = (...entries: string[]) => ['resource: https://api.example', 'permissions:', ...entries].join('\n');

describe('the catalogue of permissions', () => {
  it('that comes with Assent is good, and uses every identity and level', () => {
    const { permissions, find } = loadCatalogue('config/permissions.yaml');
    for (const level of ['basic', 'advanced', 'restricted']) {
      for (const identity of ['user', 'tenant'] as const) {
        expect(permissions.filter((each) => each.level === level && each.identities.includes(identity))).not.toEqual([]);
      }
    }
    expect(find('meetings:read')).toMatchObject({ title: 'See your meetings', resource: 'http://127.0.0.1:3002', sensitive: false });
    expect(find('contacts:read')?.sensitive).toBe(true);
    expect(find('__proto__')).toBeUndefined();
  });

  it('gives each permission the resource of its own, or the one for all', () => {
    const { find } = parseCatalogue(fileWith(entry('a'), entry('b', ', resource: https://files.example')), 'x');
    expect([find('a')?.resource, find('b')?.resource]).toEqual(['https://api.example', 'https://files.example']);
  });

  it('tells every problem at once, with line and entry', () => {
    const text = [
      'resource: nowhere',
      'permissions:',
      entry('meetings:read'),
      entry('openid'),
      entry('shared_access'),
      entry('see meetings'),
      entry('see"meetings'),
      entry('meetings:read'),
      '  - name: calendar:read',
      '    title: Calendar',
      '    explanation: E',
      '    identities: [user, robot]',
      '    level: cosmic',
      '  - 7',
    ].join('\n');
    expect(problems(text)).toEqual([
      'line 1, resource: Give an absolute address, like https://app.example/callback.',
      expect.stringMatching(/^line 4, permissions "openid", name: .*meaning of their own/),
      expect.stringMatching(/^line 5, permissions "shared_access", name: .*meaning of their own/),
      expect.stringMatching(/^line 6, permissions "see meetings", name: .*A\.4/),
      expect.stringMatching(/^line 7, permissions "see\\"meetings", name: .*A\.4/),
      'line 12, permissions "calendar:read", identities entry 2: An identity is user or tenant.',
      'line 13, permissions "calendar:read", level: A level is basic, advanced or restricted.',
      'line 14, permissions entry 8: A permission has name, title, explanation, identities and level.',
      'line 8, permissions "meetings:read", name: The name stands here twice; first in entry 1.',
    ]);
  });

  it.each([
    ['', /Write `permissions:`/],
    ['permissions: []', /at least one permission/],
    ['permissions: [', /line 1/],
    [fileWith(entry('a', ', colour: red')), /Unknown here: colour/],
    [fileWith(entry('a', ', sensitive: maybe')), /sensitive is true or false/],
    ['permissions:\n' + entry('a'), /Give its resource/],
    [fileWith(entry('x'.repeat(101))), /1 to 100 characters/],
  ])('refuses %j', (text, problem) => {
    expect(problems(text).join('\n')).toMatch(problem);
  });

  it('says when the file is not there', () => {
    expect(() => loadCatalogue('config/no-such-file.yaml')).toThrow(/config\/no-such-file\.yaml.*\n.*cannot be read \(ENOENT\)/);
  });
});
