/** What an admin can ask the trail about: the words before the dot of events' types, in the order in which pages offer them. */
export const ABOUT: readonly (readonly [type: string, words: string])[] = [
  ['app', 'Apps: authorized, installed, removed'],
  ['permissions', 'Apps: what they may do'],
  ['shared_access', 'Apps: shared access'],
  ['installation', 'Apps: suspended or resumed'],
  ['data_range', 'Apps: whose data they reach'],
  ['tokens', 'Apps: tokens ended'],
  ['approval', 'Approvals'],
  ['review', 'Reviews'],
  ['rules', 'Rules'],
  ['delegation', 'Delegations'],
  ['member', 'Members'],
  ['group', 'Groups'],
  ['role', 'Roles'],
  ['resource', 'Resources'],
  ['resource_right', 'Rights on resources'],
  ['context', 'Meetings and the like'],
];
