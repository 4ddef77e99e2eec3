import { METRICS, type Measured } from "../../core/ports/meter.ts";

/** Values of one metric that a line may hold. */
const MOST_VALUES = 100;

/**
 * What was measured, as lines that CloudWatch makes metrics of: one for each listener or plugin, more only where there are more than 100 times.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @param service whose they are: the second dimension, as Powertools has it
 * @param now epoch ms
 */
export const toEmf = (
  measured: readonly Measured[],
  { namespace, service, now }: { namespace: string; service: string; now: number },
): readonly string[] =>
  measured.flatMap(({ by, of, values }) => {
    const longest = Math.max(...[...values.values()].map(({ length }) => length));
    return Array.from({ length: Math.ceil(longest / MOST_VALUES) }, (_, page) => {
      const some = [...values].flatMap(([metric, all]) => {
        const part = all.slice(page * MOST_VALUES, (page + 1) * MOST_VALUES);
        return part.length === 0 ? [] : [[metric, part.length === 1 ? part[0] : part] as const];
      });
      const Metrics = some.map(([Name]) => ({ Name, Unit: METRICS[Name].unit }));
      return JSON.stringify({
        _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [["service", by]], Metrics }] },
        service,
        [by]: of,
        ...Object.fromEntries(some),
      });
    });
  });
