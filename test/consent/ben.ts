import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import type { HttpBrowser, HttpPage } from '#test/support/http-browser.ts';

import type { ConsentSite } from './consent-site.ts';

/** The value of a field in the form whose action begins with `of`. */
export const valueOf = (page: HttpPage, name: string, of = '/consent'): string =>
  page.forms.find(({ action }) => action.startsWith(of))?.controls.find((control) => control.name === name)?.value ?? '';

export const boxes = (page: HttpPage): string[] =>
  page.forms.flatMap(({ controls }) => controls.filter(({ box }) => box).map(({ name, value, checked }) => `${checked ? '✓ ' : ''}${name}=${value}`));

/** What pressing Authorize sends when nothing is ticked. */
export const yesTo = (page: HttpPage): URLSearchParams =>
  new URLSearchParams({ decision: 'authorize', ...Object.fromEntries(['csrf', 'tenant', 'shown'].map((name) => [name, valueOf(page, name)])) });

export type Ben = Awaited<ReturnType<typeof benAt>>;

/** Ben, signed in with a browser of his. */
export async function benAt(site: ConsentSite) {
  const browser: HttpBrowser = await site.signedIn(site.people.ben);
  return {
    open: browser.open,
    submit: browser.submit,

    /** A request of a new app that waits for him, and its page. */
    async asked(more: Partial<PendingRequest> = {}, ...app: Parameters<ConsentSite['app']>) {
      const made = await site.app(...app);
      const request = site.pending(made.app, site.people.ben, more);
      return { ...made, request, page: await browser.open(site.pageOf(request)) };
    },

    press: (page: HttpPage, button: string, tick: string[] = [], untick: string[] = []) =>
      browser.submit(page, { button, tick, untick }, { stopAt: site.appOrigin }),

    /** Presses Authorize in a form in which somebody changed fields. */
    authorizeWith: (page: HttpPage, fill: Record<string, string>) =>
      browser.submit(page, { button: 'Authorize', fill }, { stopAt: site.appOrigin }),

    /** A POST with his cookies that was not made from the page's own form. */
    post(request: PendingRequest, body: URLSearchParams | string, headers: Record<string, string> = {}): Promise<Response> {
      const cookie = ['assent_session', 'assent_form'].map((name) => `${name}=${browser.cookie(site.web.origin, name)}`).join('; ');
      return fetch(site.pageOf(request), {
        method: 'POST',
        body: body.toString(),
        headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', accept: 'text/html', ...headers },
        redirect: 'manual',
      });
    },
  };
}
