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

/** The lines that one call of a function writes. */
const linesOf = async (
  run: (opening: ReturnType<typeof createLambdaRuntime>["options"]) => void | Promise<void>,
): Promise<Record<string, unknown>[]> => {
  const { options: opening, observe: observed } = createLambdaRuntime();
  const lines: string[] = [];
  const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  try {
    await observed(async () => run(opening))({}, CONTEXT).catch(() => undefined);
  } finally {
    write.mockRestore();
  }
  return lines.map((line) => JSON.parse(line));
};

describe("createLambdaRuntime", () => {
  it("writes its metrics in one line when the call ends, also after an error", async () => {
    const lines = await linesOf(({ meter, log }) => {
      meter?.add("EventsDelivered", "a-b");
      log?.info("at work");
      meter?.add("EventsDelivered", "a-b");
      throw new Error("It fails");
    });

    expect(lines).toEqual([
      expect.objectContaining({ message: "at work", service: "Store", function_request_id: "call-1" }),
      {
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: "Kintoun",
              Dimensions: [["service", "listener"]],
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
    expect(await linesOf(({ meter }) => meter?.add("EventsDelivered", "a-b"))).toEqual([]);
  });

  it("passes on the trace of each call if tracing is enabled", () => {
    expect(createLambdaRuntime().options.getTrace).toBeUndefined();

    process.env.KINTOUN_TRACING = "true";
    const { getTrace: trace } = createLambdaRuntime().options;
    expect(trace?.()).toBe(TRACE);
    process.env._X_AMZN_TRACE_ID = TRACE.replace("Sampled=1", "Sampled=0");
    expect(trace?.()).toBeUndefined();
  });
});
