/**
 * Text that strangers chose (names of apps, developers, people), made fit to stand on a page. It cannot turn the text
 * around it, hide in it or push it away: invisible characters go, those that steer direction or lines show as `�`,
 * stacked marks are cut, and it is one line of bounded length. Escaping is the template's work, not this function's.
 */
export function displayText(text: string, longest = 80): string {
  const oneLine = text
    .normalize('NFC')
    .replace(/[\p{Bidi_Control}\p{Cs}\p{Co}]|(?!\s)\p{Cc}/gu, '�')
    .replace(/(?![\uFE0E\uFE0F])[\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(/\s+/gu, ' ')
    .trim();
  const characters = [...oneLine];
  return characters.length <= longest ? oneLine : `${characters.slice(0, longest - 1).join('').trimEnd()}…`;
}

/** The letter that stands for a name where there is no picture. */
export const initialOf = (name: string): string =>
  [...name].find((character) => /[\p{L}\p{N}]/u.test(character))?.toLocaleUpperCase('en') ?? '•';
