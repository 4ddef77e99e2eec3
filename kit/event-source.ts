import type { Pattern, Rule } from "../lib/event-pattern.ts";

/** Events of a bus that are like a pattern. Made by `need.events(…)`. */
export interface EventSource {
  readonly kind: "events";
  readonly pattern: EventPattern;
  /** The bus, of the same account and region. */
  readonly bus: string;
}

/** What an event must be like. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
export interface EventPattern {
  readonly source?: readonly Rule[];
  readonly "detail-type"?: readonly Rule[];
  readonly detail?: Pattern;
  readonly resources?: readonly Rule[];
  readonly account?: readonly Rule[];
  readonly region?: readonly Rule[];
}

/** The bus that every account has, where AWS's own services tell their events. */
export const DEFAULT_BUS_NAME = "default";

export const events = (
  pattern: EventPattern,
  { bus = DEFAULT_BUS_NAME }: { readonly bus?: string } = {},
): EventSource => ({
  kind: "events",
  pattern,
  bus,
});
