import { describe, expect, it } from '@jest/globals';

import { audienceProblem, pageUriProblem, redirectUriProblem } from '#src/apps/uris.ts';

const confidential = (uri: string) => redirectUriProblem(uri, { isPublic: false });
const native = (uri: string) => redirectUriProblem(uri, { isPublic: true });

describe('redirect addresses', () => {
  it.each([
    'https://app.example/callback', 'https://app.example', 'https://app.example/', 'https://app.example:8443/cb?tenant=a', 'http://127.0.0.1:3001/callback',
    'http://[::1]:3001/callback', 'http://localhost/callback', 'https://xn--mnchen-3ya.example/cb',
  ])('can be %s', (uri) => {
    expect(confidential(uri)).toBeUndefined();
    expect(native(uri)).toBeUndefined();
  });

  it.each(['com.example.app:/callback', 'com.example.app:/callback?x=1', 'com.example.app://callback'])('can be %s for a public app only', (uri) => {
    expect(native(uri)).toBeUndefined();
    expect(confidential(uri)).toMatch('private schemes are for public apps');
  });

  it.each([
    '', 'callback', '/callback', '//app.example/callback', 'http://app.example/callback', 'http://127.0.0.1.evil.example/', 'http://localhost.evil.example/',
    'http://127.1/callback', 'http://2130706433/', 'https://app.example/#', 'https://app.example/#x', 'https://*.app.example/callback', 'https://app.example/*',
    'https://user@app.example/', 'https://user:pass@app.example/', 'https://app.example\\@evil.example/', 'https://app.example/a/../b', 'https://app.example/%2e%2e/b',
    'HTTPS://app.example/', 'https://APP.example/', 'https://app.example:443/', 'https://münchen.example/', ' https://app.example/', 'https://app.example/\n',
    'https://app.example/a b', 'javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:https://app.example/x', 'about:blank',
    'ftp://app.example/', 'myapp:/callback', 'ws://app.example/', 'https:app.example', `https://app.example/${'x'.repeat(2000)}`, 'com.example.app:/cb#x',
  ])('cannot be %j', (uri) => {
    expect(confidential(uri)).toEqual(expect.any(String));
    expect(native(uri)).toEqual(expect.any(String));
  });

  it('say how to write what was almost right', () => {
    expect(confidential('https://APP.example/a/../b')).toBe('Write it as https://app.example/b');
  });
});

describe('addresses on pages', () => {
  it('are https, or this device', () => {
    for (const uri of ['https://app.example/logo.png', 'http://127.0.0.1:3001/logo.png']) expect(pageUriProblem(uri)).toBeUndefined();
  });

  it.each(['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'data:image/svg+xml,<svg/onload=alert(1)>', 'http://app.example/', '//app.example', 'https://a@b.example/'])(
    'xC6 are never %j',
    (uri) => {
      expect(pageUriProblem(uri)).toEqual(expect.any(String));
    },
  );
});

describe('audiences', () => {
  it('are absolute and have no fragment (RFC 8707)', () => {
    expect(audienceProblem('https://api.example')).toBeUndefined();
    expect(audienceProblem('http://127.0.0.1:3002')).toBeUndefined();
    for (const uri of ['api', 'https://api.example/#', 'urn:example:api', 'http://api.example']) expect(audienceProblem(uri)).toEqual(expect.any(String));
  });
});
