import { AppError } from '#src/errors.ts';
import { accountFrame } from '#src/http/account-frame.ts';
import { adminPath } from '#src/http/admin-frame.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayTime } from '#src/http/display-time.ts';
import { formField, type FormField, formProblems } from '#src/http/form-field.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { SessionId } from '#src/ids.ts';
import { endAllSessions } from '#src/tenants/user-store.ts';

import { clearSessionCookie, readCookie, setSignInCookies } from './browser-cookies.ts';
import { changePassword } from './change-password.ts';
import { DEVICE_COOKIE } from './device-cookie.ts';
import { problemWithNewPassword, SHORTEST_PASSWORD } from './new-password.ts';
import { endSession, sessionsOf } from './session-store.ts';
import type { Session } from './session.ts';
import type { SignInDeps } from './sign-in.ts';
import { administeredBy } from './administered-by.ts';
import { actorOf, requireSignedIn, signedInOf } from './signed-in.ts';
import { describeBrowser } from './user-agent.ts';

/** The entry for `Site.accountSections`. */
export const SECURITY_SECTION = { label: 'Security', href: '/account/security', about: 'Your password, and where you are signed in.' };

/** A person's account: the overview, and the part about signing in. */
export function accountPages(deps: SignInDeps): WebRouter {
  const router = createRouter();
  const own = requireSignedIn(deps);

  router.get('/', (ctx) => redirectTo(ctx, '/account'));

  router.get('/account', own, async (ctx) => {
    const { id, name, email } = signedInOf(ctx).user;
    const { accountSections } = ctx.state.site;
    const administers = (await administeredBy(deps, id)).map((tenant) => ({ name: tenant.name, href: adminPath(tenant.id) }));
    render(ctx, 'account/overview', { name, email, sections: accountSections, administers }, accountFrame(ctx, 'Your account', '/account'));
  });

  router.get('/account/security', own, async (ctx) => {
    const { user, session } = signedInOf(ctx);
    const sessions = await sessionsOf(deps, user.id);
    const view = {
      notice: NOTICES.get(String(ctx.query['done'] ?? '')) ?? '',
      hasPassword: user.passwordHash !== null,
      sessions: sessions.map((each) => sessionLine(each, session)).toSorted((a, b) => Number(b.isThis) - Number(a.isThis)),
    };
    render(ctx, 'account/security', view, frame(ctx, 'Security'));
  });

  router.get('/account/security/password', own, (ctx) => showPasswordForm(ctx, passwordFields({})));

  router.post('/account/security/password', own, async (ctx) => {
    const form = await postedForm(ctx, 'change-password');
    const input = { current: form.one('current_password'), next: form.one('new_password'), repeated: form.one('repeat_password') };
    const problems = passwordProblems(ctx, input);
    if (Object.values(problems).some((problem) => problem !== '')) {
      ctx.status = 422;
      return showPasswordForm(ctx, passwordFields(problems));
    }
    try {
      const signedIn = await changePassword(deps, {
        ...input,
        live: signedInOf(ctx),
        address: ctx.state.address,
        userAgent: ctx.get('user-agent'),
        deviceCookie: readCookie(ctx, DEVICE_COOKIE),
      });
      setSignInCookies(ctx, signedIn);
      redirectTo(ctx, '/account/security?done=password');
    } catch (error) {
      if (!(error instanceof AppError) || (error.code !== 'wrong_credentials' && error.code !== 'too_many_requests')) throw error;
      ctx.status = error.code === 'wrong_credentials' ? 422 : error.entry.status;
      ctx.set({ ...error.headers });
      const said = error.detail ?? error.entry.sentence;
      if (error.code === 'wrong_credentials') return showPasswordForm(ctx, passwordFields({ current: said }));
      showPasswordForm(ctx, passwordFields({}), said);
    }
  });

  router.get('/account/security/sessions/:id', own, async (ctx) => {
    const { session, line } = await sessionInPath(ctx);
    const view = { ...line, csrf: csrfToken(ctx, purposeOf(session)) };
    render(ctx, 'account/end-session', view, frame(ctx, 'Sign out there'));
  });

  router.post('/account/security/sessions/:id', own, async (ctx) => {
    const { session, line } = await sessionInPath(ctx).catch(async (error: unknown) => {
      // Ended already, it may be: that has to be as certain as if it were done here (I2).
      await endSession(deps, signedInOf(ctx).user.id, ctx['params'].id as SessionId);
      throw error;
    });
    await postedForm(ctx, purposeOf(session));
    await endSession(deps, session.user, session.id);
    if (line.isThis) clearSessionCookie(ctx);
    redirectTo(ctx, line.isThis ? '/sign-out' : '/account/security?done=session');
  });

  router.get('/account/security/sign-out-everywhere', own, (ctx) => {
    render(ctx, 'account/sign-out-everywhere', { csrf: csrfToken(ctx, 'sign-out-everywhere') }, frame(ctx, 'Sign out everywhere'));
  });

  router.post('/account/security/sign-out-everywhere', own, async (ctx) => {
    await postedForm(ctx, 'sign-out-everywhere');
    const { user } = signedInOf(ctx);
    await endAllSessions(deps, user.id, actorOf(ctx));
    clearSessionCookie(ctx);
    redirectTo(ctx, '/sign-out');
  });

  /** Another person's session, one that is over and one that never was look the same. */
  async function sessionInPath(ctx: WebContext): Promise<{ session: Session; line: SessionLine }> {
    const here = signedInOf(ctx);
    const id: unknown = ctx['params'].id;
    const session = (await sessionsOf(deps, here.user.id)).find((each) => each.id === id);
    if (!session) throw new AppError('not_found', { detail: 'This session is over, or is not one of yours.' });
    return { session, line: sessionLine(session, here.session) };
  }

  return router;
}

