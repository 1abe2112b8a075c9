import type { Availability } from '#src/approvals/availability.ts';

import type { DataRange } from './installation.ts';

/** A data range is chosen with the form by which an approver says for whom an app is there (approvals/audience-form.ts). */
export const asAudience = (range: DataRange): Availability => (range.kind === 'all' ? { kind: 'everyone' } : range);

export const asDataRange = (audience: Availability): DataRange => (audience.kind === 'everyone' ? { kind: 'all' } : audience);
