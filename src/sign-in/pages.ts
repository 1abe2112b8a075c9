import { AppError } from '#src/errors.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { formField, formProblems } from '#src/http/form-field.ts';
import { allowFormActionTo } from '#src/http/headers.ts';
import { ownPath } from '#src/http/own-path.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { AppId } from '#src/ids.ts';
import { normaliseEmail } from '#src/tenants/email.ts';

import { clearSessionCookie, readCookie, setSignInCookies } from './browser-cookies.ts';
import { DEVICE_COOKIE } from './device-cookie.ts';
import type { PendingRequest, PendingSignIns } from './pending-request.ts';
import { SESSION_COOKIE } from './session-cookie.ts';
import { endSession } from './session-store.ts';
import { type SignedIn, signIn, type SignInDeps } from './sign-in.ts';
import { currentSession, knowSignedIn } from './signed-in.ts';

export interface SignInPagesDeps extends SignInDeps {
  readonly pendingSignIns: PendingSignIns;
  /** The app's name, fit to be shown; `undefined` when there is no such app. */
  nameOfApp(app: AppId): Promise<string | undefined>;
}

/** What the sign-in page is for: somewhere of ours to go afterwards, or an app that waits. */
interface Occasion {
  readonly purpose: string;
  readonly action: string;
  readonly returnTo: string;
  readonly app: string | null;
  readonly email: string;
}

/** Signing in, for oneself (`/sign-in`) or because an app waits (`/sign-in/:uid`), and signing out. */
export function signInPages(deps: SignInPagesDeps): WebRouter {
  const router = createRouter();

  router.get('/sign-in', async (ctx) => showSignIn(deps, ctx, directOccasion(ctx.query['return_to'])));

  router.post('/sign-in', async (ctx) => {
    const form = await postedForm(ctx, 'sign-in');
    const occasion = directOccasion(form.one('return_to'));
    if (await signInFromForm(deps, ctx, occasion)) redirectTo(ctx, occasion.returnTo);
  });

  router.get('/sign-in/:uid', async (ctx) => {
    const request = await pendingSignIn(deps, ctx);
    if (request.waitsFor === 'consent') return redirectTo(ctx, `/consent/${encodeURIComponent(request.uid)}`);
    allowFormActionTo(ctx, request.redirectUri);
    await showSignIn(deps, ctx, await occasionOf(deps, request));
  });

  router.post('/sign-in/:uid', async (ctx) => {
    const request = await pendingSignIn(deps, ctx);
    await postedForm(ctx, purposeOf(request.uid));
    if (request.waitsFor === 'consent') return redirectTo(ctx, `/consent/${encodeURIComponent(request.uid)}`);
    allowFormActionTo(ctx, request.redirectUri);
    const signedIn = await signInFromForm(deps, ctx, await occasionOf(deps, request));
    // The session and the waiting request are in two shards: after a crash in between the person is signed in, and the app waits on.
    if (signedIn) redirectTo(ctx, await deps.pendingSignIns.signedIn(ctx, request.uid, signedIn.user.id));
  });

  router.get('/sign-out', knowSignedIn(deps), (ctx) => {
    const view = { csrf: csrfToken(ctx, 'sign-out'), name: ctx.state.signedIn?.user.name ?? null };
    render(ctx, 'sign-in/sign-out', view, { title: view.name === null ? 'Signed out' : 'Sign out' });
  });

  router.post('/sign-out', knowSignedIn(deps), async (ctx) => {
    const { signedIn } = ctx.state;
    let next = '/sign-out';
    if (signedIn) {
      const form = await postedForm(ctx, 'sign-out');
      next = ownPath(form.one('next'), next);
      await endSession(deps, signedIn.user.id, signedIn.session.id);
    }
    clearSessionCookie(ctx);
    redirectTo(ctx, next);
  });

  return router;
}

const pendingSignIn = (deps: SignInPagesDeps, ctx: WebContext): Promise<PendingRequest> =>
  deps.pendingSignIns.find(ctx, ctx['params'].uid);

const purposeOf = (uid: string): string => `sign-in:${uid}`;

const directOccasion = (returnTo: unknown): Occasion => ({
  purpose: 'sign-in',
  action: '/sign-in',
  returnTo: ownPath(typeof returnTo === 'string' ? returnTo : '', '/account'),
  app: null,
  email: '',
});

const occasionOf = async (deps: SignInPagesDeps, { uid, app, loginHint }: PendingRequest): Promise<Occasion> => ({
  purpose: purposeOf(uid),
  action: `/sign-in/${encodeURIComponent(uid)}`,
  returnTo: '',
  app: (await deps.nameOfApp(app)) ?? 'An app',
  email: normaliseEmail(loginHint ?? '') === undefined ? '' : (loginHint ?? ''),
});

/** `undefined` when the page was shown again, with what is wrong. */
async function signInFromForm(deps: SignInPagesDeps, ctx: WebContext, occasion: Occasion): Promise<SignedIn | undefined> {
  const form = await postedForm(ctx, occasion.purpose);
  const input = { email: form.one('email').trim(), password: form.one('password') };
  const problems = {
    email: normaliseEmail(input.email) === undefined ? 'Enter your e-mail address, like name@example.com.' : '',
    password: input.password === '' ? 'Enter your password.' : '',
  };
  const again = (status: number, said: Partial<Said>) => {
    ctx.status = status;
    return showSignIn(deps, ctx, { ...occasion, email: input.email }, said);
  };
  if (problems.email !== '' || problems.password !== '') {
    await again(422, problems);
    return undefined;
  }
  try {
    const signedIn = await signIn(deps, {
      ...input,
      address: ctx.state.address,
      userAgent: ctx.get('user-agent'),
      deviceCookie: readCookie(ctx, DEVICE_COOKIE),
      sessionCookie: readCookie(ctx, SESSION_COOKIE),
    });
    setSignInCookies(ctx, signedIn);
    return signedIn;
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'wrong_credentials' && error.code !== 'too_many_requests')) throw error;
    ctx.set({ ...error.headers });
    await again(error.entry.status, { whole: error.detail ?? error.entry.sentence });
    return undefined;
  }
}

interface Said {
  readonly whole: string;
  readonly email: string;
  readonly password: string;
}

async function showSignIn(deps: SignInPagesDeps, ctx: WebContext, occasion: Occasion, said: Partial<Said> = {}): Promise<void> {
  const current = await currentSession(deps, ctx);
  const email = formField({
    name: 'email',
    label: 'E-mail address',
    type: 'email',
    value: occasion.email,
    autocomplete: 'username',
    problem: said.email ?? '',
    focus: occasion.email === '',
  });
  const password = formField({
    name: 'password',
    label: 'Password',
    type: 'password',
    autocomplete: 'current-password',
    problem: said.password ?? '',
    focus: occasion.email !== '',
  });
  const form = { action: occasion.action, returnTo: occasion.returnTo, csrf: csrfToken(ctx, occasion.purpose) };
  render(
    ctx,
    'sign-in/sign-in',
    {
      app: occasion.app,
      problems: formProblems(said.whole ?? '', [email, password]),
      current: current ? { name: current.user.name, email: current.user.email, goOn: occasion.returnTo } : null,
      // Each way to sign in is a partial of its own in views/sign-in/ways/; an upstream provider's button will be another.
      ways: [{ template: '/sign-in/ways/password', view: { ...form, fields: [email, password] } }],
    },
    { title: 'Sign in' },
  );
}
