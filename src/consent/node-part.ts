import { oneOf, rightInWords } from '#src/apps/resource-permissions.ts';
import type { SeenNode } from '#src/resources/choose-nodes.ts';
import { holdsRight, nodeRefOf, type ChosenNode } from '#src/resources/resource.ts';
import { displayText } from '#src/http/display-text.ts';

import type { ChosenTenant, ConsentFacts } from './consent-view.ts';
import type { SortedScopes } from './requested-scopes.ts';
import type { NodeDraft, ResourceChoice } from './resource-choices.ts';

export interface NodeOption {
  readonly id: string;
  /** Which node of this id it is; with the form it says what was shown (xC4). */
  readonly as: string;
  readonly title: string;
  /** What stands above it, or `''`. */
  readonly where: string;
  readonly checked: boolean;
}

/** A choice of nodes on the page: of exactly one, or of several. */
export interface NodePart {
  readonly field: string;
  readonly title: string;
  readonly hint: string;
  readonly one: boolean;
  readonly required: boolean;
  readonly approving: boolean;
  readonly options: readonly NodeOption[];
  readonly query: string;
  /** Whether there are so many that one has to look. */
  readonly searchable: boolean;
  readonly next: string | undefined;
  /** Why there is nothing to choose from, or `''`. */
  readonly nothing: string;
  /** What the person chose gives, or what is wrong with it. */
  readonly given: GivenNodes;
  /** What is decided on besides the node. */
  readonly permission: string;
  /** What was asked, for the digest of what was shown. */
  readonly asked: readonly unknown[];
}

export type GivenNodes = { readonly problem: string } | { readonly nodes: readonly ChosenNode[] };

/** What was given before, in words. */
export interface HeldNodes {
  readonly words: string;
  readonly titles: readonly string[];
}

const FEW = 5;

const words = (text: string): string => displayText(text, 200);

const isQuestion = ({ held }: ResourceChoice): boolean => held.length === 0;

const heldNodes = ({ ask, kind, held }: ResourceChoice): HeldNodes => ({
  words: rightInWords(ask.right, `the ${kind.title}`),
  titles: held.map(({ node }) => words(node.title)),
});

const optionOf = ({ node, above }: SeenNode, checked: boolean): NodeOption => ({ id: node.id, as: `${node.incarnation} ${node.id}`, title: words(node.title), where: above.map(words).join(' › '), checked });

function nodePart(choice: ResourceChoice, { approving, draft }: { approving: boolean; draft: NodeDraft | undefined }): NodePart {
  const { ask, kind, found, chosen } = choice;
  const ids = chosen.map(({ id }) => id);
  const kept = chosen.flatMap(({ id, seen }) => (seen?.right !== undefined && !found.nodes.some(({ node }) => node.id === id) ? [optionOf(seen, true)] : []));
  const named = ask.identifier !== null;
  const options = [...kept, ...found.nodes.map((each) => optionOf(each, ids.includes(each.node.id) || (named && ask.required && !draft)))];
  return {
    field: ask.field,
    title: wantedRight(choice),
    hint: hintOf(choice),
    one: kind.pick === 'one' || named,
    required: ask.required,
    approving,
    options: choice.hopeless ? [] : options,
    query: words(draft?.query ?? ''),
    searchable: !named && (options.length > FEW || found.next !== undefined || (draft?.query ?? '') !== ''),
    next: found.next,
    nothing: nothingOf(choice, options.length > 0, draft?.query ?? ''),
    given: givenNodes(choice),
    permission: ask.permission,
    asked: [ask.identity, ask.kind, ask.right, ask.template, ask.identifier, ask.required, ask.needs, choice.hopeless],
  };
}

function hintOf({ ask, kind }: ResourceChoice): string {
  const what = ask.template === null ? kind.title : `${kind.title} made for ${ask.template}`;
  if (ask.identifier !== null) return `It reaches this ${kind.title} and all below it, and nowhere else.`;
  const how = kind.pick === 'one' ? `Choose one ${what}.` : `Choose every ${what} that it may reach.`;
  return `${how} It reaches that and all below it, and nowhere else.`;
}

/** What the app asks for, as a heading. */
export const wantedRight = ({ ask, kind }: ResourceChoice): string =>
  rightInWords(ask.right, ask.identifier !== null ? `this ${kind.title}` : kind.pick === 'one' ? `one ${kind.title}` : oneOf(kind));

/** Which right is missing on what (S4). */
export function missingRight({ ask, kind, found }: ResourceChoice): string {
  const [named] = found.nodes;
  if (ask.identifier === null) return `You need the right “${inWords(ask.needs)}” on ${oneOf(kind)} for that, and you have it on none.`;
  if (!named) return `The ${kind.title} that it means is not there, or you have no right on it.`;
  return `You need the right “${inWords(ask.needs)}” on “${words(named.node.title)}” for that; you have “${inWords(named.right ?? '')}”.`;
}

const inWords = (right: string): string => right.replace('_', ' ');

function nothingOf(choice: ResourceChoice, hasOptions: boolean, query: string): string {
  const { kind, found, hopeless } = choice;
  if (hopeless) return missingRight(choice);
  if (hasOptions) return '';
  if (found.next !== undefined) return `None that you may choose among these. Look on, or search for the name of the ${kind.title}.`;
  return query.trim() === '' ? `There is no ${kind.title} that you may choose.` : `No ${kind.title} that you may choose begins with that, nor does a word of its name.`;
}

/** What is wrong with what was chosen, in words; else what it gives. */
function givenNodes({ ask, kind, chosen }: ResourceChoice): GivenNodes {
  if (chosen.length > 1 && (kind.pick === 'one' || ask.identifier !== null)) return { problem: `Choose one ${kind.title}.` };
  if (ask.identifier !== null && chosen.some(({ id }) => id !== ask.identifier)) return { problem: `Choose the ${kind.title} that it asks for, or none.` };
  if (chosen.length === 0 && ask.required) return { problem: kind.pick === 'one' ? `Choose one ${kind.title}.` : `Choose at least one ${kind.title}.` };
  for (const { seen } of chosen) {
    if (seen?.right === undefined) return { problem: `The ${kind.title} that you chose is not there any more, or you have no right on it. Choose another.` };
    if (ask.template !== null && seen.node.template !== ask.template) return { problem: `“${words(seen.node.title)}” is not made for ${ask.template}. Choose another.` };
    if (!holdsRight(seen.right, ask.needs)) {
      return { problem: `You need the right “${inWords(ask.needs)}” on “${words(seen.node.title)}” for that; you have “${inWords(seen.right)}”. Choose another.` };
    }
  }
  const nodes = chosen.flatMap(({ seen }) => (seen ? [{ ...nodeRefOf(seen.node), right: ask.right, needs: ask.needs, permission: ask.permission }] : []));
  return { nodes };
}

/** What the person can choose now, and what was chosen before. */
export function nodeParts({ draft }: Pick<ConsentFacts, 'draft'>, { resources }: ChosenTenant, { onNodes, approving }: SortedScopes): { nodes: NodePart[]; heldNodes: HeldNodes[] } {
  const ours = resources.filter(({ ask }) => onNodes.includes(ask));
  return {
    nodes: ours.filter(isQuestion).map((choice) => nodePart(choice, { approving: approving.includes(choice.ask.permission), draft: draft?.nodes?.[choice.ask.field] })),
    heldNodes: ours.filter((choice) => !isQuestion(choice)).map(heldNodes),
  };
}
