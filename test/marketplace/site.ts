import { startPagesSite, type PagesSite } from '#test/support/pages-site.ts';

export { LAUNCH } from '#test/support/pages-site.ts';

export type MarketSite = PagesSite;

export const startMarketSite = (): Promise<MarketSite> =>
  startPagesSite({
    user: { required: ['meetings:read'], optional: ['meetings:write', 'contacts:read', 'messages:read'] },
    tenant: { required: ['notices:send'], optional: ['rooms:read', 'meetings.all:read', 'files.all:write'] },
  });
