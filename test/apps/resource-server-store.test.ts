import { describe, expect, it } from '@jest/globals';

import {
  findResourceServer, findResourceServerByAudience, listResourceServers, registerResourceServer, removeResourceServer,
  rotateResourceServerSecret, updateResourceServer,
} from '#src/apps/resource-server-store.ts';
import { secretMatches } from '#src/client-secret.ts';
import type { ResourceServerId } from '#src/ids.ts';
import { atOnce, onEachEngine, refusal, system } from '#test/support/domain.ts';

const input = { name: 'Meetings API', audience: 'https://api.platform.example/meetings' };

describe('resource servers', () => {
  onEachEngine((domain) => {
    it('are found by id and by the exact audience', async () => {
      const { deps } = domain();
      const { resourceServer, secret } = await registerResourceServer(deps, input, system);
      expect(secret).toMatch(/^assent_rs_[0-9A-Za-z]{49}$/);
      expect(secretMatches(secret, [resourceServer.secretDigest])).toBe(true);
      expect(resourceServer.tokenFormat).toBe('opaque');
      expect(await findResourceServer(deps, resourceServer.id)).toEqual(resourceServer);
      expect(await findResourceServerByAudience(deps, input.audience)).toEqual(resourceServer);
      for (const other of [`${input.audience}/`, input.audience.toUpperCase(), 'https://api.platform.example', '']) {
        expect(await findResourceServerByAudience(deps, other)).toBeUndefined();
      }
    });

    it('have an audience for themselves, also when several want it at once', async () => {
      const { deps } = domain();
      const { done, refused } = await atOnce(Array.from({ length: 6 }, () => registerResourceServer(deps, input, system)));
      expect(done).toHaveLength(1);
      expect(new Set(refused)).toEqual(new Set(['conflict']));
      expect((await listResourceServers(deps, { limit: 10 })).records).toHaveLength(1);
      expect(await refusal(registerResourceServer(deps, { ...input, audience: 'not an address' }, system))).toBe('invalid_request');
    });

    it('lose the old secret at once when it is replaced', async () => {
      const { deps } = domain();
      const { resourceServer: { id }, secret } = await registerResourceServer(deps, input, system);
      const rotated = await rotateResourceServerSecret(deps, { id }, system);
      const { secretDigest } = (await findResourceServer(deps, id))!;
      expect([secret, rotated.secret].map((each) => secretMatches(each, [secretDigest]))).toEqual([false, true]);
      expect(await updateResourceServer(deps, { id, tokenFormat: 'jwt' }, system)).toMatchObject({ ...input, tokenFormat: 'jwt', secretDigest });
    });

    it('are removed with their audience, which another one can then have', async () => {
      const { deps } = domain();
      const { resourceServer: { id } } = await registerResourceServer(deps, { ...input, id: 'rs_meetings' }, system);
      expect(await removeResourceServer(deps, { id }, system)).toBe(true);
      expect(await removeResourceServer(deps, { id }, system)).toBe(false);
      expect(await findResourceServerByAudience(deps, input.audience)).toBeUndefined();
      expect(await refusal(rotateResourceServerSecret(deps, { id: 'rs_unknown' as ResourceServerId }, system))).toBe('not_found');
      await registerResourceServer(deps, input, system);
    });
  });
});
