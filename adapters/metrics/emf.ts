import { METRICS, type Measurement } from "../../core/ports/meter.ts";

/** Limit of CloudWatch. */
const MAX_VALUES_PER_METRIC = 100;

/**
 * Formats measurements as log lines that CloudWatch reads as metrics. Returns one line per listener or plugin, and
 * more when a metric has more than 100 values. The service is the only dimension, since CloudWatch bills each combination
 * of dimensions as a metric of its own; the listener or plugin is a field of the line.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @param service the dimension, as in Powertools
 * @param now epoch ms
 */
export const formatEmf = (
  measured: readonly Measurement[],
  { namespace, service, now }: { readonly namespace: string; readonly service: string; readonly now: number },
): readonly string[] =>
  measured.flatMap(({ by, of, values }) => {
    const maxValues = Math.max(...[...values.values()].map(({ length }) => length));
    return Array.from({ length: Math.ceil(maxValues / MAX_VALUES_PER_METRIC) }, (_, page) => {
      const pageValues = [...values].flatMap(([metric, all]) => {
        const part = all.slice(page * MAX_VALUES_PER_METRIC, (page + 1) * MAX_VALUES_PER_METRIC);
        return part.length === 0 ? [] : [[metric, part.length === 1 ? part[0] : part] as const];
      });
      const Metrics = pageValues.map(([Name]) => ({ Name, Unit: METRICS[Name].unit }));
      return JSON.stringify({
        _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [["service"]], Metrics }] },
        service,
        [by]: of,
        ...Object.fromEntries(pageValues),
      });
    });
  });
