import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Context } from "aws-lambda";
import { createLambdaRuntime } from "../../app/lambda-runtime.ts";
import { readConfig } from "../../config/config.ts";
import { toDeployment } from "../../config/deployment.ts";
import type { Observability } from "../../kit/config.ts";

const CONTEXT = { awsRequestId: "call-1", functionName: "Kintoun-Api" } as Context;
const TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

const before = { ...process.env };
beforeEach(() => {
  Object.assign(process.env, {
    KINTOUN_TABLE: "t",
    KINTOUN_QUEUES: "https://sqs.eu-central-1.amazonaws.com/1/Kintoun-",
    POWERTOOLS_SERVICE_NAME: "Store",
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "ASIA",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_SESSION_TOKEN: "token",
    _X_AMZN_TRACE_ID: `${TRACE};Lineage=1:a87bd80c:0`,
  });
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  process.removeAllListeners("unhandledRejection");
});

const createRuntime = (observability: Observability = {}) =>
  createLambdaRuntime(toDeployment(readConfig({ plugins: [], observability })));

/** Calls a function once. @returns the lines that it writes to standard output */
const captureLines = async (
  run: (options: ReturnType<typeof createLambdaRuntime>["options"]) => void | Promise<void>,
  observability?: Observability,
): Promise<Record<string, unknown>[]> => {
  const { options, observe } = createRuntime(observability);
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
    const lines = await captureLines(({ meter }) => meter?.add("EventsDelivered", "a-b"), { metrics: false });

    expect(lines).toEqual([]);
  });

  it("returns the sampled trace of each call if tracing is enabled", () => {
    expect(createRuntime().options.getTrace).toBeUndefined();

    const { getTrace } = createRuntime({ tracing: true }).options;
    expect(getTrace?.()).toBe(TRACE);
    process.env._X_AMZN_TRACE_ID = TRACE.replace("Sampled=1", "Sampled=0");
    expect(getTrace?.()).toBeUndefined();
  });

  it("reaches the table and the queues with the role of the function, and sends the trace with messages", () => {
    const { cloud, location } = createRuntime().options;
    const connection = {
      region: "eu-central-1",
      credentials: { accessKeyId: "ASIA", secretAccessKey: "secret", sessionToken: "token" },
    };

    expect(location).toMatchObject({ table: "t", queues: { "store-purge": expect.stringContaining("store-purge") } });
    expect(cloud?.dynamodb).toEqual(connection);
    expect(cloud?.sqs).toMatchObject(connection);
    expect(cloud?.sqs?.getTrace?.()).toBe(`${TRACE};Lineage=1:a87bd80c:0`);
  });
});
