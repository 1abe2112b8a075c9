import { describe, expect, it } from '@jest/globals';

import { clientAddress } from '#src/http/request-identity.ts';

describe('the client’s address', () => {
  it.each([
    ['is the peer when no proxy is trusted', '1.2.3.4', '10.0.0.1', 0, '10.0.0.1'],
    ['is what the one proxy saw', '1.2.3.4', '10.0.0.1', 1, '1.2.3.4'],
    ['is not what the client wrote before the proxy', '9.9.9.9, 1.2.3.4', '10.0.0.1', 1, '1.2.3.4'],
    ['is what the outer of two proxies saw', '9.9.9.9, 1.2.3.4, 10.0.0.2', '10.0.0.1', 2, '1.2.3.4'],
    ['is the peer when fewer proxies wrote than are trusted', '1.2.3.4', '10.0.0.1', 2, '10.0.0.1'],
    ['is the peer when the header holds no address', '<script>', '10.0.0.1', 1, '10.0.0.1'],
    ['is the peer without the header', undefined, '10.0.0.1', 1, '10.0.0.1'],
    ['is IPv4 where a socket writes it as IPv6', undefined, '::ffff:10.0.0.1', 0, '10.0.0.1'],
    ['can be IPv6', '2001:db8::7', '10.0.0.1', 1, '2001:db8::7'],
  ])('%s', (_, forwardedFor, peer, proxies, expected) => {
    expect(clientAddress(forwardedFor, peer, proxies)).toBe(expected);
  });
});
