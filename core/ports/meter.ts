/** All metrics with their unit and the field of the log line that says whose they are. */
export const METRICS = {
  /** Messages sent to a listener's queue. */
  EventsDispatched: { unit: "Count", by: "listener" },
  /** Events that a listener processed successfully. */
  EventsDelivered: { unit: "Count", by: "listener" },
  /** Failed attempts: an event that fails three times counts three. */
  EventsFailed: { unit: "Count", by: "listener" },
  /** Attempts that a listener postponed. */
  EventsPostponed: { unit: "Count", by: "listener" },
  /** Events moved to the dead-letter queue. */
  EventsDeadLettered: { unit: "Count", by: "listener" },
  /** Time from sending an event to the queue until the start of its successful attempt. */
  AgeAtDelivery: { unit: "Milliseconds", by: "listener" },
  /** Failures of after hooks and of hooks at hook points. */
  HookFailures: { unit: "Count", by: "plugin" },
} as const;

export type Metric = keyof typeof METRICS;

export interface Meter {
  /** Records a count or a duration. @param of the listener's queue name, or the plugin */
  add(metric: Metric, of: string, value?: number): void;
}

/** A meter that records nothing. */
export const NOOP_METER: Meter = { add: () => undefined };

/** The recorded values of one listener or plugin. */
export interface Measurement {
  readonly by: (typeof METRICS)[Metric]["by"];
  readonly of: string;
  /** One sum per count; all values of a duration. */
  readonly values: ReadonlyMap<Metric, readonly number[]>;
}

/** A meter that keeps measurements until they are taken. */
export interface MetricsBuffer extends Meter {
  /** Returns the values recorded for a listener or plugin: the sum of a count, or each duration. */
  of(metric: Metric, of: string): readonly number[];
  /** Returns and clears all measurements. */
  take(): readonly Measurement[];
}

export const createMetricsBuffer = (): MetricsBuffer => {
  let measurements = new Map<
    string,
    { readonly by: Measurement["by"]; readonly of: string; readonly values: Map<Metric, number[]> }
  >();
  return {
    add: (metric, of, value = 1) => {
      const { unit, by } = METRICS[metric];
      const key = `${by} ${of}`;
      const measurement = measurements.get(key) ?? { by, of, values: new Map<Metric, number[]>() };
      measurements.set(key, measurement);
      const values = measurement.values.get(metric) ?? [];
      measurement.values.set(metric, values);
      if (unit === "Count") values[0] = (values[0] ?? 0) + value;
      else values.push(value);
    },
    of: (metric, of) => measurements.get(`${METRICS[metric].by} ${of}`)?.values.get(metric) ?? [],
    take: () => {
      const taken = [...measurements.values()];
      measurements = new Map();
      return taken;
    },
  };
};
