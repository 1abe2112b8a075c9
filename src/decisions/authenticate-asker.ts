import { resourceServerKey } from '#src/apps/resource-server-store.ts';
import type { ResourceServer } from '#src/apps/resource-server.ts';
import { secretMatches } from '#src/client-secret.ts';
import type { ResourceServerId } from '#src/ids.ts';
import type { RecentReads } from '#src/storage/recent-reads.ts';

/** Who may ask: a registered resource server with its credentials, as at introspection (RFC 6749, section 2.3.1). */
export async function authenticateAsker({ readRecent }: Pick<RecentReads, 'readRecent'>, authorization: string): Promise<ResourceServer | undefined> {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8'))?.map(formDecoded) ?? [];
  if (!id?.startsWith('rs_') || secret === undefined) return undefined;
  const record = await readRecent(resourceServerKey(id as ResourceServerId));
  return record && secretMatches(secret, [record.value.secretDigest]) ? record.value : undefined;
}

function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
