import type { Deps } from '#src/deps.ts';
import { grantChange, grantKey } from '#src/consent/grant-store.ts';
import type { Grant } from '#src/consent/grant.ts';
import { newId, type AppId, type TenantId, type UserId } from '#src/ids.ts';
import { firstRefresh } from '#src/oauth/tokens/rotation.ts';
import { accessTokenKey, codeKey, familyKey, familyKeyOfRefreshToken, nameOfFamily, type StoredCode, type StoredToken, type TokenFamily, type UserBinding } from '#src/oauth/tokens/token-records.ts';
import { mintToken } from '#src/oauth/tokens/token-text.ts';
import { consume, put } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { startHistory, violationsIn } from './history.ts';
import { authorize, begin, exchange, introspect, post, refresh, revoke, type Attempt, type Reply } from './oauth-flow.ts';
import type { Person, World } from './world.ts';

/** One member at a time is connected and revoked in it. What was connected once over HTTP is stored anew for each round. */
interface Slot {
  readonly person: Person;
  readonly attempt: Attempt;
  readonly grant: Grant;
  readonly code: StoredCode;
  readonly token: StoredToken;
  readonly family: TokenFamily;
}

const lives = (): number => Date.now() + 600_000;

async function openSlot(world: World<any>, deps: Deps, person: Person): Promise<Slot> {
  const attempt = begin(world, { parameters: { tenant: world.tenants.northwind } });
  const code = (await authorize(attempt, person)).get('code') ?? '';
  const [storedCode] = await deps.store.read(codeKey(code)!);
  const { body } = await exchange(world, attempt, code);
  const [token, family, grant] = await deps.store.read(
    accessTokenKey(body.access_token)!,
    familyKeyOfRefreshToken(body.refresh_token)!,
    grantKey(world.tenants.northwind as TenantId, person.id as UserId, world.apps.scheduler.id as AppId),
  );
  return { person, attempt, grant: grant!.value, code: storedCode!.value, token: token!.value, family: family!.value };
}

interface Seed {
  readonly grant: string;
  readonly code: string;
  /** Used before, with the family of the two tokens. */
  readonly usedCode: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** A fresh grant of the member with a code, an access token and a refresh token of it. */
async function seed(deps: Deps, { grant: before, code, token, family }: Slot): Promise<Seed> {
  const { tenant, user, app, membership, generation } = before;
  const shard = shardOf(tenant);
  const [standing] = await deps.store.read(grantKey(tenant, user, app));
  const change = grantChange(
    { tenant, permissions: before.permissions, sharedAccess: false, basis: { membership, grantSlot: standing?.version ?? null } },
    { before: standing, user, app, asked: [], generation, now: Date.now() },
  );
  const { id } = change.grant;
  const [ofCode, ofTokens] = [newId('family'), newId('family')];
  const bound = (name: typeof ofCode): UserBinding => ({ ...(code.binding as UserBinding), grant: id, family: name });
  // The template's own times would be over after a minute of rounds.
  const times = { iat: Math.floor(Date.now() / 1000), exp: Math.floor(lives() / 1000) };
  const payload = (of: StoredToken['payload']) => ({ ...of, ...times, grantId: id });
  const texts = {
    code: mintToken('code', shard),
    usedCode: mintToken('code', shard),
    accessToken: mintToken('userAccessToken', shard),
    refreshToken: mintToken('refreshToken', shard, nameOfFamily(ofTokens)),
  };
  const kept = { tenant, expiresAt: lives() };
  const refreshState = firstRefresh(texts.refreshToken, payload(family.refresh!.payload), lives());
  await deps.store.commit({
    shard,
    expect: change.expect,
    write: [
      ...change.write,
      put(codeKey(texts.code)!, { ...code, binding: bound(ofCode), payload: payload(code.payload) }, kept),
      put(codeKey(texts.usedCode)!, { ...code, binding: bound(ofTokens), payload: payload(code.payload) }, kept),
      put(accessTokenKey(texts.accessToken)!, { binding: bound(ofTokens), payload: payload(token.payload) }, kept),
      put(familyKey(shard, ofTokens), { binding: bound(ofTokens), refresh: refreshState }, kept),
    ],
  });
  await deps.store.commit({ shard, write: [consume(codeKey(texts.usedCode)!)] });
  return { grant: id, ...texts };
}

const outcomeOf = ({ status, body }: Reply, success: boolean) => (status >= 500 ? 'unknown' : success && body?.error === undefined ? 'success' : 'refused');
const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)]!;

const CONTEXT_TOKEN = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' } as const;

/** How it is taken back. `all` ends the grant, the others what came of one code. */
export const WAYS = ['the app revokes its refresh token', 'an operator revokes the grant', 'the app revokes the grant by its id', 'a used code comes back'] as const;

