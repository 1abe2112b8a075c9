/** A list of a site, under the id by which Assent's resource tree knows it. */
export interface List {
  readonly tenant: string;
  /** The site it stands in. */
  readonly site: { readonly id: string; readonly title: string };
  readonly id: string;
  readonly title: string;
  readonly entries: readonly string[];
}

export type Lists = ReturnType<typeof createLists>;

/** Sites, lists, and what is in them, in memory. Every question names the tenant, so no answer can come from another one. */
export function createLists(seed: readonly List[]) {
  const lists = new Map(seed.map((list) => [JSON.stringify([list.tenant, list.id]), list]));
  const find = (tenant: string, id: string): List | undefined => lists.get(JSON.stringify([tenant, id]));
  return {
    find,
    inSite: (tenant: string, site: string): readonly List[] => lists.values().filter((list) => list.tenant === tenant && list.site.id === site).toArray(),
    sitesOf: (tenant: string): readonly List['site'][] => {
      const all = lists.values().filter((list) => list.tenant === tenant);
      return new Map(all.map(({ site }) => [site.id, site])).values().toArray();
    },
    add(tenant: string, id: string, title: string): List | undefined {
      const list = find(tenant, id);
      const longer = list && { ...list, entries: [...list.entries, title] };
      if (longer) lists.set(JSON.stringify([tenant, id]), longer);
      return longer;
    },
  };
}
