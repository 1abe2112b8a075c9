interface Caller {
  readonly clientId: string;
  readonly [metadata: string]: unknown;
}

interface Introspected {
  readonly kind: string;
  readonly clientId?: string | undefined;
  readonly aud?: string | readonly string[] | undefined;
}

/**
 * Who may learn of a token: the client that it was issued to, and, for access tokens, a registered resource server
 * that it is meant for (all of them, when it was bound to none). For everyone else it is inactive (xP12).
 */
export function mayIntrospect(caller: Caller, token: Introspected): boolean {
  if (token.clientId === caller.clientId) return true;
  if (caller['assent_kind'] !== 'resource_server' || token.kind !== 'AccessToken') return false;
  return token.aud === undefined || [token.aud].flat().includes(String(caller['assent_audience']));
}
