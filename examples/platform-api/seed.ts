import type { List } from './lists.ts';
import type { Meeting, Person } from './records.ts';

type Plan = readonly [days: number, time: string, minutes: number, title: string];

const WORLD: readonly { tenant: string; email: string; name: string; timeZone: string; plans: readonly Plan[] }[] = [
  {
    tenant: 'Northwind',
    email: 'ada@northwind.example',
    name: 'Ada Lovelace',
    timeZone: 'Europe/London',
    plans: [
      [1, '09:00', 45, 'Board preparation'],
      [2, '13:30', 30, 'Quarterly budget with finance'],
    ],
  },
  {
    tenant: 'Northwind',
    email: 'ben@northwind.example',
    name: 'Ben Okafor',
    timeZone: 'Europe/Berlin',
    plans: [
      [1, '10:00', 15, 'Team stand-up'],
      [3, '15:00', 60, 'Warehouse walk-through'],
    ],
  },
  {
    tenant: 'Northwind',
    email: 'chloe@northwind.example',
    name: 'Chloe Martin',
    timeZone: 'Europe/Paris',
    plans: [[1, '16:00', 30, 'Interview with a designer']],
  },
  {
    tenant: 'Northwind',
    email: 'dan@northwind.example',
    name: 'Dan Silva',
    timeZone: 'Europe/Lisbon',
    plans: [[4, '11:00', 25, 'Supplier call']],
  },
  {
    tenant: 'Contoso',
    email: 'ben@northwind.example',
    name: 'Ben Okafor',
    timeZone: 'Europe/Berlin',
    plans: [[2, '09:30', 60, 'Contoso advisory board']],
  },
];

const startOf = (now: number, days: number, time: string): string =>
  `${new Date(now + days * 86_400_000).toISOString().slice(0, 10)}T${time}:00.000Z`;

/** The demo world's people and meetings, under the ids that Assent gave to its users and tenants. */
export function seed(
  ids: { readonly users: Readonly<Record<string, string>>; readonly tenants: Readonly<Record<string, string>> },
  now: number,
): { person: Person; meetings: Omit<Meeting, 'id'>[] }[] {
  return WORLD.flatMap(({ tenant: tenantName, email, name, timeZone, plans }) => {
    const tenant = ids.tenants[tenantName];
    const user = ids.users[email];
    if (tenant === undefined || user === undefined) return [];
    const meetings = plans.map(([days, time, minutes, title]) => ({ title, startsAt: startOf(now, days, time), minutes }));
    return [{ person: { tenant, user, email, name, timeZone }, meetings }];
  });
}

const SALES = { id: 'sales', title: 'Sales' };
const OFFICE = { id: 'office', title: 'Office' };

/** By tenant: the lists that stand in Assent's resource tree under these ids. */
const LISTS: readonly (Omit<List, 'tenant'> & { readonly tenant: string })[] = [
  { tenant: 'Northwind', site: SALES, id: 'sales-tasks', title: 'Sales tasks', entries: ['Call the harbour office', 'Send the price list'] },
  { tenant: 'Northwind', site: SALES, id: 'sales-follow-ups', title: 'Follow-ups', entries: ['Ask how the first delivery went'] },
  { tenant: 'Northwind', site: SALES, id: 'sales-documents', title: 'Offers', entries: ['Offer 2041.pdf', 'Offer 2042.pdf'] },
  { tenant: 'Northwind', site: OFFICE, id: 'office-tasks', title: 'Repairs', entries: ['The lift stops at two and a half'] },
  { tenant: 'Northwind', site: OFFICE, id: 'office-documents', title: 'Handbook', entries: ['Where to find what.pdf'] },
];

export const seedLists = (tenants: Readonly<Record<string, string>>): List[] =>
  LISTS.flatMap(({ tenant: name, ...list }) => {
    const tenant = tenants[name];
    return tenant === undefined ? [] : [{ tenant, ...list }];
  });
