import type { Right } from './resource.ts';

/** A kind of nodes, as `config/resources.yaml` has it. */
export interface ResourceKind {
  readonly name: string;
  /** In the middle of a sentence. */
  readonly title: string;
  /** Under which kinds such a node may stand; none for the top of a tree. */
  readonly parents: readonly string[];
  readonly templates: readonly string[];
  /** How many of them a person chooses for one thing that an app asks for (S3). */
  readonly pick: 'one' | 'several';
  /** What can be done with such a node, and the right that it takes; `undefined` for the names of the rights. */
  readonly actions?: Readonly<Record<string, Right>> | undefined;
}

export interface ResourceKinds {
  /** From the top downwards. */
  readonly kinds: readonly ResourceKind[];
  find(name: string): ResourceKind | undefined;
}
