import { createPrivateKey, createPublicKey, sign, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import { promisify } from 'node:util';

import type { JWK } from 'jose';
import { ExternalSigningKey } from 'oidc-provider';

const signInBackground = promisify(sign) as (algorithm: string, data: Uint8Array, key: SignKeyObjectInput) => Promise<Buffer>;

/**
 * A private key that signs by itself: ES256 or RS256 (RFC 7518 section 3). The library signs with what is outside it past
 * jose, which looks anew at algorithm and key for each signature; that is on the path of every id token.
 */
export class SigningKey extends ExternalSigningKey {
  readonly #private: SignKeyObjectInput;
  readonly #public: KeyObject;

  constructor(jwk: JWK) {
    super();
    Object.assign(this, { kid: jwk.kid, alg: jwk.alg });
    this.#private = { key: createPrivateKey({ key: jwk as never, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
    this.#public = createPublicKey(this.#private.key);
  }

  override keyObject(): KeyObject {
    return this.#public;
  }

  override sign(data: Uint8Array): Promise<Buffer> {
    return signInBackground('sha256', data, this.#private);
  }

  signNow(data: Uint8Array): Buffer {
    return sign('sha256', data, this.#private);
  }
}
