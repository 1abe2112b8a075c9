/** A text as searches compare it: lower case, without marks. */
export const plainText = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLocaleLowerCase('en');

/** Its words, each once: letters and digits only. */
export const wordsOf = (text: string): string[] => [...new Set(plainText(text).split(/[^\p{L}\p{N}]+/u).filter((word) => word !== ''))];
