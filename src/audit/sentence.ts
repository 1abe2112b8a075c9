import type { Actor, AssentEvent, Happening } from '#src/events.ts';
import { displayText } from '#src/http/display-text.ts';
import type { ResourceGrant } from '#src/resources/resource.ts';

import type { Names } from './names.ts';

type Type = Happening['type'];
type Of<T extends Type, H = Happening> = H extends Happening ? (T extends H['type'] ? H : never) : never;

interface Told {
  /** Who did it, to begin the sentence with. */
  readonly who: string;
  readonly actor: Actor;
  readonly names: Names;
}

type Sentences = { readonly [T in Type]: (event: Of<T>, told: Told) => string };

/** Each type of events in words. A type without words does not compile. */
const SENTENCES: Sentences = {
  'tenant.created': ({ name }, { who }) => `${who} created the organisation ${displayText(name)}`,
  'tenant.updated': (_, { who }) => `${who} changed the organisation’s name or whether it is active`,
  'member.added': ({ user, role }, { who, names }) => `${who} added ${names.person(user)} with the role ${names.role(role)}`,
  'member.updated': ({ user, role, status }, { who, names }) =>
    status === 'inactive' ? `${who} deactivated the membership of ${names.person(user)}` : `${who} set the membership of ${names.person(user)}: active, with the role ${names.role(role)}`,
  'member.removed': ({ user }, { who, names }) => `${who} removed ${names.person(user)} from the organisation`,
  'role.created': ({ role }, { who, names }) => `${who} created the role ${names.role(role)}`,
  'role.updated': ({ role }, { who, names }) => `${who} changed the role ${names.role(role)}`,
  'role.removed': ({ role }, { who, names }) => `${who} removed the role ${names.role(role)}`,
  'group.created': ({ group }, { who, names }) => `${who} created the group ${names.group(group)}`,
  'group.updated': ({ group }, { who, names }) => `${who} renamed the group ${names.group(group)}`,
  'group.removed': ({ group }, { who, names }) => `${who} removed the group ${names.group(group)}`,
  'group.member_added': ({ group, user }, { who, names }) => `${who} put ${names.person(user)} into the group ${names.group(group)}`,
  'group.member_removed': ({ group, user }, { who, names }) => `${who} took ${names.person(user)} out of the group ${names.group(group)}`,
  'delegation.given': ({ giver, receiver }, { who, actor, names }) =>
    isBy(actor, giver) ? `${who} delegated to ${names.person(receiver)}` : `${who} recorded that ${names.person(giver)} delegates to ${names.person(receiver)}`,
  'delegation.changed': ({ giver, receiver }, { who, names }) => `${who} changed the delegation from ${names.person(giver)} to ${names.person(receiver)}`,
  'delegation.ended': ({ giver, receiver }, { who, names }) => `${who} ended the delegation from ${names.person(giver)} to ${names.person(receiver)}`,
  'user.created': ({ user }, { who, names }) => `${who} created the account of ${names.person(user)}`,
  'user.updated': ({ user }, { who, names }) => `${who} changed the account of ${names.person(user)}`,
  'user.password_changed': ({ user }, { who, actor, names }) => (isBy(actor, user) ? `${who} changed their password` : `${who} set a password for ${names.person(user)}`),
  'user.signed_in': (_, { who }) => `${who} signed in`,
  'user.signed_out': ({ user, session }, { who, actor, names }) =>
    `${who} signed ${isBy(actor, user) ? '' : `${names.person(user)} `}out${session === 'all' ? ' everywhere' : ''}`,
  'app.registered': ({ app }, { who, names }) => `${who} registered ${names.app(app)}`,
  'app.updated': ({ app }, { who, names }) => `${who} changed the details of ${names.app(app)}`,
  'app.disabled': ({ app }, { who, names }) => `${who} switched ${names.app(app)} off everywhere`,
  'app.enabled': ({ app }, { who, names }) => `${who} switched ${names.app(app)} on again`,
  'app.secret_added': ({ app }, { who, names }) => `${who} made a client secret for ${names.app(app)}`,
  'app.secret_removed': ({ app }, { who, names }) => `${who} removed a client secret of ${names.app(app)}`,
  'app.version_created': ({ app }, { who, names }) => `${who} began a version of ${names.app(app)}`,
  'app.version_updated': ({ app }, { who, names }) => `${who} changed a version of ${names.app(app)}`,
  'app.version_submitted': ({ app }, { who, names }) => `${who} handed in a version of ${names.app(app)}`,
  'app.version_returned': ({ app }, { who, names }) => `${who} returned a version of ${names.app(app)}`,
  'app.version_published': ({ app }, { who, names }) => `${who} published a version of ${names.app(app)}`,
  'app.authorized': ({ app, user }, { who, actor, names }) => `${who} authorized ${names.app(app)}${isBy(actor, user) ? '' : ` for ${names.person(user)}`}`,
  'app.deauthorized': ({ app, user }, { who, actor, names }) =>
    isBy(actor, app) ? `${who} gave up what ${names.person(user)} had allowed it` : `${who} removed ${names.app(app)} ${isBy(actor, user) ? 'from their account' : `for ${names.person(user)}`}`,
  'permissions.changed': (event, { who, actor, names }) =>
    `${who} changed what ${isBy(actor, event.app) ? 'it' : names.app(event.app)} may do ${'user' in event ? (isBy(actor, event.user) ? 'for them' : `for ${names.person(event.user)}`) : 'for the organisation'}`,
  'app.installed': ({ app }, { who, names }) => `${who} installed ${names.app(app)} for the organisation`,
  'app.uninstalled': ({ app, installation }, { who, names }) =>
    installation === undefined ? `${who} removed ${names.app(app)} with everything it had here` : `${who} uninstalled ${names.app(app)}`,
  'app.revocation_started': ({ app }, { who, names }) => `${who} began to take ${names.app(app)} away from everybody`,
  'app.revocation_finished': ({ app }, { names }) => `${names.app(app)} was taken away from everybody`,
  'installation.suspended': ({ app }, { who, names }) => `${who} suspended ${names.app(app)}`,
  'installation.resumed': ({ app }, { who, names }) => `${who} let ${names.app(app)} work again`,
  'data_range.changed': ({ app }, { who, names }) => `${who} changed whose data ${names.app(app)} reaches`,
  'permission.retired': ({ app, permission }, { names }) => `${names.app(app)} holds a permission that is no longer offered: ${names.permission(permission)}`,
  'shared_access.granted': ({ app, user }, { who, actor, names }) => `${who} let ${names.app(app)} use what others share with ${isBy(actor, user) ? 'them' : names.person(user)}`,
  'shared_access.revoked': ({ app, user }, { who, actor, names }) => `${who} no longer lets ${names.app(app)} use what others share with ${isBy(actor, user) ? 'them' : names.person(user)}`,
  'tokens.revoked': ({ app, user, reason }, { who, names }) => {
    const whose = user === undefined ? '' : ` for ${names.person(user)}`;
    if (reason === 'revoked_by_app') return `${who} ended its own access${whose}`;
    return `Tokens of ${names.app(app)}${whose} were ended: a ${reason === 'code_replayed' ? 'code' : 'refresh token'} was used twice`;
  },
  'rules.changed': (_, { who }) => `${who} changed the rules for apps`,
  'approval.given': ({ app }, { who, names }) => `${who} approved ${names.app(app)}`,
  'approval.withdrawn': ({ app }, { who, names }) => `${who} withdrew the approval of ${names.app(app)}`,
  'approval.blocked': ({ app }, { who, names }) => `${who} blocked ${names.app(app)}`,
  'approval.unblocked': ({ app }, { who, names }) => `${who} unblocked ${names.app(app)}`,
  'review.requested': ({ app }, { who, actor, names }) => `${who} asked for approval${isBy(actor, app) ? '' : ` of ${names.app(app)}`}`,
  'review.joined': ({ app }, { who, actor, names }) => `${who} also asked for approval${isBy(actor, app) ? '' : ` of ${names.app(app)}`}`,
  'review.approved': ({ app }, { who, names }) => `${who} approved what ${names.app(app)} asked for`,
  'review.denied': ({ app }, { who, names }) => `${who} denied what ${names.app(app)} asked for`,
  'review.blocked': ({ app }, { who, names }) => `${who} blocked ${names.app(app)} and closed its review`,
  'review.expired': ({ app }, { names }) => `The review of ${names.app(app)} ran out without a decision`,
  'review.about_to_expire': ({ app, daysLeft }, { names }) => `The review of ${names.app(app)} runs out in ${daysLeft === 1 ? 'one day' : `${daysLeft} days`}`,
  'context.opened': ({ kind, context }, { who }) => `${who} opened the ${displayText(kind)} ${context}`,
  'context.ended': ({ context }, { who }) => `${who} ended ${context}`,
  'context.member_joined': (event, { who, actor, names }) => `${joiner(event, who, actor, names)} joined ${event.context} as ${displayText(event.role)}`,
  'context.member_left': (event, { who, actor, names }) => `${joiner(event, who, actor, names)} left ${event.context}`,
  'context.owner_invited': ({ context, app }, { who, names }) => `${who} invited whoever runs ${context} to ${names.app(app)}`,
  'context.role_changed': (event, { who, names }) => `${who} made ${guestOr(event, names)} ${displayText(event.role)} in ${event.context}; before: ${displayText(event.before)}`,
  'resource.registered': (event, { who }) => `${who} registered the ${node(event)}`,
  'resource.updated': (event, { who }) => `${who} changed the ${node(event)}`,
  'resource.moved': (event, { who }) => `${who} moved the ${node(event)} ${event.parent ? `into the ${node({ kind: event.parent.kind, resource: event.parent.id })}` : 'to the top'}`,
  'resource.recycled': (event, { who }) => `${who} put the ${node(event)} into the recycle bin`,
  'resource.restored': (event, { who }) => `${who} restored the ${node(event)}`,
  'resource.deleted': (event, { who }) => `${who} deleted the ${node(event)}`,
  'resource_right.given': (event, { who, names }) => `${who} gave ${names.person(event.user)} the right ${event.right.replace('_', ' ')} on the ${node(event)}`,
  'resource_right.removed': (event, { who, names }) => `${who} took back the right of ${names.person(event.user)} on the ${node(event)}`,
  'operator.created': ({ operator }, { who }) => `${who} created the operator’s credential ${operator}`,
  'operator.removed': ({ operator }, { who }) => `${who} removed the operator’s credential ${operator}`,
  'signing_key.removed': ({ kid }, { who }) => `${who} removed the signing key ${kid}`,
  'signing_key.rotated': ({ signing }, { who }) => `${who} let the next keys sign: ${signing.join(', ')}`,
  'resource_server.registered': ({ resourceServer }, { who }) => `${who} registered the resource server ${resourceServer}`,
  'resource_server.updated': ({ resourceServer }, { who }) => `${who} changed the resource server ${resourceServer}`,
  'resource_server.removed': ({ resourceServer }, { who }) => `${who} removed the resource server ${resourceServer}`,
};