export interface Raced {
  /** How often each way of revoking was acknowledged, and how each use ended. */
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/**
 * `rounds` times: a fresh grant, and in the same moment at several servers a revocation of it and every use of it; then
 * every use of everything that was had, at every server. Answers with what must not have happened.
 */
export async function raceRevocations(world: World<any>, deps: Deps, { rounds, untilViolation = false, ready }: { rounds: number; untilViolation?: boolean; ready?: () => void }): Promise<Raced> {
  const servers = world.assent.servers.map(({ url }: { url: string }) => url);
  const slots = await Promise.all([world.people.ada, world.people.ben, world.people.chloe, world.people.dan].map((person) => openSlot(world, deps, person)));
  const app = world.apps.scheduler;
  const appToken = await post(world, '/oauth/token', app, { grant_type: 'client_credentials', scope: 'grant_management_revoke' });
  const bearer = `Bearer ${appToken.body.access_token}`;
  ready?.();
  const violations: string[] = [];
  const counts: Record<string, number> = {};
  let begun = 0;

  async function round(slot: Slot, way: (typeof WAYS)[number]): Promise<void> {
    const history = startHistory();
    const had = await seed(deps, slot);
    const subject = `round ${begun} (${way})`;
    const isWhole = way !== 'a used code comes back';
    const more: { access_token: string; refresh_token?: string }[] = [];
    const at = () => pick(servers);
    const use = async (by: string, of: string, send: () => Promise<Reply>, works: (reply: Reply) => boolean): Promise<void> => {
      const reply = await history.record({ subject, is: 'use', by, of }, send, (answer) => outcomeOf(answer, works(answer)));
      if (reply?.body?.access_token !== undefined) more.push(reply.body);
    };
    const asks = (token: string) => use('introspect', token, () => introspect(world, token, { at: at() }), ({ body }) => body.active === true);
    const refreshes = (token: string) => use('refresh', token, () => refresh(world, app, token, { at: at() }), ({ status }) => status === 200);
    const exchanges = () => use('exchange', had.code, () => exchange(world, slot.attempt, had.code, { at: at() }), ({ status }) => status === 200);
    const launch = () => world.manage.ask('POST', `/tenants/${world.tenants.northwind}/launches`, { app: app.id, user: slot.person.id, redirectUri: app.redirectUri });
    const launches = () => use('launch', had.grant, launch, ({ status }) => status === 200);
    const contextToken: string = isWhole ? ((await launch()).body.fields?.context_token ?? '') : '';
    const exchangesLaunch = () =>
      use('launch exchange', contextToken, () => post(world, '/oauth/token', app, { ...CONTEXT_TOKEN, subject_token: contextToken }, { at: at() }), ({ status }) => status === 200);
    const revoked = (send: () => Promise<Reply>, works: (reply: Reply) => boolean) =>
      history.record({ subject, is: 'revocation', by: way, of: had.grant }, send, (answer) => outcomeOf(answer, works(answer)));
    const asOperator = async (): Promise<Reply> => world.manage.ask('DELETE', `/tenants/${world.tenants.northwind}/grants/${had.grant}`);
    const byId = async (): Promise<Reply> => {
      const answer = await fetch(`${at()}/oauth/grants/${had.grant}`, { method: 'DELETE', headers: { authorization: bearer } });
      await answer.arrayBuffer();
      return { status: answer.status, headers: answer.headers, body: undefined };
    };
    const taken: Record<(typeof WAYS)[number], () => Promise<unknown>> = {
      'the app revokes its refresh token': () => revoked(() => revoke(world, app, had.refreshToken, { at: at() }), ({ status }) => status === 200),
      'an operator revokes the grant': () => revoked(asOperator, ({ status }) => status === 204),
      'the app revokes the grant by its id': () => revoked(byId, ({ status }) => status === 204),
      'a used code comes back': () =>
        history.record({ subject, is: 'revocation', by: way, of: had.grant }, () => exchange(world, slot.attempt, had.usedCode, { at: at() }), ({ status }) => (status === 400 ? 'success' : 'unknown')),
    };

    await Promise.all([
      refreshes(had.refreshToken),
      asks(had.accessToken),
      ...(isWhole ? [exchanges(), launches(), exchangesLaunch()] : []),
      new Promise((resolve) => setTimeout(resolve, Math.random() * 4)).then(taken[way]),
      new Promise((resolve) => setTimeout(resolve, Math.random() * 8)).then(() => asks(had.accessToken)),
    ]);
    await Promise.all([asks(had.accessToken), refreshes(had.refreshToken), ...(isWhole ? [exchanges(), launches(), exchangesLaunch()] : []), ...more.splice(0).flatMap((got) => [asks(got.access_token), ...(got.refresh_token === undefined ? [] : [refreshes(got.refresh_token)])])]);
    for (const { is, by, outcome } of history.operations) {
      const name = is === 'revocation' ? `${way}: ${outcome}` : `${by}: ${outcome}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    violations.push(...violationsIn(history));
  }

  await Promise.all(
    slots.map(async (slot) => {
      while (begun < rounds && !(untilViolation && violations.length > 0)) {
        begun += 1;
        await round(slot, WAYS[begun % WAYS.length]!);
      }
    }),
  );
  return { counts, violations };
}
