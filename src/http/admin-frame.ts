import type { Entitlement } from '#src/tenants/entitlement.ts';
import type { Capability } from '#src/tenants/role.ts';
import type { Tenant } from '#src/tenants/tenant.ts';

import type { PageFrame } from './render.ts';
import type { WebContext } from './web-context.ts';

/** A part of the administration of a tenant, as `server.ts` lists them: a tab above its pages. */
export interface AdminSection {
  readonly label: string;
  /** Below `/admin/{tenant}/`. */
  readonly path: string;
  /** Shown to those who have one of these. */
  readonly needs: readonly Capability[];
}

export interface AdminPlace extends Pick<Entitlement, 'member' | 'capabilities'> {
  readonly tenant: Tenant;
}

export function adminOf(ctx: WebContext): AdminPlace {
  if (!ctx.state.admin) throw new Error('This page is not behind requireAdmin');
  return ctx.state.admin;
}

/** A path below `/admin`: the parts are ids or names, which may hold any visible character. */
export const adminPath = (...parts: readonly string[]): string => ['/admin', ...parts.map((part) => encodeURIComponent(part))].join('/');

export const sectionsFor = (ctx: WebContext, { capabilities }: Pick<AdminPlace, 'capabilities'>): readonly AdminSection[] =>
  ctx.state.site.adminSections.filter(({ needs }) => needs.some((capability) => capabilities.includes(capability)));

/** The frame of an admin page: the tabs that the person may open, and the one that the page belongs to. */
export function adminFrame(ctx: WebContext, title: string, current: AdminSection): PageFrame {
  const place = adminOf(ctx);
  const sections = sectionsFor(ctx, place);
  const shown = sections.some(({ path }) => path === current.path) ? sections : [current, ...sections];
  const tabs = shown.map(({ label, path }) => ({ label, href: adminPath(place.tenant.id, path), current: path === current.path }));
  return { title, width: 'wide', tabs, place: place.tenant.name };
}
