import { AssentUnavailable, createAssent, type AssentSettings, type Asked, type Decision, type Entity, type Holder } from './assent.ts';
import { bearerIn, createLook } from './bearer.ts';
import { denied, simply, unauthenticated, unavailable, type Refusal } from './refusal.ts';

export interface GuardSettings extends AssentSettings {
  /** Under which Assent knows the platform API: the `aud` of signed tokens. */
  readonly audience: string;
  /** What the API is called in `WWW-Authenticate`. */
  readonly realm: string;
  /** Is told when Assent could not be asked. */
  readonly onUnavailable?: (error: AssentUnavailable) => void;
}

/** What a call does: one action for whoever calls, or by identity. Where there is none, that identity cannot make the call. */
export type Action = string | Readonly<Partial<Record<Holder['identity'], string>>>;

/** What has to be allowed for a call to be answered. */
export interface Question {
  readonly action: Action;
  readonly resource: Entity;
  readonly context?: Readonly<Record<string, unknown>>;
  /**
   * For a list, each entry of which is asked about by itself: an app that acts as itself and holds the permission goes on,
   * though there is nobody whose data `me` would be.
   */
  readonly list?: boolean;
}

/** Whoever calls, where data is about them: `{ action: 'meetings:read', resource: ME }`. */
export const ME: Entity = { type: 'user_data', id: 'me' };

/** Who calls, for whoever answers the call; and what else they may, for lists. */
export interface Caller extends Holder {
  /** Which of these it may do it with: asked together, in one request. */
  among<T extends Entity>(action: string, resources: readonly T[]): Promise<T[]>;
  /** The ids of everything of a type that it may do it with. */
  find(action: string, type: string): Promise<string[]>;
}

export type Verdict = { readonly allowed: true; readonly caller: Caller } | { readonly allowed: false; readonly refusal: Refusal };

/** A member as the platform's own pages know them: by the platform's session, with no app in the call. */
export interface Member {
  readonly tenant: string;
  readonly user: string;
}

export type Guard = ReturnType<typeof createGuard>;

const LONGEST_ID = 1000;

/**
 * Asks Assent whether a call is allowed, for every call anew. It needs nothing but the address of Assent and the API's
 * own credentials. When Assent cannot be asked, nobody gets in.
 */
export function createGuard({ issuer, audience, realm, onUnavailable, ...settings }: GuardSettings) {
  const assent = createAssent({ issuer, ...settings });
  const look = createLook(assent, { issuer, audience });
  const no = (refusal: Refusal): Verdict => ({ allowed: false, refusal });

  const allowedAmong = async <T extends Entity>(asked: Omit<Asked, 'resource'>, resources: readonly T[]): Promise<T[]> => {
    const questions = resources.map(({ type, id, properties }) => ({ resource: { type, id, ...(properties && { properties }) } }));
    const answers = resources.length === 0 ? [] : await assent.evaluateAll(asked, questions);
    return resources.filter((_, place) => answers[place]?.decision === true);
  };

  function callerWith(bearer: string, holder: Holder): Caller {
    const subject = { type: 'access_token', id: bearer };
    return {
      ...holder,
      among: (action, resources) => allowedAmong({ subject, action: { name: action } }, resources),
      find: (action, type) => assent.search({ subject, action: { name: action }, type }),
    };
  }

  async function decide(bearer: string, { action, resource, context, list = false }: Question): Promise<Verdict> {
    const looked = await look(bearer);
    if (!looked.good) return no(unauthenticated(realm, { sent: true }));
    const names = typeof action === 'string' ? [action] : [...new Set([(looked.identity !== 'tenant' && action.user) || [], (looked.identity !== 'user' && action.tenant) || []].flat())];
    // Nothing for this identity: asked all the same, since the token may be good for nothing.
    if (names.length === 0) names.push(...Object.values(action as object).slice(0, 1));
    const same = { subject: { type: 'access_token', id: bearer }, resource, context };
    const [name = '', other] = names;
    const answers =
      other === undefined ? [await assent.evaluate({ ...same, action: { name } })] : await assent.evaluateAll(same, names.map((each) => ({ action: { name: each } })));
    return verdictOf(bearer, { action, list }, new Map(names.map((each, place) => [each, answers[place] as Decision])));
  }

  /** Only the answer to what this identity needs counts: a permission of the other one opens nothing. */
  function verdictOf(bearer: string, { action, list }: Required<Pick<Question, 'action' | 'list'>>, answers: ReadonlyMap<string, Decision>): Verdict {
    const [any] = answers.values();
    const holder = any?.context.token;
    if (!holder) return no(unauthenticated(realm, { sent: true, message: any?.context.reason }));
    const name = typeof action === 'string' ? action : action[holder.identity];
    if (name === undefined) return no(simply(holder.identity === 'tenant' ? 'user_token_required' : 'tenant_token_required'));
    const answer = answers.get(name);
    const goesOn = list && answer?.context.code === 'out_of_data_range';
    if (answer?.decision === true || goesOn) return { allowed: true, caller: callerWith(bearer, holder) };
    return no(answer ? denied(realm, answer) : unauthenticated(realm, { sent: true }));
  }

  function refusalFor(error: unknown): Refusal {
    if (!(error instanceof AssentUnavailable)) throw error;
    onUnavailable?.(error);
    return unavailable();
  }

  return {
    /** `authorization`: the header of the call, as it came. When Assent cannot be asked, that is the refusal. */
    async check(authorization: string | undefined, question: Question): Promise<Verdict> {
      const bearer = bearerIn(authorization);
      if (bearer === undefined) return no(unauthenticated(realm, { sent: authorization !== undefined && authorization !== '' }));
      const { id } = question.resource;
      if (id === '' || id.length > LONGEST_ID) return no(simply('not_found'));
      try {
        return await decide(bearer, question);
      } catch (error) {
        return no(refusalFor(error));
      }
    },

    /** For what is asked later, in the handler. Throws what is none of Assent's. */
    refusalFor,

    /** With no app in the call (user-only): which of these a member may do it with. */
    amongForMember: <T extends Entity>({ tenant, user }: Member, action: string, resources: readonly T[]): Promise<T[]> =>
      allowedAmong({ subject: { type: 'user', id: user }, action: { name: action }, context: { tenant } }, resources),
  };
}
