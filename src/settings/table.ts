import { duration, integer, nonEmpty, oneOf, origin, type Parser, sender, smtpAddress, storeAddress, trueOrFalse } from './parsers.ts';
import { masterSecret } from './secret.ts';

/** One setting: everything that is known about it stands here and nowhere else. */
export interface Setting<T> {
  readonly variable: string;
  readonly parse: Parser<T>;
  /**
   * As it would be written in the environment; `${OTHER}` is the value of another variable. In production `null`
   * means that it has to be given.
   */
  readonly fallback: string | { readonly development: string | null; readonly production: string | null };
  /** What it does, in a sentence for the operator. */
  readonly sentence: string;
}

const setting = <T>(
  variable: string,
  parse: Parser<T>,
  fallback: Setting<T>['fallback'],
  sentence: string,
): Setting<T> => ({ variable, parse, fallback, sentence });

export const SETTINGS = {
  mode: setting('ASSENT_MODE', oneOf('development', 'production'), { development: 'development', production: 'production' }, 'In `production` every unsafe setting stops the start. `NODE_ENV=production` implies it.'),
  issuer: setting('ASSENT_ISSUER', origin, { development: 'http://127.0.0.1:${ASSENT_PORT}', production: null }, 'The address at which browsers and apps reach Assent; it is the `iss` of every token. In production it is https.'),
  host: setting('ASSENT_HOST', nonEmpty, { development: '127.0.0.1', production: '0.0.0.0' }, 'The address to listen on.'),
  port: setting('ASSENT_PORT', integer({ min: 0, max: 65_535 }), '3000', 'The port to listen on; 0 takes any free one.'),
  trustedProxies: setting('ASSENT_TRUSTED_PROXIES', integer({ min: 0, max: 10 }), '0', 'How many proxies in front of Assent add to `X-Forwarded-For`. With 0 the header is ignored.'),
  logLevel: setting('ASSENT_LOG_LEVEL', oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'), 'info', 'The least serious level that is logged.'),
  shutdownGraceMs: setting('ASSENT_SHUTDOWN_GRACE_MS', integer({ min: 0, max: 600_000 }), '10000', 'How long requests that are under way may take to finish after SIGTERM, in milliseconds.'),

  storeTimeoutMs: setting('ASSENT_STORE_TIMEOUT_MS', integer({ min: 50, max: 60_000 }), '2000', 'How long one storage call may take before the answer is 503, in milliseconds.'),
  redisReplicas: setting('ASSENT_REDIS_REPLICAS', integer({ min: 0, max: 5 }), '0', 'How many Redis replicas must hold a durable change (a revocation, say) before it is acknowledged.'),
  redisAllowUnsafe: setting('ASSENT_REDIS_ALLOW_UNSAFE', trueOrFalse, 'false', 'Lets Assent run on a Redis that can lose acknowledged writes or evict them. Refused in production.'),

  platformName: setting('ASSENT_PLATFORM_NAME', nonEmpty, 'Assent', 'What the platform is called on pages and in mail.'),
  mailFrom: setting('ASSENT_MAIL_FROM', sender, 'no-reply@localhost', 'The sender of mail: an address, or `Name <address>`. In production it is given whenever `ASSENT_SMTP_URL` is.'),
  cataloguePath: setting('ASSENT_CATALOGUE', nonEmpty, 'config/permissions.yaml', 'The file with the catalogue of permissions.'),
  contextsPath: setting('ASSENT_CONTEXTS', nonEmpty, 'config/contexts.yaml', 'The file with the kinds of contexts (meetings, say), their roles and their methods.'),
  resourcesPath: setting('ASSENT_RESOURCES', nonEmpty, 'config/resources.yaml', 'The file with the kinds of nodes in resource trees.'),
  auditDays: setting('ASSENT_AUDIT_DAYS', integer({ min: 0, max: 36_500 }), '400', 'For how many days the audit trail is kept, with the network addresses in it; 0 keeps it for ever.'),
  demo: setting('ASSENT_DEMO', trueOrFalse, { development: 'true', production: 'false' }, 'Fills an empty store with the demo world: two tenants, a few people, an app. Refused in production.'),

  ttlCode: setting('ASSENT_TTL_CODE', duration({ min: '5s', max: '10m' }), '60', 'How long an authorization code lives.'),
  ttlAccessToken: setting('ASSENT_TTL_ACCESS_TOKEN', duration({ min: '30s', max: '1d' }), '1h', 'How long an opaque access token lives.'),
  ttlJwtAccessToken: setting('ASSENT_TTL_JWT_ACCESS_TOKEN', duration({ min: '30s', max: '300s' }), '300', 'How long a JWT access token lives. A revocation does not reach it before, hence the low limit.'),
  ttlContextToken: setting('ASSENT_TTL_CONTEXT_TOKEN', duration({ min: '30s', max: '300s' }), '300', 'How long the token lives with which an app is opened. It is good for one exchange.'),
  ttlRefreshToken: setting('ASSENT_TTL_REFRESH_TOKEN', duration({ min: '1m', max: '365d' }), '30d', 'How long a refresh token that nobody uses stays valid.'),
  ttlRefreshFamily: setting('ASSENT_TTL_REFRESH_FAMILY', duration({ min: '1m', max: '3650d' }), '365d', 'After how long a person has to sign in to the app again, however often the token was refreshed.'),
  ttlSession: setting('ASSENT_TTL_SESSION', duration({ min: '1m', max: '365d' }), '14d', 'How long a person stays signed in.'),
  ttlInteraction: setting('ASSENT_TTL_INTERACTION', duration({ min: '1m', max: '1d' }), '1h', 'How long a person may take to sign in and answer the consent page.'),
  refreshGraceSeconds: setting('ASSENT_REFRESH_GRACE_SECONDS', duration({ min: '0s', max: '60s' }), '10', 'For how long a used refresh token still answers the same successor, so that a lost response locks nobody out.'),
  refreshGraceUses: setting('ASSENT_REFRESH_GRACE_USES', integer({ min: 0, max: 10 }), '2', 'How often it does so.'),
  lastUseSeconds: setting('ASSENT_LAST_USE_SECONDS', duration({ min: '1s', max: '60s' }), '60', 'How often a server writes down when grants and installations were used last. Lists are at most that much behind.'),
} as const;

/** Never printed: see `Secrets`. */
export const SECRETS = {
  master: setting('ASSENT_SECRET', masterSecret, { development: null, production: null }, 'At least 32 random bytes as base64url. The keys that sign cookies and forms and encrypt signing keys are derived from it. In development one is made and kept in `data/secret`.'),
  storeUrl: setting('ASSENT_STORE', storeAddress, 'sqlite:./data/assent.db', 'Where everything is kept: `sqlite:<path>`, `redis://…`, `rediss://…`, `redis+cluster://host:port,…` or `redis+sentinel://host:port,…/name`.'),
  smtp: setting('ASSENT_SMTP_URL', smtpAddress, '', 'The SMTP server that sends mail: `smtp://user:password@host:587`, which takes TLS where the server offers it and never sends a password to another machine without, or `smtps://…`. Without it mail is off; in development it is shown at `/dev/mail`.'),
} as const;

export type Mode = 'development' | 'production';
type ValuesOf<T extends Record<string, Setting<any>>> = { readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never };
export type PlainSettings = ValuesOf<typeof SETTINGS>;
export type SecretSettings = ValuesOf<typeof SECRETS>;
