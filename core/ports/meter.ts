/** What is measured: its unit, and by what it is told apart. */
export const METRICS = {
  /** Messages that were put on a listener's queue. */
  EventsDispatched: { unit: "Count", by: "listener" },
  /** Events that a listener has worked on to the end. */
  EventsDelivered: { unit: "Count", by: "listener" },
  /** Tries that failed: an event that fails three times counts three. */
  EventsFailed: { unit: "Count", by: "listener" },
  /** Tries that ended in the listener's asking for the event later. */
  EventsPostponed: { unit: "Count", by: "listener" },
  /** Events that were put aside after their last try. */
  EventsParked: { unit: "Count", by: "listener" },
  /** From an event's being put on the queue until the listener that worked on it to the end was given it. */
  AgeAtDelivery: { unit: "Milliseconds", by: "listener" },
  /** After hooks, and hooks at points, that failed. */
  HookFailures: { unit: "Count", by: "plugin" },
} as const;

export type Metric = keyof typeof METRICS;

export interface Meter {
  /** Notes a value: how many, or how long. @param of the listener, by its queue's name, or the plugin */
  add(metric: Metric, of: string, value?: number): void;
}

/** Where nobody counts. */
export const SILENT: Meter = { add: () => undefined };

/** What was measured of one listener or plugin. */
export interface Measured {
  readonly by: (typeof METRICS)[Metric]["by"];
  readonly of: string;
  /** Counts added up; of times each. */
  readonly values: ReadonlyMap<Metric, readonly number[]>;
}

/** A meter that keeps what it is told until it is taken. */
export interface Measures extends Meter {
  /** What was noted of one listener or plugin so far: a count, or each time. */
  of(metric: Metric, of: string): readonly number[];
  take(): readonly Measured[];
}

export const measures = (): Measures => {
  let kept = new Map<
    string,
    { readonly by: Measured["by"]; readonly of: string; readonly values: Map<Metric, number[]> }
  >();
  return {
    add: (metric, of, value = 1) => {
      const { unit, by } = METRICS[metric];
      const key = `${by} ${of}`;
      const one = kept.get(key) ?? { by, of, values: new Map<Metric, number[]>() };
      kept.set(key, one);
      const values = one.values.get(metric) ?? [];
      one.values.set(metric, values);
      if (unit === "Count") values[0] = (values[0] ?? 0) + value;
      else values.push(value);
    },
    of: (metric, of) => kept.get(`${METRICS[metric].by} ${of}`)?.values.get(metric) ?? [],
    take: () => {
      const taken = [...kept.values()];
      kept = new Map();
      return taken;
    },
  };
};
