/**
 * How long an engine remembers a deletion, in ms, so that a late event can't bring the record back: longer than a
 * message can live in a queue and its dead-letter queue (14 days each in SQS).
 */
export const TOMBSTONE_LIFE = 60 * 24 * 60 * 60 * 1000;
