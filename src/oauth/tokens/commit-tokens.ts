import {
  consume,
  present,
  put,
  unchanged,
  unconsumed,
  type Change,
  type Expectation,
  type Write,
} from '#src/storage/record-store.ts';

import type { OAuthDeps } from '../oauth-deps.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { firstRefresh, graceUsed, rotated } from './rotation.ts';
import { familyKey, type RefreshState } from './token-records.ts';

/**
 * The one commit of a token request, in the tenant's shard: the code is consumed or the refresh token rotated, the
 * family and the access token stand, and all of it only while what they hang on is as it was read (I1, I4).
 */
export function tokenChange(unit: UnitOfWork, deps: OAuthDeps): Change | undefined {
  const { standing, code, family, exchanged } = unit;
  if (!standing) return undefined;
  const { shard } = standing;
  const expect: Expectation[] =
    standing.identity === 'user' ? [unchanged(standing.grant), unchanged(standing.member)] : [unchanged(standing.installation)];
  if (unit.alsoStanding) expect.push(unchanged(unit.alsoStanding.installation));
  const write: Write[] = [...unit.write];
  const tokenEnds = unit.accessTokenEnds * 1000;

  if (code) {
    const { binding } = code.value;
    const refresh = unit.newRefreshToken ? firstRefresh(unit.newRefreshToken.token, unit.newRefreshToken.payload, unit.newRefreshToken.expiresAt) : null;
    expect.push(unconsumed(code.key));
    write.push(
      consume(code.key),
      put(familyKey(shard, binding.family ?? ''), { binding, refresh }, {
        tenant: binding.tenant,
        expiresAt: Math.max(tokenEnds, refresh?.expiresAt ?? 0),
      }),
    );
  } else if (family) {
    const refresh = nextRefresh(unit, deps);
    if (refresh === family.value.refresh) expect.push(present(family.key));
    else {
      expect.push(unchanged(family));
      write.push(
        put(family.key, { ...family.value, refresh }, {
          tenant: family.value.binding.tenant,
          expiresAt: Math.max(tokenEnds, refresh?.expiresAt ?? 0, family.expiresAt ?? 0),
        }),
      );
    }
  }
  if (exchanged) {
    expect.push(unconsumed(exchanged.launch.key), ...exchanged.expect);
    write.push(consume(exchanged.launch.key));
  }
  // Consumption is durable (law 6); a token alone may be asked for again.
  return { shard, expect, write, durable: (code ?? family ?? exchanged) !== undefined };
}

function nextRefresh({ family, presented, newRefreshToken }: UnitOfWork, deps: OAuthDeps): RefreshState | null {
  const state = family?.value.refresh ?? null;
  if (!state || !presented || !newRefreshToken) return state;
  return presented.verdict.is === 'grace' ? graceUsed(state) : rotated(state, presented.salt, newRefreshToken, deps.rotation, deps.clock());
}
