import { AppError } from '#src/errors.ts';
import type { AppId } from '#src/ids.ts';
import { accountPages, SECURITY_SECTION } from '#src/sign-in/account-pages.ts';
import { signInPages } from '#src/sign-in/pages.ts';
import { createPasswords, hashPassword } from '#src/sign-in/password.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import type { SignInDeps } from '#src/sign-in/sign-in.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { createUser } from '#src/tenants/create-user.ts';
import type { User } from '#src/tenants/user.ts';
import { startWeb, type TestWeb, type TestWebOptions } from '#test/support/web.ts';

export const PASSWORD = 'correct horse battery staple';
export const CHEAP = { memory: 64, passes: 1, parallelism: 1 };

export interface SignInWorld {
  readonly web: TestWeb;
  readonly origin: string;
  readonly deps: SignInDeps;
  readonly store: RecordStore;
  readonly ada: User;
  readonly ben: User;
  /** Who the waiting app was told has signed in. */
  readonly told: string[];
  /** Moves the clock of the server. */
  later(milliseconds: number): void;
  close(): Promise<void>;
}

export const PENDING: PendingRequest = {
  uid: 'waiting',
  waitsFor: 'sign-in',
  app: 'app_scheduler' as AppId,
  redirectUri: 'https://scheduler.example/callback',
  identity: 'user',
  scopes: ['openid'],
  tenantHint: undefined,
  loginHint: 'ada@northwind.example',
  includeGranted: false,
  manner: 'merge',
  namesGrant: false,
  user: undefined,
  restartPath: '/oauth/authorize?client_id=app_scheduler',
};

export interface WorldOptions extends Partial<Pick<TestWebOptions, 'origin' | 'production' | 'trustedProxies'>> {
  readonly wrapStore?: (store: RecordStore) => RecordStore;
  /** Another server on the store and clock of this world. */
  readonly beside?: SignInWorld;
}

/** The pages of this slice on a store of their own, with Ada and Ben, and an app that waits for somebody to sign in. */
export async function startSignInWorld({ wrapStore = (store) => store, beside, ...options }: WorldOptions = {}): Promise<SignInWorld> {
  let shift = 0;
  const clock = beside?.deps.clock ?? (() => Date.now() + shift);
  const store = beside?.store ?? (await openStore('sqlite::memory:', { clock }));
  const deps: SignInDeps = {
    store: wrapStore(store),
    clock,
    passwords: createPasswords(CHEAP),
    deviceKey: Buffer.alloc(32, 3),
    sessionSeconds: 14 * 86_400,
  };
  const passwordHash = await hashPassword(PASSWORD, CHEAP);
  const person = (email: string, name: string) => createUser({ store, clock }, { email, name, passwordHash }, { kind: 'system' });
  const [ada, ben] = beside ? [beside.ada, beside.ben] : [await person('ada@northwind.example', 'Ada Lovell'), await person('ben@northwind.example', 'Ben Okafor')];
  const told: string[] = [];
  const pages = signInPages({
    ...deps,
    nameOfApp: () => Promise.resolve('Scheduler Pro'),
    pendingSignIns: {
      find: (_, uid) => (uid === PENDING.uid ? Promise.resolve(PENDING) : Promise.reject(new AppError('interaction_expired'))),
      signedIn: (_, uid, user) => {
        told.push(user);
        return Promise.resolve(`/resumed/${uid}`);
      },
    },
  });
  const web = await startWeb({
    mounts: [
      { at: ['/'], manner: 'page', use: pages.routes() },
      { at: ['/'], manner: 'page', use: accountPages(deps).routes() },
    ],
    accountSections: [SECURITY_SECTION],
    ...options,
  });
  return {
    web,
    origin: web.origin,
    deps,
    store,
    ada,
    ben,
    told,
    later: (milliseconds) => {
      shift += milliseconds;
    },
    close: async () => {
      await web.close();
      if (!beside) await store.close();
    },
  };
}
