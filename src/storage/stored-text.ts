/**
 * Ids and sort keys are any JavaScript text; storage engines are less tolerant (SQLite's string functions stop at
 * NUL, UTF-8 has no lone surrogates and turns them all into one character, so two ids would become one key). These
 * functions map any text to UTF-8-safe text without U+0000 and U+0002, one to one and keeping the order, so that
 * engines may use U+0000 and U+0002 as separators.
 */
const UNSAFE = /[\0-\x02\uffff]|[\ud800-\udfff]/u;
const UNSAFE_ALL = new RegExp(UNSAFE, 'gu');
const ESCAPED = /\x01[\x03-\x05]|\uffff[0-9a-f]{4}/g;

export function toStoredText(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escape) : text;
}

export function fromStoredText(stored: string): string {
  return stored.includes('\x01') || stored.includes('\uffff') ? stored.replace(ESCAPED, unescape) : stored;
}

/**
 * The least stored text that is greater than every stored text beginning with `prefix`, or `undefined` when there is
 * none. UTF-8 bytes and code points have the same order.
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last === 0x10ffff) continue;
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

function escape(character: string): string {
  const code = character.charCodeAt(0);
  return code <= 2 ? `\x01${String.fromCharCode(code + 3)}` : `\uffff${code.toString(16)}`;
}

function unescape(escaped: string): string {
  return escaped[0] === '\x01'
    ? String.fromCharCode(escaped.charCodeAt(1) - 3)
    : String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
}
