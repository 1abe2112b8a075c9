import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { post, signIn, type Reply } from '#test/support/oauth-flow.ts';
import { publishVersion } from '#test/support/register-app.ts';
import type { Person, TestApp, World } from '#test/support/world.ts';

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';

/** What a launch page posts. */
export interface Posted {
  readonly action: string;
  readonly context_token: string;
  readonly context_id: string;
}

/** The world, where the scheduler can be opened: people signed in, meetings, launches and exchanges. */
export interface LaunchSite {
  readonly world: World<any>;
  readonly launchUri: string;
  browserOf(person: Person): Promise<HttpBrowser>;
  meeting(members: Readonly<Record<string, string>>, more?: object): Promise<string>;
  /** Opens `/launch/…` and follows it up to the page that it ends at. */
  open(person: Person, query?: Readonly<Record<string, string>>, app?: TestApp): Promise<HttpPage>;
  /** The same for a person whose app is connected: the form of the launch page. */
  launch(person: Person, query?: Readonly<Record<string, string>>): Promise<Posted>;
  exchange(token: string, more?: Readonly<Record<string, string | undefined>>, as?: TestApp, at?: string): Promise<Reply>;
}

/** The version of the scheduler that can be opened. */
export const schedulerVersion = (origin: string, more: object = {}) => ({
  redirectUris: [`${origin}/callback`, `${origin}/again`],
  launchUri: `${origin}/launch`,
  permissions: {
    user: { required: ['meetings:read'], optional: ['meetings:write', 'calendar:read', 'contacts:read'] },
    tenant: { required: ['meetings.all:read'], optional: ['rooms:read', 'directory:read'] },
  },
  sharedAccess: true,
  ...more,
});

export async function launchSite(world: World<any>): Promise<LaunchSite> {
  const origin = new URL(world.apps.scheduler.redirectUri).origin;
  await publishVersion(world.manage, world.apps.scheduler.id, schedulerVersion(origin));
  const browsers = new Map<string, HttpBrowser>();
  const browserOf = async (person: Person) => {
    const known = browsers.get(person.id);
    if (known) return known;
    const browser = createHttpBrowser();
    await signIn(world, browser, person);
    browsers.set(person.id, browser);
    return browser;
  };
  const open: LaunchSite['open'] = async (person, query = {}, app = world.apps.scheduler) => {
    const all = { tenant: world.tenants.northwind, ...query };
    return (await browserOf(person)).open(`${world.issuer}/launch/${app.id}?${new URLSearchParams(all).toString()}`);
  };
  return {
    world,
    launchUri: `${origin}/launch`,
    browserOf,
    async meeting(members, more = {}) {
      const { id } = await world.manage.post(`/tenants/${world.tenants.northwind}/contexts`, {
        kind: 'meeting',
        title: 'Planning',
        members: Object.entries(members).map(([user, role]) => ({ user, role })),
        ...more,
      });
      return id;
    },
    open,
    launch: async (person, query) => postedBy(await open(person, query)),
    exchange: (token, more = {}, as = world.apps.scheduler, at = world.issuer) =>
      post(world, '/oauth/token', as, { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT, ...more }, { at }),
  };
}

export function postedBy(page: HttpPage): Posted {
  const form = page.forms.find(({ controls }) => controls.some(({ name }) => name === 'context_token'));
  if (!form) throw new Error(`No launch at ${page.url.href} (${page.status}): ${page.html}`);
  const value = (wanted: string) => form.controls.find(({ name }) => name === wanted)?.value ?? '';
  return { action: form.action, context_token: value('context_token'), context_id: value('context_id') };
}

export const claimsOf = (token: string): any => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
export const headerOf = (token: string): any => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
