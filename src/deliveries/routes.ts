import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { pageOf, shownPage } from '#src/http/api/answer.ts';
import { idText, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';

import type { DeliveryFailure } from './delivery.ts';
import { deliveryFailures } from './delivery-store.ts';

const failure = z
  .object({
    reader: z.string().meta({ description: 'What was to bring it.', example: 'mail' }),
    event: idText.meta({ description: 'Id of the event.' }),
    type: z.string().meta({ description: 'Type of the event.', example: 'review.requested' }),
    tenant: idText.nullable(),
    receiver: idText.nullable().meta({ description: 'Whom it was for: a user, for mail. `null` when that could not be found out.' }),
    tries: z.number().int(),
    why: z.string().meta({ description: 'How the last try ended.' }),
    at: time,
  })
  .meta({ id: 'DeliveryFailure', description: 'News that could not be delivered and was given up.' });

const inWords = ({ event, ...rest }: DeliveryFailure) => ({ ...rest, event: event.id, type: event.type, tenant: event.tenant });

export const deliveriesRoutes = [
  route({
    tag: 'Deliveries',
    method: 'get',
    path: '/delivery-failures',
    operationId: 'listDeliveryFailures',
    summary: 'List what was given up in the last 30 days',
    scope: 'read',
    answer: pageOf(failure),
    handle: async (deps: Deps, { page }) => shownPage(await deliveryFailures(deps, page), inWords),
  }),
];
