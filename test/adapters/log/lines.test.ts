import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Context } from "aws-lambda";
import { createLambdaLog } from "../../../adapters/log/powertools.ts";
import { createJsonLog, type Log, withContext } from "../../../core/ports/log.ts";

const CONTEXT = {
  awsRequestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
  functionName: "Kintoun-Api",
  functionVersion: "$LATEST",
  invokedFunctionArn: "arn:aws:lambda:eu-central-1:123456789012:function:Kintoun-Api",
  memoryLimitInMB: "512",
} as Context;

/** Captures what `write` prints to the standard output and error. */
const capturePrinted = async (write: () => void | Promise<void>): Promise<string[]> => {
  const lines: string[] = [];
  const capture = (text: unknown) => lines.push(...String(text).split("\n").filter(Boolean)) > 0;
  const spies = [
    jest.spyOn(process.stdout, "write").mockImplementation(capture),
    jest.spyOn(process.stderr, "write").mockImplementation(capture),
  ];
  try {
    await write();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines;
};

const logOnLaptop = async (write: (log: Log) => void) => {
  const lines: string[] = [];
  write(createJsonLog((line) => lines.push(line)));
  return lines;
};
const logInLambda = (write: (log: Log) => void) =>
  capturePrinted(() => {
    const { log, begin, end } = createLambdaLog();
    begin(CONTEXT);
    write(log);
    end();
  });
const parseLines = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

const VARIABLES = [
  "POWERTOOLS_SERVICE_NAME",
  "POWERTOOLS_LOG_LEVEL",
  "POWERTOOLS_LOGGER_SAMPLE_RATE",
  "_X_AMZN_TRACE_ID",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
] as const;
const before = VARIABLES.map((name) => process.env[name]);
beforeEach(() => {
  for (const name of VARIABLES) delete process.env[name];
});
afterEach(() => {
  for (const [index, name] of VARIABLES.entries()) {
    if (before[index] === undefined) delete process.env[name];
    else process.env[name] = before[index];
  }
});

describe.each([
  ["on a laptop", logOnLaptop],
  ["in Lambda", logInLambda],
])("log %s", (_, captureLog) => {
  it("writes a line of JSON per entry, with the field names of Powertools", async () => {
    const [info, warn, error, ...others] = parseLines(
      await captureLog((log) => {
        log.info("A job has ended", { job_id: "1" });
        log.warn("It is late");
        log.with({ listener: "a-b" }).error("The listener failed", { error: new TypeError("No") });
      }),
    );

    const standard = { timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) };
    expect(info).toMatchObject({ level: "INFO", message: "A job has ended", job_id: "1", ...standard });
    expect(typeof info?.service).toBe("string");
    expect(warn).toMatchObject({ level: "WARN", message: "It is late", ...standard });
    expect(error).toMatchObject({
      level: "ERROR",
      listener: "a-b",
      error: { name: "TypeError", message: "No", stack: expect.stringContaining("lines.test.ts") },
    });
    expect(others).toEqual([]);
  });

  it.each(["a\nb", 'a\r\n{"level":"ERROR"}', "\u001b[31mred\u001b[0m", "\u2028next", "\u0000"])(
    "writes one line for the text %j",
    async (text) => {
      const lines = await captureLog((log) =>
        log.with({ [text]: text }).info(text, { uri: text, deep: { text: [text] } }),
      );

      expect(lines).toHaveLength(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters of a terminal
      expect(lines[0]).not.toMatch(/[\u0000-\u001f]/);
      expect(parseLines(lines)[0]).toMatchObject({
        level: "INFO",
        message: text,
        uri: text,
        [text]: text,
        deep: { text: [text] },
      });
    },
  );

  it("does not let fields overwrite the message, level and time", async () => {
    const [line] = parseLines(
      await captureLog((log) =>
        log.warn("Said", { level: "INFO", message: "Forged", timestamp: "never", service: "bank" }),
      ),
    );

    expect(line).toMatchObject({ level: "WARN", message: "Said" });
    expect(line?.timestamp).not.toBe("never");
    expect(line?.service).not.toBe("bank");
  });

  it("logs the message, stack and cause of an error, and no other property", async () => {
    const error = Object.assign(new Error("Refused", { cause: new RangeError("Too far") }), {
      meta: { request: { headers: { authorization: "Basic c2VjcmV0" }, body: "confidential" } },
      $response: { body: "confidential" },
    });
    const lines = await captureLog((log) => log.error("Failed", { error }));

    expect(parseLines(lines)[0]).toMatchObject({
      error: { name: "Error", message: "Refused", cause: { name: "RangeError", message: "Too far" } },
    });
    expect(lines.join()).not.toMatch(/c2VjcmV0|confidential|authorization/);
  });

  it("logs any thrown value as an error", async () => {
    const circular = new Error("Circular");
    circular.cause = circular;
    const several = new AggregateError([new Error("connect ECONNREFUSED ::1:25"), "and another"], "");
    const unreadable = new Proxy(new Error("x"), {
      get: () => {
        throw new Error("Not for you");
      },
    });
    const thrown = [
      "a text",
      null,
      5,
      { message: "no error", secret: "s3cret" },
      { secret: "s3cret" },
      circular,
      several,
      unreadable,
    ];
    const lines = await captureLog((log) => {
      for (const error of thrown) log.error("Failed", { event_id: "e", error });
    });

    const entries = parseLines(lines).map(({ event_id, error }) => ({ event_id, ...(error as object) }));
    expect(entries.map(({ event_id }) => event_id)).toEqual(Array(thrown.length).fill("e"));
    expect(entries).toMatchObject([
      { message: "a text" },
      { message: "null" },
      { message: "5" },
      { message: "no error" },
      { message: "[object Object]" },
      { message: "Circular", cause: { message: "Circular" } },
      {
        name: "AggregateError",
        message: "",
        errors: [{ message: "connect ECONNREFUSED ::1:25" }, { message: "and another" }],
      },
      { message: "The thrown value cannot be read" },
    ]);
    expect(lines.join()).not.toContain("s3cret");
  });

  it("cuts long lines and keeps them readable", async () => {
    const lines = await captureLog((log) => {
      log.info(`long ${"x".repeat(1_000_000)}`, { event_id: "e" });
      log.error("Failed", { event_id: "e", error: new Error("x".repeat(1_000_000)), rows: Array(100_000).fill("é") });
    });

    expect(lines).toHaveLength(2);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThan(256 * 1024);
    expect(parseLines(lines)).toMatchObject([
      { level: "INFO", message: expect.stringMatching(/^long x+…$/), event_id: "e" },
      {
        level: "ERROR",
        message: "Failed",
        event_id: "e",
        error: { name: "Error", message: expect.stringMatching(/^x+…$/) },
      },
    ]);
  });

  it("writes values that JSON cannot represent without an error", async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const lines = parseLines(
      await captureLog((log) => {
        log.info("big", { count: 12345678901234567890n });
        log.info("circular", { circular });
        log.info("nothing", { absent: undefined, run: () => 1 });
        log.info("hidden", {
          deep: {
            get secret() {
              throw new Error("Not for you");
            },
          },
        });
        log.info("odd", JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>);
      }),
    );

    expect(lines.map(({ message }) => message)).toEqual(["big", "circular", "nothing", "hidden", "odd"]);
    expect(lines[0]?.count).toBe(Number("12345678901234567890"));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("leaves out lines below its level", async () => {
    expect(await captureLog((log) => log.debug("An event on its way"))).toEqual([]);
  });
});

describe.each([
  ["on a laptop", logOnLaptop],
  ["in Lambda", logInLambda],
])("the level of one plugin's log %s", (_, captureLog) => {
  const messages = async (write: (log: Log) => void) => parseLines(await captureLog(write)).map((line) => line.message);

  it("may be lower than that of the store", async () => {
    const lines = parseLines(
      await captureLog((log) => {
        log.with({ listener: "audit-notify" }, "DEBUG").debug("of the plugin");
        log.debug("of the store");
      }),
    );

    expect(lines).toEqual([expect.objectContaining({ level: "DEBUG", listener: "audit-notify" })]);
    expect(lines[0]?.message).toBe("of the plugin");
  });

  it("may be higher than that of the store", async () => {
    const written = await messages((log) => {
      const own = log.with({}, "ERROR");
      own.info("left out");
      own.warn("left out");
      own.error("written");
      log.info("of the store");
    });

    expect(written).toEqual(["written", "of the store"]);
  });

  it("is kept by logs that are derived from it, also with a context", async () => {
    const written = await messages((log) => {
      const own = withContext(log, () => ({ request_id: "1" })).with({}, "DEBUG");
      own.with({ event_id: "2" }).debug("written");
      withContext(log, () => ({})).debug("left out");
    });

    expect(written).toEqual(["written"]);
  });
});

describe("log in Lambda", () => {
  it("adds the context of the invocation to the lines of a plugin with a lower level", async () => {
    const lines = parseLines(
      await capturePrinted(() => {
        const { log, begin, end } = createLambdaLog();
        const own = log.with({}, "DEBUG");
        begin(CONTEXT);
        own.debug("first");
        end();
        begin({ ...CONTEXT, awsRequestId: "another" });
        own.debug("second");
      }),
    );

    expect(lines.map((line) => [line.message, line.function_request_id])).toEqual([
      ["first", CONTEXT.awsRequestId],
      ["second", "another"],
    ]);
  });

  it("adds the request id, the cold start and the trace to each line", async () => {
    process.env.POWERTOOLS_SERVICE_NAME = "Kintoun";
    process.env.AWS_LAMBDA_INITIALIZATION_TYPE = "on-demand";
    process.env._X_AMZN_TRACE_ID = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    const lines = parseLines(
      await capturePrinted(() => {
        const { log, begin, end } = createLambdaLog();
        begin(CONTEXT);
        log.info("first");
        end();
        begin({ ...CONTEXT, awsRequestId: "another" });
        log.info("second");
      }),
    );

    const same = {
      service: "Kintoun",
      xray_trace_id: "1-5759e988-bd862e3fe1be46a994272793",
      function_name: "Kintoun-Api",
      function_memory_size: "512",
    };
    expect(lines).toEqual([
      expect.objectContaining({
        ...same,
        message: "first",
        function_request_id: CONTEXT.awsRequestId,
        cold_start: true,
      }),
      expect.objectContaining({ ...same, message: "second", function_request_id: "another", cold_start: false }),
    ]);
  });

  it("buffers lines below the level and writes them when an error is logged", async () => {
    process.env._X_AMZN_TRACE_ID = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
    const lines = parseLines(
      await capturePrinted(() => {
        const { log, begin, end } = createLambdaLog();
        begin(CONTEXT);
        log.debug("of a call that went well");
        end();
        process.env._X_AMZN_TRACE_ID = "Root=1-5759e988-bd862e3fe1be46a994272794;Parent=53995c3f42cd8ad8;Sampled=0";
        begin(CONTEXT);
        log.debug("what led to it");
        log.error("It failed");
        end();
      }),
    );

    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ["DEBUG", "what led to it"],
      ["ERROR", "It failed"],
    ]);
  });

  it("uses the level of Powertools' variable", async () => {
    process.env.POWERTOOLS_LOG_LEVEL = "DEBUG";
    expect(parseLines(await logInLambda((log) => log.debug("seen")))).toEqual([
      expect.objectContaining({ level: "DEBUG", message: "seen" }),
    ]);
    process.env.POWERTOOLS_LOG_LEVEL = "ERROR";
    expect(await logInLambda((log) => log.warn("unseen"))).toEqual([]);
  });
});
