import { describe, expect, it } from '@jest/globals';

import { ownPath } from '#src/http/own-path.ts';
import { networkOf } from '#src/sign-in/network.ts';
import { describeBrowser } from '#src/sign-in/user-agent.ts';

describe('where sign-in leads afterwards', () => {
  it.each([
    ['/account', '/account'],
    ['/account/security?done=1#password', '/account/security?done=1#password'],
    ['/oauth/authorize?redirect_uri=https%3A%2F%2Fapp.example', '/oauth/authorize?redirect_uri=https%3A%2F%2Fapp.example'],
    ['/a/../account', '/account'],
  ])('%j is a path of ours', (wanted, path) => {
    expect(ownPath(wanted, '/fallback')).toBe(path);
  });

  it.each([
    '', 'account', 'https://evil.example', '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '/\t/evil.example', '/\n/evil.example',
    '/.//evil.example', '/..//evil.example', '/%2e//evil.example', 'javascript:alert(1)', ' /account', '\u0000/account', 'http:/evil.example', '@evil.example', '.evil.example',
  ])('%j is none', (wanted) => {
    expect(ownPath(wanted, '/fallback')).toBe('/fallback');
  });
});

describe('a network', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['not an address', 'not an address'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('a browser', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'Edge on Windows'],
    ['Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36', 'Chrome on Android'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari on iOS'],
    ['curl/8.5', 'Unknown browser'],
    ['<script>', 'Unknown browser'],
  ])('is recognised: %s', (userAgent, words) => {
    expect(describeBrowser(userAgent)).toBe(words);
  });
});
