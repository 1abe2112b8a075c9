import { z } from 'zod';

export interface AssentSettings {
  readonly issuer: string;
  /** The platform API's own credentials as a resource server. */
  readonly id: string;
  readonly secret: string;
  /** How long to wait for an answer, in milliseconds. */
  readonly deadline?: number | undefined;
}

/** Assent could not be asked, or gave no answer that can be understood. Nobody is let in meanwhile. */
export class AssentUnavailable extends Error {
  override readonly name = 'AssentUnavailable';
}

/** What the token lacks, who can grant it, and where. */
export type Missing = z.output<typeof Missing>;
const Missing = z
  .object({ permission: z.string().optional(), identity: z.enum(['user', 'tenant']), who: z.string(), whoInWords: z.string(), link: z.string() })
  .loose();

const Holder = z
  .object({ tenant: z.string(), identity: z.enum(['user', 'tenant']), user: z.string().nullable(), client: z.string(), shared_access: z.boolean() })
  .transform(({ shared_access: sharedAccess, ...rest }) => ({ ...rest, sharedAccess }));
/** Whom a token is for. */
export type Holder = z.output<typeof Holder>;

const Decision = z.object({
  decision: z.boolean(),
  context: z.object({ code: z.string().optional(), reason: z.string().optional(), missing: Missing.optional(), token: Holder.optional() }).default({}),
});
export type Decision = z.output<typeof Decision>;
const Decisions = z.object({ evaluations: z.array(Decision) });
const Found = z.object({ results: z.array(z.object({ id: z.string() })), page: z.object({ next_token: z.string() }).optional() });

const OpenId = z.object({ issuer: z.string(), jwks_uri: z.url() });
const AuthZen = z.object({
  policy_decision_point: z.string(),
  access_evaluation_endpoint: z.url(),
  access_evaluations_endpoint: z.url(),
  search_resource_endpoint: z.url(),
});
/** Where everything is, by the two documents that say so. */
export type Addresses = z.output<typeof OpenId> & z.output<typeof AuthZen>;

/** An entity of the Authorization API. */
export interface Entity {
  readonly type: string;
  readonly id: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

export interface Asked {
  readonly subject: Entity;
  readonly action: { readonly name: string };
  readonly resource: Entity;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
}

export type Assent = ReturnType<typeof createAssent>;

/** Assent takes 100 in one request, and 64 KB. */
const AT_ONCE = 50;
const MOST_PAGES = 100;

/** The OpenID AuthZEN Authorization API 1.0, as a platform API needs it. Answers are not kept: what is taken back counts from the next call on. */
export function createAssent({ issuer, id, secret, deadline = 3000 }: AssentSettings) {
  let known: Promise<Addresses> | undefined;

  async function json(url: string, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(deadline) });
    if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
    return response.json();
  }

  async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw new AssentUnavailable('Assent could not be asked', { cause });
    }
  }

  async function discover(): Promise<Addresses> {
    const [openId, authZen] = await Promise.all([
      json(`${issuer}/.well-known/openid-configuration`).then((body) => OpenId.parse(body)),
      json(`${issuer}/.well-known/authzen-configuration`).then((body) => AuthZen.parse(body)),
    ]);
    if (openId.issuer !== issuer || authZen.policy_decision_point !== issuer) throw new Error(`${issuer} says that it is somebody else`);
    return { ...openId, ...authZen };
  }

  /** Found out on first use, and again as long as that fails: the API may start before Assent does. */
  const addresses = (): Promise<Addresses> => {
    known ??= orUnavailable(discover).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  // RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
  const authorization = `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
  const post = (url: string, body: object): Promise<unknown> =>
    json(url, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(body) });

  return {
    addresses,

    async evaluate(asked: Asked): Promise<Decision> {
      const { access_evaluation_endpoint: url } = await addresses();
      return orUnavailable(async () => Decision.parse(await post(url, asked)));
    },

    /** In the order of the questions, each with its answer. What is the same in all of them, the token say, is sent once. */
    async evaluateAll(same: Partial<Asked>, questions: readonly Partial<Asked>[]): Promise<Decision[]> {
      const { access_evaluations_endpoint: url } = await addresses();
      const parts = Array.from({ length: Math.ceil(questions.length / AT_ONCE) }, (_, part) => questions.slice(part * AT_ONCE, (part + 1) * AT_ONCE));
      const answers = await orUnavailable(() => Promise.all(parts.map(async (part) => Decisions.parse(await post(url, { ...same, evaluations: part })).evaluations)));
      if (answers.some((answer, part) => answer.length !== parts[part]?.length)) throw new AssentUnavailable('Assent left questions without an answer');
      return answers.flat();
    },

    /** The ids of everything of a type that the subject may do it with. */
    async search({ type, ...asked }: Pick<Asked, 'subject' | 'action' | 'context'> & { readonly type: string }): Promise<string[]> {
      const { search_resource_endpoint: url } = await addresses();
      const found: string[] = [];
      let token = '';
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const body = { ...asked, resource: { type }, ...(token !== '' && { page: { token } }) };
        const answer = await orUnavailable(async () => Found.parse(await post(url, body)));
        found.push(...answer.results.map(({ id: each }) => each));
        token = answer.page?.next_token ?? '';
        if (token === '') break;
      }
      return found;
    },
  };
}
