/**
 * `wanted` when it is a path of ours, else `fallback`. It is read as a browser would read it: backslashes, tabs and a
 * second slash make other sites out of what looks like a path.
 */
export function ownPath(wanted: string, fallback: string): string {
  const base = 'http://here.invalid';
  const url = wanted.startsWith('/') ? URL.parse(wanted, base) : null;
  if (url === null || url.origin !== base || url.username !== '') return fallback;
  const path = url.pathname + url.search + url.hash;
  return path.startsWith('//') ? fallback : path;
}
