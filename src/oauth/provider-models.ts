/** The provider's models where they have to do otherwise than the library has it, each time with the reason. Pinned by tests that drive the endpoints. */
import { timingSafeEqual } from 'node:crypto';

import { LRUCache } from 'lru-cache';
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';

import { digestOf } from '#src/storage/seal.ts';

import { noteCredential } from './credentials.ts';

interface ClientClass {
  new (metadata: object): object;
  readonly adapter: { find(id: string): Promise<object | undefined> };
  find(id: unknown): Promise<object | undefined>;
}

const MOST_CLIENTS = 5000;

/**
 * On every request the library looks up a client by a digest of all its metadata, and it keeps a hundred: with more
 * active apps than that, each request would check and build its client anew. Here the same metadata is the same client.
 * Within a request a client that was there stays there: the library looks it up again and then takes it for granted.
 */
export function rememberClients(provider: Provider): void {
  const { Client } = provider as unknown as { Client: ClientClass };
  const kept = new LRUCache<string, { metadata: object; text: string; client: object }>({ max: MOST_CLIENTS });
  const IN_REQUEST = Symbol('clients');
  Object.defineProperty(Client, 'find', {
    async value(id: unknown) {
      const request = Provider.ctx as { [IN_REQUEST]?: Map<unknown, object> } | undefined;
      const before = request?.[IN_REQUEST]?.get(id);
      if (before) return before;
      const client = await find(id);
      if (request && client) (request[IN_REQUEST] ??= new Map()).set(id, client);
      return client;
    },
  });

  async function find(id: unknown): Promise<object | undefined> {
    const metadata = typeof id === 'string' && id !== '' ? await Client.adapter.find(id) : undefined;
    if (!metadata) return undefined;
    const known = kept.get(id as string);
    if (known?.metadata === metadata) return known.client;
    const text = JSON.stringify(metadata);
    const client = known?.text === text ? known.client : new Client(metadata);
    kept.set(id as string, { metadata, text, client });
    return client;
  }
}

/** Client secrets are kept as digests, so the library must not compare them as text. Both live secrets are tried. */
export function compareSecretsByDigest(provider: Provider): void {
  const { Client } = provider as unknown as { Client: { prototype: object } };
  Object.defineProperty(Client.prototype, 'compareClientSecret', {
    value(this: { assent_secrets?: string[] }, actual: string) {
      const given = Buffer.from(digestOf(actual));
      const right = (this.assent_secrets ?? []).find((digest) => {
        const known = Buffer.from(digest);
        return known.length === given.length && timingSafeEqual(known, given);
      });
      if (right !== undefined) noteCredential(`secret ${right}`);
      return right !== undefined;
    },
  });
}

/** `unique` as the library has it finds, then saves: parallel replays all pass (xP13). `remember` is one atomic step. */
export function detectReplaysAtomically(
  provider: Provider,
  remember: (id: string, endsAtSeconds: number) => Promise<boolean>,
): void {
  const { ReplayDetection } = provider as unknown as { ReplayDetection: object };
  Object.defineProperty(ReplayDetection, 'unique', {
    value: (issuer: string, jti: string, endsAtSeconds: number) =>
      remember(JSON.stringify([issuer, jti]), endsAtSeconds),
  });
}

interface TokenModel {
  readonly grantId?: string;
  readonly resourceServer?: { accessTokenFormat?: string };
  format?: string;
}

/** Token texts are ours: prefix, shard, checksum. Of a JWT it is the `jti`. */
export function mintTokenTexts(
  provider: Provider,
  models: Readonly<Record<'AccessToken' | 'AuthorizationCode' | 'RefreshToken' | 'ClientCredentials' | 'jwt', (token: TokenModel & Record<string, unknown>) => string>>,
): void {
  const { jwt, ...opaque } = models;
  for (const [name, mint] of Object.entries(opaque)) {
    const model = (provider as unknown as Record<string, { prototype: { generateTokenId(): string } }>)[name];
    if (!model) throw new Error(`oidc-provider has no model ${name}`);
    Object.defineProperty(model.prototype, 'generateTokenId', {
      value(this: TokenModel & Record<string, unknown>) {
        const format = this.resourceServer?.accessTokenFormat ?? 'opaque';
        if (name === 'AccessToken' || name === 'ClientCredentials') this.format = format;
        return format === 'jwt' ? jwt(this) : mint(this);
      },
    });
  }
}

interface SavedModel {
  readonly jti: string;
  /** Seconds from now. */
  readonly expiration?: number;
  readonly format?: string;
  extra?: unknown;
  getValueAndPayload(): Promise<{ value: string; payload: object }>;
}

type ModelClass = { readonly IN_PAYLOAD: readonly string[]; readonly prototype: SavedModel };

/**
 * The library gathers what it saves name by name, twice, with a property descriptor for each, and announces each record
 * that it read or wrote to listeners, of whom there are none here. That is on the path of every token.
 */
export function saveRecordsPlainly(provider: Provider, extraTokenClaims: (ctx: KoaContextWithOIDC, token: object) => object | undefined): void {
  const { Session, AccessToken } = provider as unknown as Record<'Session' | 'AccessToken', ModelClass>;
  const base = Object.getPrototypeOf(Session) as ModelClass;
  const names = new WeakMap<object, readonly string[]>();
  const gather = (model: SavedModel): Record<string, unknown> => {
    const kind = model.constructor as unknown as ModelClass;
    const known = names.get(kind) ?? [...new Set(kind.IN_PAYLOAD)];
    names.set(kind, known);
    const now = Math.floor(Date.now() / 1000);
    const payload: Record<string, unknown> = { iat: now, exp: model.expiration === undefined ? undefined : now + model.expiration };
    for (const name of known) {
      const value = (model as unknown as Record<string, unknown>)[name];
      if (value !== undefined) payload[name] = value;
    }
    return payload;
  };
  Object.defineProperty(base.prototype, 'emit', { value() {} });
  Object.defineProperty(base.prototype, 'getValueAndPayload', {
    async value(this: SavedModel) {
      return { value: this.jti, payload: gather(this) };
    },
  });
  const { getValueAndPayload } = AccessToken.prototype;
  Object.defineProperty(AccessToken.prototype, 'getValueAndPayload', {
    async value(this: SavedModel) {
      if (this.format !== 'opaque') return getValueAndPayload.call(this);
      const payload = gather(this);
      payload['extra'] = this.extra = extraTokenClaims(Provider.ctx as KoaContextWithOIDC, this);
      return { value: this.jti, payload };
    },
  });
}
