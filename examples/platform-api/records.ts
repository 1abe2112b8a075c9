import { randomUUID } from 'node:crypto';

export interface Person {
  readonly tenant: string;
  readonly user: string;
  readonly email: string;
  readonly name: string;
  readonly timeZone: string;
}

export interface Meeting {
  readonly id: string;
  readonly title: string;
  /** ISO 8601, UTC. */
  readonly startsAt: string;
  readonly minutes: number;
}

export interface CalendarDay {
  readonly date: string;
  readonly busy: readonly { readonly from: string; readonly to: string }[];
}

export type Records = ReturnType<typeof createRecords>;

/** All the data there is, in memory. Every question names the tenant, so no answer can come from another one. */
export function createRecords(seed: readonly { person: Person; meetings: readonly Omit<Meeting, 'id'>[] }[]) {
  const people = new Map<string, Person>();
  const meetings = new Map<string, Meeting[]>();
  const at = (tenant: string, user: string) => JSON.stringify([tenant, user]);

  const add = (tenant: string, user: string, meeting: Omit<Meeting, 'id'>): Meeting => {
    const added = { id: randomUUID(), ...meeting };
    meetings.set(at(tenant, user), [...(meetings.get(at(tenant, user)) ?? []), added]);
    return added;
  };
  const meetingsOf = (tenant: string, user: string): readonly Meeting[] =>
    (meetings.get(at(tenant, user)) ?? []).toSorted((a, b) => a.startsAt.localeCompare(b.startsAt));

  for (const { person, meetings: own } of seed) {
    people.set(at(person.tenant, person.user), person);
    for (const meeting of own) add(person.tenant, person.user, meeting);
  }

  return {
    add,
    meetingsOf,
    person: (tenant: string, user: string): Person | undefined => people.get(at(tenant, user)),
    members: (): readonly Person[] => people.values().toArray(),
    peopleOf: (tenant: string): readonly Person[] => people.values().filter((person) => person.tenant === tenant).toArray(),
    /** A user id from a user id or an e-mail address; text that is neither stays as it is. */
    userNamed: (name: string): string => people.values().find(({ email }) => email === name.toLowerCase())?.user ?? name,
    calendarOf: (tenant: string, user: string): readonly CalendarDay[] =>
      Object.entries(Object.groupBy(meetingsOf(tenant, user), ({ startsAt }) => startsAt.slice(0, 10))).map(
        ([date, day = []]) => ({
          date,
          busy: day.map(({ startsAt, minutes }) => ({
            from: startsAt,
            to: new Date(Date.parse(startsAt) + minutes * 60_000).toISOString(),
          })),
        }),
      ),
  };
}
