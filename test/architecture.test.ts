import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');

/** A slice imports only slices above it. */
const SLICES = [
  'tenants', 'sign-in', 'resources', 'contexts', 'apps', 'approvals', 'installations', 'consent', 'marketplace', 'decisions', 'launches', 'extensions',
  'deliveries', 'audit', 'administration', 'operators', 'developers', 'oauth',
];

/** Functions of values that views are made with. */
const PURE_HTTP = ['src/http/display-text.ts', 'src/http/display-time.ts'];

/** What a slice puts in front of the pages of others. */
const MIDDLEWARE = ['src/sign-in/signed-in.ts'];

/** Files that are tables: long, and read row by row. */
const TABLES = ['src/errors.ts', 'src/events.ts', 'src/settings/table.ts'];
const LONGEST = { src: 300, test: 500 };

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Paths from the root for our own files, package names for others. */
  readonly imports: readonly string[];
  /** Those of them that are gone when the program runs. */
  readonly typeImports: readonly string[];
}

const IMPORT = /^\s*(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]/gm;

const sources = (pattern: string): SourceFile[] =>
  globSync(pattern, { cwd: ROOT, exclude: ['**/node_modules/**'] })
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      const found = [...text.matchAll(IMPORT)].map(([statement, a, b, c]) => ({ statement, imported: resolved(path, a ?? b ?? c ?? '') }));
      return {
        path,
        text,
        imports: found.map(({ imported }) => imported),
        typeImports: found.filter(({ statement }) => /^\s*(?:import|export) type\b/.test(statement)).map(({ imported }) => imported),
      };
    });

