import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Context } from "aws-lambda";
import { createLambdaRuntime } from "../../app/lambda-runtime.ts";

const CONTEXT = { awsRequestId: "call-1", functionName: "Kintoun-Api" } as Context;
const TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

const before = { ...process.env };
beforeEach(() => {
  Object.assign(process.env, {
    KINTOUN_TABLE: "t",
    KINTOUN_QUEUES: "https://sqs.eu-central-1.amazonaws.com/1/Kintoun-",
    POWERTOOLS_SERVICE_NAME: "Store",
    _X_AMZN_TRACE_ID: `${TRACE};Lineage=1:a87bd80c:0`,
  });
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  process.removeAllListeners("unhandledRejection");
});

/** Calls a function once. @returns the lines that it writes to standard output */
const captureLines = async (
  run: (options: ReturnType<typeof createLambdaRuntime>["options"]) => void | Promise<void>,
): Promise<Record<string, unknown>[]> => {
  const { options, observe } = createLambdaRuntime();
  const lines: string[] = [];
  const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  try {
    await observe(async () => run(options))({}, CONTEXT).catch(() => undefined);
  } finally {
    write.mockRestore();
  }
  return lines.map((line) => JSON.parse(line));
};

describe("createLambdaRuntime", () => {
  it("writes the metrics of a call in one line when the call ends, also after an error", async () => {
    const lines = await captureLines(({ meter, log }) => {
      meter?.add("EventsDelivered", "a-b");
      log?.info("working");
      meter?.add("EventsDelivered", "a-b");
      throw new Error("It fails");
    });

    expect(lines).toEqual([
      expect.objectContaining({ message: "working", service: "Store", function_request_id: "call-1" }),
      {
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: "Kintoun",
              Dimensions: [["service"]],
              Metrics: [{ Name: "EventsDelivered", Unit: "Count" }],
            },
          ],
        },
        service: "Store",
        listener: "a-b",
        EventsDelivered: 2,
      },
    ]);
  });

  it("writes no metrics if they are disabled", async () => {
    process.env.KINTOUN_METRICS = "false";
    expect(await captureLines(({ meter }) => meter?.add("EventsDelivered", "a-b"))).toEqual([]);
  });

  it("returns the sampled trace of each call if tracing is enabled", () => {
    expect(createLambdaRuntime().options.getTrace).toBeUndefined();

    process.env.KINTOUN_TRACING = "true";
    const { getTrace } = createLambdaRuntime().options;
    expect(getTrace?.()).toBe(TRACE);
    process.env._X_AMZN_TRACE_ID = TRACE.replace("Sampled=1", "Sampled=0");
    expect(getTrace?.()).toBeUndefined();
  });
});