const isBy = (actor: Actor, id: string): boolean => 'id' in actor && actor.id === id;

const node = ({ kind, resource }: { kind: string; resource: string }): string => `${displayText(kind.replaceAll('_', ' '))} ${displayText(resource)}`;

const guestOr = ({ user, guest }: { user?: string; guest?: string }, names: Names): string =>
  user === undefined ? `guest ${displayText(guest ?? '')}` : names.person(user);

const joiner = (event: { user?: string; guest?: string }, who: string, actor: Actor, names: Names): string =>
  event.user !== undefined && isBy(actor, event.user) ? who : capital(guestOr(event, names));

export const capital = (text: string): string => text.slice(0, 1).toLocaleUpperCase('en') + text.slice(1);

/** Who did it, in words. To a tenant, operators are the platform that it uses. */
export function actorWords(actor: Actor, names: Names): string {
  if (actor.kind === 'user') return names.person(actor.id);
  if (actor.kind === 'app') return names.app(actor.id);
  return actor.kind === 'operator' ? 'the platform' : 'Assent';
}

export function sentenceOf(event: AssentEvent, names: Names): string {
  const tell = SENTENCES[event.type] as ((event: AssentEvent, told: Told) => string) | undefined;
  const who = capital(actorWords(event.actor, names));
  // A log that a newer server wrote to can hold what this one has no words for.
  return capital(tell?.(event, { who, actor: event.actor, names }) ?? `${who}: ${displayText(event.type)}`);
}

/** What the event says that the app holds from then on: permissions, and rights on nodes. */
export function permissionsIn(event: AssentEvent, names: Names): string[] {
  const { permissions = [], userPermissions = [], tenantPermissions = [], resources = [] } = event as Partial<
    Record<'permissions' | 'userPermissions' | 'tenantPermissions', readonly string[]> & { readonly resources: readonly ResourceGrant[] }
  >;
  return [
    ...[...new Set([...permissions, ...userPermissions, ...tenantPermissions])].map((name) => names.permission(name)),
    ...resources.map(({ kind, id, right }) => `${capital(right.replace('_', ' '))} on the ${node({ kind, resource: id })}`),
  ];
}
