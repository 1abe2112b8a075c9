/** What a badge or a notice says beside its words; the class that colours it. */
export type Tone = '' | 'ok' | 'warn' | 'danger';

/** A word or two in a coloured box. */
export interface Badge {
  readonly text: string;
  readonly tone: Tone;
}
