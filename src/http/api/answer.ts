import type { z } from 'zod';

/** What a route answers when all went well. The schema is also the projection: members it does not name never leave. */
export interface RecordAnswer<S extends z.ZodType = z.ZodType> {
  readonly form: 'record';
  readonly status: 200 | 201;
  readonly schema: S;
  /** Whether the answer carries the record's version as its ETag. */
  readonly tagged: boolean;
}

export interface PageAnswer<S extends z.ZodType = z.ZodType> {
  readonly form: 'page';
  readonly status: 200;
  /** Of one item. */
  readonly schema: S;
}

export interface EmptyAnswer {
  readonly form: 'empty';
  readonly status: 204;
}

export type Answer = RecordAnswer | PageAnswer | EmptyAnswer;

export const tagged = <S extends z.ZodType>(schema: S): RecordAnswer<S> => ({ form: 'record', status: 200, schema, tagged: true });
export const plain = <S extends z.ZodType>(schema: S): RecordAnswer<S> => ({ form: 'record', status: 200, schema, tagged: false });
export const created = <S extends z.ZodType>(schema: S): RecordAnswer<S> => ({ form: 'record', status: 201, schema, tagged: true });
export const pageOf = <S extends z.ZodType>(schema: S): PageAnswer<S> => ({ form: 'page', status: 200, schema });
export const nothing: EmptyAnswer = { form: 'empty', status: 204 };

/** What a handler returns for each form. `next` is the store's own cursor; the edge seals it. */
export type Outcome<A extends Answer> =
  A extends PageAnswer<infer S>
    ? { readonly items: readonly z.input<S>[]; readonly next: string | undefined }
    : A extends RecordAnswer<infer S>
      ? { readonly body: z.input<S>; readonly version?: number; readonly location?: string }
      : void;
