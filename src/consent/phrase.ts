/**
 * A sentence with names in it that strangers chose. Pages set each name apart (`<bdi>`), so that none can turn the words
 * around it (xC6).
 */
export type Phrase = readonly { readonly text: string; readonly isName: boolean }[];

export function phrase(texts: TemplateStringsArray, ...names: readonly (string | Phrase)[]): Phrase {
  const parts = texts.flatMap((text, place): Phrase => {
    const name = names[place];
    const words = { text, isName: false };
    if (name === undefined) return [words];
    return [words, ...(typeof name === 'string' ? [{ text: name, isName: true }] : name)];
  });
  return parts.filter(({ text }) => text !== '');
}

export const plain = (parts: Phrase): string => parts.map(({ text }) => text).join('');

const MOST_NAMED = 4;

/** "Ada, Ben or Chloe"; of many, the first few. */
export function eitherOf(names: readonly string[], otherwise: string): Phrase {
  const shown = names.slice(0, MOST_NAMED);
  const [first, ...more] = [...shown, ...(names.length > MOST_NAMED ? [undefined] : [])];
  if (first === undefined) return phrase`${[{ text: otherwise, isName: false }]}`;
  return more.reduce<Phrase>((said, name, place) => {
    const before = place === more.length - 1 ? ' or ' : ', ';
    const next = name === undefined ? { text: 'somebody else in charge', isName: false } : { text: name, isName: true };
    return [...said, { text: before, isName: false }, next];
  }, [{ text: first, isName: true }]);
}
