import { describe, expect, test } from '@jest/globals';

import { parseStoreUrl } from '#src/storage/store-url.ts';

const address = { tls: false, username: undefined, password: undefined };

describe('the address of a store', () => {
  test.each([
    ['sqlite:./data/assent.db', { engine: 'sqlite', file: './data/assent.db' }],
    ['sqlite::memory:', { engine: 'sqlite', file: ':memory:' }],
    ['sqlite:/var/lib/assent.db', { engine: 'sqlite', file: '/var/lib/assent.db' }],
    ['redis://localhost', { engine: 'redis', mode: 'single', ...address, nodes: [{ host: 'localhost', port: 6379 }], db: 0 }],
    ['redis://localhost:7000/3', { engine: 'redis', mode: 'single', ...address, nodes: [{ host: 'localhost', port: 7000 }], db: 3 }],
    ['redis://[::1]:7000/', { engine: 'redis', mode: 'single', ...address, nodes: [{ host: '::1', port: 7000 }], db: 0 }],
    ['rediss://me:p%40ss%3A@cache:6380', { engine: 'redis', mode: 'single', tls: true, username: 'me', password: 'p@ss:', nodes: [{ host: 'cache', port: 6380 }], db: 0 }],
    ['redis://:secret@cache', { engine: 'redis', mode: 'single', tls: false, username: undefined, password: 'secret', nodes: [{ host: 'cache', port: 6379 }], db: 0 }],
    ['redis+cluster://a:1,b:2,c', { engine: 'redis', mode: 'cluster', ...address, nodes: [{ host: 'a', port: 1 }, { host: 'b', port: 2 }, { host: 'c', port: 6379 }] }],
    ['rediss+cluster://a:1', { engine: 'redis', mode: 'cluster', ...address, tls: true, nodes: [{ host: 'a', port: 1 }] }],
    ['redis+sentinel://a,b:2/main', { engine: 'redis', mode: 'sentinel', ...address, nodes: [{ host: 'a', port: 26379 }, { host: 'b', port: 2 }], name: 'main', db: 0 }],
    ['redis+sentinel://a/main/4', { engine: 'redis', mode: 'sentinel', ...address, nodes: [{ host: 'a', port: 26379 }], name: 'main', db: 4 }],
  ])('%s is understood', (text, expected) => {
    expect(parseStoreUrl(text)).toEqual(expected);
  });

  test.each([
    ['', 'no store address'],
    ['postgres://localhost/assent', 'no store address'],
    ['sqlite:', 'a file path must follow'],
    ['sqlite://data/assent.db', 'a file path must follow'],
    ['redis://', 'host:port'],
    ['redis://a b', 'host:port'],
    ['redis://a:0', '1 to 65535'],
    ['redis://a:70000', '1 to 65535'],
    ['redis://a,b', 'names one server'],
    ['redis://a/b', 'must be a number'],
    ['redis://a/1/2', 'only the number of a database'],
    ['redis://%zz@a', 'percent-encoded'],
    ['redis+cluster://a/1', 'one database'],
    ['redis+sentinel://a', 'name of the master'],
    ['redis+cluster://a:1,,b:2', 'host:port'],
  ])('"%s" is refused with a sentence that helps', (text, words) => {
    expect(() => parseStoreUrl(text)).toThrow(words);
  });

  test('a refusal never repeats the password', () => {
    for (const text of ['redis://me:hunter2@a:99999', 'redis+sentinel://me:hunter2@a', 'nonsense://me:hunter2@a', 'redis://me:hunter2%@a']) {
      expect(() => parseStoreUrl(text)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') }));
    }
  });
});
