import type { Adapter, AdapterPayload } from 'oidc-provider';

import { accessTokenModel } from './models/access-token.ts';
import { authorizationCodeModel } from './models/authorization-code.ts';
import { clientModel } from './models/client.ts';
import { grantModel } from './models/grant.ts';
import { interactionModel } from './models/interaction.ts';
import { clientTokenModel } from './models/client-token.ts';
import { pushedRequestModel } from './models/pushed-request.ts';
import { refreshTokenModel } from './models/refresh-token.ts';
import { sessionModel } from './models/session.ts';
import { asOAuth } from './errors.ts';
import type { OAuthDeps } from './oauth-deps.ts';

/** What a model does with the records of Assent. What is left out must never be called for it. */
export type Model = Partial<Omit<Adapter, 'upsert'>> & {
  upsert?(id: string, payload: AdapterPayload, secondsToLive: number): Promise<void>;
};

const MODELS: Readonly<Record<string, (deps: OAuthDeps) => Model>> = {
  Client: clientModel,
  Session: sessionModel,
  Interaction: interactionModel,
  PushedAuthorizationRequest: pushedRequestModel,
  Grant: grantModel,
  AuthorizationCode: authorizationCodeModel,
  AccessToken: accessTokenModel,
  RefreshToken: refreshTokenModel,
  ClientCredentials: clientTokenModel,
};

/** oidc-provider's storage, one model at a time. Everything that storage throws leaves here in the words of OAuth. */
export const createAdapter =
  (deps: OAuthDeps) =>
  (name: string): Adapter => {
    const model = MODELS[name]?.(deps);
    const run = <K extends keyof Model>(method: K) => {
      const call = model?.[method] as ((...args: unknown[]) => Promise<unknown>) | undefined;
      const missing = async () => {
        throw new Error(`${name} records do not know ${method}`);
      };
      return ((...args: unknown[]) => asOAuth(() => (call ?? missing)(...args))) as never;
    };
    return {
      upsert: run('upsert'),
      find: run('find'),
      findByUserCode: run('findByUserCode'),
      findByUid: run('findByUid'),
      consume: run('consume'),
      destroy: run('destroy'),
      revokeByGrantId: run('revokeByGrantId'),
    };
  };