const NOTICES: ReadonlyMap<string, string> = new Map([
  ['password', 'Your password was changed. You were signed out everywhere else.'],
  ['session', 'You were signed out there.'],
]);

const frame = (ctx: WebContext, title: string) => accountFrame(ctx, title, SECURITY_SECTION.href);

const purposeOf = (session: Session): string => `end-session:${session.id}`;

interface SessionLine {
  readonly id: string;
  readonly browser: string;
  readonly address: string;
  readonly signedIn: { readonly iso: string; readonly text: string };
  readonly lastSeen: { readonly iso: string; readonly text: string };
  readonly isThis: boolean;
}

const sessionLine = (session: Session, current: Session): SessionLine => ({
  id: session.id,
  browser: describeBrowser(session.userAgent),
  address: session.address,
  signedIn: displayTime(session.signedInAt),
  lastSeen: displayTime(session.lastSeenAt),
  isThis: session.id === current.id,
});

interface PasswordProblems {
  readonly current?: string;
  readonly next?: string;
  readonly repeated?: string;
}

function passwordProblems(ctx: WebContext, input: { current: string; next: string; repeated: string }): PasswordProblems {
  return {
    current: input.current === '' ? 'Enter your current password.' : '',
    next: input.next === input.current && input.next !== '' ? 'This is your current password.' : problemWithNewPassword(input.next, signedInOf(ctx).user),
    repeated: input.repeated === input.next ? '' : 'The two new passwords differ.',
  };
}

const passwordFields = (problems: PasswordProblems): FormField[] => [
  formField({ name: 'current_password', label: 'Current password', type: 'password', autocomplete: 'current-password', problem: problems.current ?? '' }),
  formField({
    name: 'new_password',
    label: 'New password',
    type: 'password',
    autocomplete: 'new-password',
    hint: `At least ${SHORTEST_PASSWORD} characters. A few words in a row are good.`,
    problem: problems.next ?? '',
  }),
  formField({ name: 'repeat_password', label: 'New password once more', type: 'password', autocomplete: 'new-password', problem: problems.repeated ?? '' }),
];

function showPasswordForm(ctx: WebContext, fields: FormField[], whole = ''): void {
  const { email } = signedInOf(ctx).user;
  const view = { fields, problems: formProblems(whole, fields), email, csrf: csrfToken(ctx, 'change-password') };
  render(ctx, 'account/change-password', view, frame(ctx, 'Change your password'));
}
