import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createViews } from '#src/http/views.ts';
import { projectRoot } from '#test/support/web.ts';

const templates = globSync('views/**/*.ejs', { cwd: projectRoot }).map((path) => ({ path, text: readFileSync(join(projectRoot, path), 'utf8') }));

describe('every template', () => {
  it('is found by these checks', () => {
    expect(templates.length).toBeGreaterThan(10);
  });

  it('xM1 has the token of the form check in each form that changes something', () => {
    const forms = templates.flatMap(({ path, text }) => (text.match(/<form[^>]*method="post"[\s\S]*?<\/form>/g) ?? []).map((form) => ({ path, form })));
    expect(forms.length).toBeGreaterThan(5);
    // It is posted to the app, which is not to learn the token.
    const ours = forms.filter(({ path }) => path !== 'views/launches/launch.ejs');
    expect(forms).toHaveLength(ours.length + 1);
    expect(ours.filter(({ form }) => !/<input type="hidden" name="csrf" value="<%= view\.[\w.]*csrf %>">/i.test(form))).toEqual([]);
  });

  it('puts quotes around every value', () => {
    const bare = templates.flatMap(({ path, text }) => (text.match(/\s[\w-]+=<%=/g) ?? []).map((found) => `${path} ${found}`));
    expect(bare).toEqual([]);
  });
});

describe('a view', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'views-'));
    writeFileSync(join(folder, 'page.ejs'), '<%= view.title %> <% for (const each of view.list) { %><%= each.name %>,<% } %> <%= view.deep.more %>');
    writeFileSync(join(folder, 'outer.ejs'), "[<%- include('/page', { view: view.inner }) %>]");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const full = { title: '<b>"&\'', list: [{ name: 'a' }, { name: 'b' }], deep: { more: null } };

  it('is shown with everything escaped', () => {
    expect(createViews(folder, { checkFields: true }).html('page', full)).toBe('&lt;b&gt;&#34;&amp;&#39; a,b, ');
  });

  it('is passed on to partials', () => {
    expect(createViews(folder, { checkFields: true }).html('outer', { inner: full })).toBe('[&lt;b&gt;&#34;&amp;&#39; a,b, ]');
  });

  it.each([
    ['at the top', { list: [], deep: { more: 1 } }, 'title'],
    ['in a list', { title: '', list: [{}], deep: { more: 1 } }, 'name'],
    ['in a part', { title: '', list: [], deep: {} }, 'more'],
  ])('that lacks a field %s is an error, not an empty place', (_, view, field) => {
    expect(() => createViews(folder, { checkFields: true }).html('page', view)).toThrow(`views/page.ejs reads "${field}", which its view does not have`);
  });

  it('is taken as it is in production', () => {
    expect(createViews(folder, { checkFields: false }).html('page', { list: [], deep: {} })).toBe('  ');
  });
});
