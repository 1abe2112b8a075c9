import { describe, expect, test } from '@jest/globals';

import { appFace, returnPlace, safeLink, safeLogo } from '#src/consent/app-face.ts';
import { displayText, initialOf } from '#src/http/display-text.ts';

import { anApp } from './facts.ts';

describe('xC6 text of strangers', () => {
  const rows: [string, string, string][] = [
    ['plain text stays', 'Scheduler Pro', 'Scheduler Pro'],
    ['other scripts stay', 'مواعيد 会议 Встречи', 'مواعيد 会议 Встречи'],
    ['markup stays text', '<b>Bold</b>', '<b>Bold</b>'],
    ['a right-to-left override shows', 'Pro\u202Egnp.exe', 'Pro�gnp.exe'],
    ['right-to-left marks and isolates show', 'A\u200FB\u2067C\u2069', 'A�B�C�'],
    ['control characters show, NUL too', 'A\u0000B\u001BC', 'A�B�C'],
    ['invisible characters go', 'Sche\u200Bduler\u00AD\uFEFF\u3164 Pro', 'Scheduler Pro'],
    ['lines become one', ' A\r\n\tB\u2028C\u00A0D ', 'A B C D'],
    ['stacked marks are cut', 'e\u0316\u0317\u0318\u0319\u031A', 'e\u0316\u0317'],
    ['emoji stay', 'Plan ✈️', 'Plan ✈️'],
    ['half a surrogate pair shows', 'A\uD800', 'A�'],
  ];
  test.each(rows)('%s', (_, text, expected) => {
    expect(displayText(text)).toBe(expected.normalize('NFC'));
  });

  test('a long name is cut, between characters', () => {
    expect(displayText('😀'.repeat(100), 10)).toBe(`${'😀'.repeat(9)}…`);
  });

  test.each([
    ['Scheduler', 'S'],
    ['<b>', 'B'],
    ['会议', '会'],
    ['✓✓', '•'],
    ['', '•'],
  ])('the letter for %j is %j', (name, letter) => {
    expect(initialOf(name)).toBe(letter);
  });
});

describe('xC6 addresses of strangers', () => {
  const rows: [string | null, string | undefined][] = [
    ['https://bright.example/a?b=c', 'https://bright.example/a?b=c'],
    ['http://bright.example/', undefined],
    ['javascript:alert(1)', undefined],
    [' JaVaScRiPt:alert(1)', undefined],
    ['java\nscript:alert(1)', undefined],
    ['data:text/html,<script>alert(1)</script>', undefined],
    ['//bright.example', undefined],
    ['https://user:pw@bright.example/', undefined],
    ['https://', undefined],
    [null, undefined],
  ];
  test.each(rows)('%j becomes the link %j', (address, expected) => {
    expect(safeLink(address)).toBe(expected);
  });

  const here = returnPlace('http://127.0.0.1:3001/callback');
  const away = returnPlace('https://scheduler.example/callback');
  const logos: [string, typeof here, string | undefined][] = [
    ['https://cdn.example/logo.png', away, 'https://cdn.example/logo.png'],
    ['http://127.0.0.1:3001/logo.png', here, 'http://127.0.0.1:3001/logo.png'],
    ['http://127.0.0.1:3001/logo.png', away, undefined],
    ['http://cdn.example/logo.png', here, undefined],
    ['data:image/svg+xml,<svg/>', here, undefined],
    ['javascript:alert(1)', here, undefined],
  ];
  test.each(logos)('the logo %j of an app at %j is %j', (address, returnsTo, expected) => {
    expect(safeLogo(address, returnsTo)).toBe(expected);
  });
});

describe('the place it returns to', () => {
  const rows: [string, ReturnType<typeof returnPlace>][] = [
    ['https://scheduler.example/cb', { kind: 'web', text: 'scheduler.example' }],
    ['https://schеduler.example/cb', { kind: 'web', text: 'xn--schduler-e8g.example' }],
    ['https://a.example:8443/cb', { kind: 'web', text: 'a.example:8443' }],
    ['https://bank.example@evil.example/', { kind: 'web', text: 'evil.example' }],
    ['http://127.0.0.1:3001/cb', { kind: 'this-computer', text: '127.0.0.1:3001' }],
    ['http://[::1]:9/cb', { kind: 'this-computer', text: '[::1]:9' }],
    ['com.example.app:/cb', { kind: 'app-on-device', text: 'com.example.app' }],
  ];
  test.each(rows)('%s', (uri, expected) => {
    expect(returnPlace(uri)).toEqual(expected);
  });
});

test('an app without a readable name is called by its id', () => {
  expect(appFace(anApp({ name: '\u200B\u00AD ' }), 'https://a.example/').name).toBe('app_scheduler');
});

test('xC6 check marks that pose as ours are taken from the names of app and developer', () => {
  const face = appFace(anApp({ name: '✅ Scheduler ✔️ Pro', developer: { name: 'Bright ✓', uri: null, verified: false } }), 'https://a.example/');
  expect([face.name, face.developer.name]).toEqual(['Scheduler Pro', 'Bright']);
});
