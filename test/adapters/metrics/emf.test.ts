import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { describe, expect, it } from "@jest/globals";
import { formatEmf } from "../../../adapters/metrics/emf.ts";
import { createMetricsBuffer, METRICS, type Metric } from "../../../core/ports/meter.ts";

const NOW = Date.UTC(2030, 0, 31);
const emf = (measured: Parameters<typeof formatEmf>[0]) =>
  formatEmf(measured, { namespace: "Kintoun", service: "store", now: NOW }).map(
    (line) => JSON.parse(line) as Record<string, never>,
  );

describe("formatEmf", () => {
  it("writes the same as Powertools' metrics", () => {
    const meter = createMetricsBuffer();
    const theirs = new Metrics({ namespace: "Kintoun", serviceName: "store" });
    theirs.addMetadata("listener", "email-notify");
    for (const [metric, unit, values] of [
      ["EventsDelivered", MetricUnit.Count, [3]],
      ["AgeAtDelivery", MetricUnit.Milliseconds, [12, 15, 230]],
      ["EventsFailed", MetricUnit.Count, [1]],
    ] as const) {
      for (const value of values) {
        meter.add(metric, "email-notify", value);
        theirs.addMetric(metric, unit, value);
      }
    }

    const { _aws, ...others } = theirs.serializeMetrics();
    const [ours, ...rest] = emf(meter.take()) as unknown as {
      _aws: { CloudWatchMetrics: { Dimensions: string[][] }[] };
    }[];
    expect(rest).toEqual([]);
    expect(ours).toEqual({ ...others, _aws: { ..._aws, Timestamp: NOW } });
  });

  it("has the service as the only dimension, so that listeners add no metrics", () => {
    const meter = createMetricsBuffer();
    for (const metric of Object.keys(METRICS) as Metric[])
      for (const name of ["one", "two", "three"]) meter.add(metric, name);
    const lines = emf(meter.take()) as unknown as {
      _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
    }[];
    const billed = lines.flatMap(({ _aws }) =>
      _aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => Metrics.map(({ Name }) => `${Name} ${Dimensions}`)),
    );

    expect(new Set(billed)).toEqual(new Set(Object.keys(METRICS).map((name) => `${name} service`)));
  });

  it("writes one line per listener and plugin, and none without measurements", () => {
    const meter = createMetricsBuffer();
    for (let count = 0; count < 250; count++) meter.add("EventsDispatched", count % 2 === 0 ? "a-one" : "b-two");
    meter.add("HookFailures", "a");

    expect(
      emf(meter.take()).map(({ listener, plugin, EventsDispatched, HookFailures }) => [
        listener,
        plugin,
        EventsDispatched,
        HookFailures,
      ]),
    ).toEqual([
      ["a-one", undefined, 125, undefined],
      ["b-two", undefined, 125, undefined],
      [undefined, "a", undefined, 1],
    ]);
    expect(emf(meter.take())).toEqual([]);
  });

  it("writes at most 100 values of a metric per line, each once", () => {
    const meter = createMetricsBuffer();
    for (let count = 1; count <= 201; count++) {
      meter.add("AgeAtDelivery", "a-one", count);
      meter.add("EventsDelivered", "a-one");
    }
    const lines = emf(meter.take()) as unknown as {
      AgeAtDelivery: number | number[];
      EventsDelivered?: number;
      _aws: { CloudWatchMetrics: unknown[] };
    }[];

    expect(lines.map(({ AgeAtDelivery, EventsDelivered }) => [[AgeAtDelivery].flat().length, EventsDelivered])).toEqual(
      [
        [100, 201],
        [100, undefined],
        [1, undefined],
      ],
    );
    expect(lines.flatMap(({ AgeAtDelivery }) => AgeAtDelivery)).toEqual(
      Array.from({ length: 201 }, (_, place) => place + 1),
    );
    expect(lines[2]?._aws.CloudWatchMetrics).toMatchObject([
      { Metrics: [{ Name: "AgeAtDelivery", Unit: "Milliseconds" }] },
    ]);
  });

  it.each(Object.keys(METRICS) as Metric[])("documents %s", (metric) => {
    const meter = createMetricsBuffer();
    meter.add(metric, "x", 7);

    const [line] = emf(meter.take()) as unknown as Record<string, unknown>[];
    expect(line).toMatchObject({ service: "store", [METRICS[metric].by]: "x", [metric]: 7 });
  });
});
