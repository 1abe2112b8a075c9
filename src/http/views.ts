import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ejs from 'ejs';

/** Templates by name (`sign-in/sign-in`). Each knows one name, `view`; partials are `include('/partials/…', { view })`. */
export interface Views {
  html(name: string, view: object): string;
  /** For plain text: nothing is escaped. */
  text(name: string, view: object): string;
}

export function createViews(folder: string, { checkFields }: { checkFields: boolean }): Views {
  const compiled = new Map<string, ejs.TemplateFunction>();
  const template = (name: string, escape?: (markup?: unknown) => string): ejs.TemplateFunction => {
    const key = escape ? `${name} as text` : name;
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const filename = join(folder, `${name}.ejs`);
    const made = ejs.compile(readFileSync(filename, 'utf8'), {
      filename,
      root: folder,
      cache: true,
      strict: true,
      destructuredLocals: ['view'],
      ...(escape && { escape }),
    });
    compiled.set(key, made);
    return made;
  };
  const checked = (view: object, name: string) => ({ view: checkFields ? strict(view, name) : view });
  return {
    html: (name, view) => template(name)(checked(view, name)),
    text: (name, view) => template(name, String)(checked(view, name)),
  };
}

/** Throws where a template reads a field that its view does not have, instead of showing nothing. */
function strict<T extends object>(view: T, name: string): T {
  return new Proxy(view, {
    get(target, field, receiver) {
      const value: unknown = Reflect.get(target, field, receiver);
      if (value === undefined && typeof field === 'string' && !(field in target) && !Array.isArray(target)) {
        throw new Error(`views/${name}.ejs reads "${field}", which its view does not have`);
      }
      return isPlain(value) ? strict(value, name) : value;
    },
  });
}

const isPlain = (value: unknown): value is object =>
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null));
