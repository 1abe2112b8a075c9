import type { z } from 'zod';

import { AppError } from '#src/errors.ts';
import type { Page, StoredRecord } from '#src/storage/record-store.ts';

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

/** A JSON text on each line: a whole list, however long. */
export interface LinesAnswer<S extends z.ZodType = z.ZodType> {
  readonly form: 'lines';
  readonly status: 200;
  /** Of one line. */
  readonly schema: S;
}

export type Answer = RecordAnswer | PageAnswer | LinesAnswer | EmptyAnswer;

export const tagged = <S extends z.ZodType>(schema: S): RecordAnswer<S> => ({ form: 'record', status: 200, schema, tagged: true });
export const plain = <S extends z.ZodType>(schema: S): RecordAnswer<S> => ({ form: 'record', status: 200, schema, tagged: false });
export const created = <S extends z.ZodType>(schema: S): RecordAnswer<S> => ({ form: 'record', status: 201, schema, tagged: true });
/** Made, with something in the answer that is never shown again, so that it is no reading of a record. */
export const createdOnce = <S extends z.ZodType>(schema: S): RecordAnswer<S> => ({ form: 'record', status: 201, schema, tagged: false });
export const pageOf = <S extends z.ZodType>(schema: S): PageAnswer<S> => ({ form: 'page', status: 200, schema });
export const linesOf = <S extends z.ZodType>(schema: S): LinesAnswer<S> => ({ form: 'lines', status: 200, schema });
export const nothing: EmptyAnswer = { form: 'empty', status: 204 };

/** What a handler returns for each form. `next` is the store's own cursor; the edge seals it. */
export type Outcome<A extends Answer> =
  A extends PageAnswer<infer S>
    ? { readonly items: readonly z.input<S>[]; readonly next: string | undefined }
    : A extends LinesAnswer<infer S>
      ? { readonly pages: AsyncGenerator<readonly z.input<S>[], void> }
      : A extends RecordAnswer<infer S>
        ? { readonly body: z.input<S>; readonly version?: number; readonly location?: string }
        : void;

/** A record as an answer, or `not_found`: what is another tenant's is as if it were not there (I5). */
export function shown<T>(record: StoredRecord<T> | undefined): { body: T; version: number };
export function shown<T, S>(record: StoredRecord<T> | undefined, show: (value: T) => S): { body: S; version: number };
export function shown<T>(record: StoredRecord<T> | undefined, show: (value: T) => unknown = (value) => value) {
  if (!record) throw new AppError('not_found');
  return { body: show(record.value), version: record.version };
}

/** A page of records as an answer. */
export function shownPage<T>(page: Page<T>): { items: T[]; next: string | undefined };
export function shownPage<T, S>(page: Page<T>, show: (value: T) => S): { items: S[]; next: string | undefined };
export function shownPage<T>({ records, next }: Page<T>, show: (value: T) => unknown = (value) => value) {
  return { items: records.map(({ value }) => show(value)), next };
}

/** A path below `/api/v1` with ids in it; an id may hold any visible character. */
export const at = (texts: TemplateStringsArray, ...ids: readonly string[]): string =>
  String.raw({ raw: texts }, ...ids.map((id) => encodeURIComponent(id)));