function resolved(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return relative(ROOT, join(ROOT, dirname(from), specifier));
  if (/^#(src|test)\//.test(specifier)) return specifier.slice(1);
  return specifier.startsWith('node:') ? specifier : specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

const src = sources('src/**/*.ts').filter(({ path }) => !path.endsWith('.d.ts'));
const tests = sources('test/**/*.ts');

const folderOf = (path: string): string => path.split('/').slice(1, -1)[0] ?? '';

const isOurs = (imported: string): boolean => /^(src|test|scripts|examples|bench)\//.test(imported);

const isRoutesOrPages = (path: string): boolean => /^(.+-)?(routes|pages)\.ts$/.test(basename(path));

/** Every import that `forbidden` names, as readable lines. */
const breaches = (files: readonly SourceFile[], forbidden: (file: SourceFile, imported: string) => boolean): string[] =>
  files.flatMap((file) => file.imports.filter((imported) => forbidden(file, imported)).map((imported) => `${file.path} imports ${imported}`));

const lines = (files: readonly SourceFile[], pattern: RegExp): string[] =>
  files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );

describe('imports', () => {
  it('reads the imports it judges', () => {
    expect(src.length).toBeGreaterThan(20);
    expect(src.find(({ path }) => path === 'src/settings/settings.ts')?.imports).toEqual(['node:util', 'src/settings/nearest.ts', 'src/settings/table.ts']);
  });

  it('go up the order of the slices, never down', () => {
    const down = (file: SourceFile, imported: string) => {
      const [from, to] = [SLICES.indexOf(folderOf(file.path)), SLICES.indexOf(folderOf(imported))];
      return from >= 0 && to > from && imported.startsWith('src/');
    };
    expect(breaches(src, down)).toEqual([]);
  });

  it('let slices know http only where they answer requests, and http know no slice but by type', () => {
    const answers = ({ path }: SourceFile) =>
      isRoutesOrPages(path) || MIDDLEWARE.includes(path) || !SLICES.includes(folderOf(path)) || folderOf(path) === 'oauth';
    const uses = ({ typeImports }: SourceFile, imported: string) =>
      imported.startsWith('src/http/') && !PURE_HTTP.includes(imported) && !typeImports.includes(imported);
    expect(breaches(src, (file, imported) => uses(file, imported) && !answers(file))).toEqual([]);
    const http = src.filter(({ path }) => folderOf(path) === 'http');
    expect(breaches(http, ({ typeImports }, imported) => SLICES.includes(folderOf(imported)) && !typeImports.includes(imported))).toEqual([]);
  });

  it('hand settings out from the composition root alone', () => {
    const outside = ({ path }: SourceFile) => folderOf(path) !== 'settings' && !['src/main.ts', 'src/server.ts'].includes(path);
    expect(breaches(src, (file, imported) => imported.startsWith('src/settings/') && outside(file))).toEqual([]);
  });

  it('keep koa to routes, pages, http, oauth and the composition root', () => {
    const mayKnowKoa = ({ path }: SourceFile) =>
      isRoutesOrPages(path) || ['http', 'oauth'].includes(folderOf(path)) || path === 'src/server.ts';
    expect(breaches(src, (file, imported) => /^(koa$|koa-|@koa\/)/.test(imported) && !mayKnowKoa(file))).toEqual([]);
  });

  it('let examples know nothing of the server, and their guard nothing of the platform that it guards', () => {
    const examples = sources('examples/**/*.ts');
    expect(breaches(examples, (_, imported) => /^(src|test|scripts|bench)\//.test(imported))).toEqual([]);
    const guard = examples.filter(({ path }) => path.startsWith('examples/guard/'));
    expect(breaches(guard, (_, imported) => !/^(examples\/guard\/|node:|(jose|koa|zod)$)/.test(imported))).toEqual([]);
    expect(guard.length).toBeGreaterThan(3);
  });

  it('keep ioredis to storage/redis and node:sqlite to storage/sqlite', () => {
    expect(breaches(src, ({ path }, imported) => imported === 'ioredis' && !path.startsWith('src/storage/redis/'))).toEqual([]);
    expect(breaches(src, ({ path }, imported) => imported === 'node:sqlite' && !path.startsWith('src/storage/sqlite/'))).toEqual([]);
  });

  it('keep oidc-provider to oauth, and its internals to one file', () => {
    expect(breaches(src, ({ path }, imported) => imported === 'oidc-provider' && !path.startsWith('src/oauth/'))).toEqual([]);
    const internals = lines(src, /['"]oidc-provider\/(?!package)/).filter((line) => !line.startsWith('src/oauth/provider-internals.ts'));
    expect(internals).toEqual([]);
  });

  it('name packages that package.json names, in the container only those that it installs', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, object>;
    const among = (names: object) => (_: SourceFile, imported: string) => !imported.startsWith('node:') && !isOurs(imported) && !Object.hasOwn(names, imported);
    expect(breaches(src, among({ ...dependencies }))).toEqual([]);
    expect(breaches([...tests, ...sources('{scripts,bench,examples}/**/*.ts')], among({ ...dependencies, ...devDependencies }))).toEqual([]);
  });

  it('reach the engines only through storage/open-store', () => {
    const engine = /^src\/storage\/(redis|sqlite)\//;
    expect(breaches(src, ({ path }, imported) => engine.test(imported) && !path.startsWith('src/storage/'))).toEqual([]);
  });

  it('make every file of src reachable from the process', () => {
    const byPath = new Map(src.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const visit = (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      byPath.get(path)?.imports.forEach(visit);
    };
    visit('src/main.ts');
    expect(src.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('name files that exist', () => {
    expect(breaches([...src, ...tests], (_, imported) => isOurs(imported) && !existsSync(join(ROOT, imported)))).toEqual([]);
  });
});

describe('taking back', () => {
  const using = (name: string) => ({ text }: SourceFile) => new RegExp(String.raw`import \{[^}]*\b${name}\b[^}]*\} from '#src/storage/`).test(text);
  const without = (name: string) => ({ imports }: SourceFile) => !imports.includes(`src/storage/${name}.ts`);
  const paths = (files: readonly SourceFile[]) => files.map(({ path }) => path);

  it('goes through storage/revoke.ts: what is removed elsewhere is what nothing hangs on', () => {
    const bookkeeping = [
      'src/apps/listing-store.ts', // an entry of a list
      'src/approvals/settle-review.ts', // that a review is open
      'src/contexts/forget-ended.ts', // what ended a month ago
      'src/deliveries/deliver-due.ts', // what was delivered
      'src/deliveries/lease.ts',
      'src/http/api/idempotency.ts',
      'src/oauth/models/interaction.ts', // used once
      'src/resources/sweep-resources.ts', // below what is gone already
      'src/sign-in/throttle-store.ts',
      'src/tenants/member-names.ts', // an entry of a list
    ];
    const removing = src.filter(using('remove')).filter(without('revoke')).filter(({ path }) => !path.startsWith('src/storage/'));
    expect(paths(removing).filter((path) => !bookkeeping.includes(path))).toEqual([]);
  });

  it('goes through storage/revoke.ts: what is changed in another way takes nothing from anybody', () => {
    const harmless = [
      'src/apps/resource-server-store.ts', // its name
      'src/apps/submit-version.ts', // not in use yet
      'src/apps/version-store.ts', // a draft
      'src/tenants/group-members.ts', // putting in
      'src/tenants/group-store.ts', // its name
      'src/tenants/tenant-store.ts', // its name
    ];
    expect(paths(src.filter(using('changeRecord'))).filter((path) => !harmless.includes(path))).toEqual([]);
  });

  it('leaves durable commits of their own to what makes and what consumes', () => {
    const makers = /\/(?:register|install|allow|request|connect|create|start)-[a-z-]+\.ts$/;
    const others = [
      'src/apps/resource-server-store.ts', // registering
      'src/http/api/idempotency.ts',
      'src/oauth/models/interaction.ts',
      'src/oauth/models/pushed-request.ts',
      'src/oauth/replay-store.ts',
      'src/oauth/signing-keys.ts', // rotation
      'src/operators/operator-store.ts', // making
    ];
    const durable = src.filter(({ path, text }) => /\bdurable: true\b/.test(text) && !path.startsWith('src/storage/'));
    expect(paths(durable).filter((path) => !makers.test(path) && !others.includes(path))).toEqual([]);
  });
});

describe('files', () => {
  it('export names, never a default', () => {
    expect(lines(src, /^\s*export default\b/)).toEqual([]);
  });

  it(`have at most ${LONGEST.src} lines, tests ${LONGEST.test}, unless they are tables`, () => {
    const isLong = ({ path, text }: SourceFile) => text.split('\n').length > (path.startsWith('src/') ? LONGEST.src : LONGEST.test);
    expect([...src, ...tests].filter((file) => isLong(file) && !TABLES.includes(file.path)).map(({ path }) => path)).toEqual([]);
  });

  it('have no folder for leftovers', () => {
    expect(src.filter(({ path }) => /\/(helpers?|utils?|common|misc|shared|lib)\//.test(path)).map(({ path }) => path)).toEqual([]);
  });

  it('leave no test out and single none out', () => {
    const apart = new RegExp(String.raw`\b(?:it|test|describe)\.(?:skip|only|todo|failing)\b|\b[xf](?:it|describe)\(`);
    expect(lines(tests.filter(({ path }) => path !== 'test/architecture.test.ts'), apart)).toEqual([]);
  });

  it('are finished', () => {
    expect(lines(src, /\b(?:TODO|FIXME|XXX|HACK|not implemented)\b/i)).toEqual([]);
  });
});

describe('views', () => {
  const views = globSync('{views,examples}/**/*.ejs', { cwd: ROOT }).map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8'), imports: [], typeImports: [] }));

  it('escape everything but what they include', () => {
    const raw = lines(views, /<%-(?!\s*include\()/);
    expect(raw).toEqual([expect.stringMatching(/^views\/layout\.ejs:\d+ <%- view\.body %>$/)]); // the page, rendered already
  });

  it('need no JavaScript, inline style or inline handler, so that the content policy can forbid them', () => {
    const found = lines(views.filter(({ path }) => path.startsWith('views/')), /<script\b|\sstyle=|\son[a-z]+=["']/i);
    // It presses a button that is there without it; see `allowOwnScript`.
    expect(found).toEqual([expect.stringMatching(/^views\/launches\/launch\.ejs:\d+ <script src="<%= view\.script %>"><\/script>$/)]);
  });
});
