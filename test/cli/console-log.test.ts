import { PassThrough } from "node:stream";
import { describe, expect, it } from "@jest/globals";
import { createConsoleLog } from "../../cli/console-log.ts";
import { Failure } from "../../core/errors.ts";
import type { Log, LogLevel } from "../../core/ports/log.ts";

const read = (write: (log: Log) => void, minLevel: LogLevel = "INFO"): string => {
  const stream = new PassThrough();
  write(createConsoleLog(stream as unknown as NodeJS.WriteStream, minLevel));
  return String(stream.read() ?? "").replace(/^\d\d:\d\d:\d\d /gm, "TIME ");
};

describe("the log for a terminal", () => {
  it("has a line with time, level, message and fields", () => {
    const fields = { status: 200, text: "two words", list: ["a"], missing: undefined, request_id: "x".repeat(36) };
    expect(read((log) => log.with({ listener: "mail" }).info("GET /v1/", fields))).toBe(
      "TIME INFO  GET /v1/  listener=mail status=200 text='two words' list=[ 'a' ]\n",
    );
  });

  it("leaves out entries below its level", () => {
    const write = (log: Log) => {
      log.debug("one");
      log.with({}, "DEBUG").debug("two");
    };
    expect(read(write)).toBe("TIME DEBUG two\n");
    expect(read(write, "DEBUG")).toBe("TIME DEBUG one\nTIME DEBUG two\n");
  });

  it("shows errors with their causes below the line, without what clients sent", () => {
    const details = [{ location: "body" as const, name: "password", description: "open-sesame" }];
    const cause = new Failure("INVALID_PARAMETERS", { details, message: "open-sesame" });
    const text = read((log) => log.error("It failed", { error: new Error("outer", { cause }) }));
    expect(text).toMatch(
      /^TIME ERROR It failed\n {2}Error: outer\n {6}at [\s\S]+\n {2}Caused by INVALID_PARAMETERS: The request/,
    );
    expect(text).not.toContain("open-sesame");
  });

  it("escapes what a terminal would interpret", () => {
    expect(read((log) => log.info("a\u001b[2Jb\n", { path: "\u202ex" }))).toBe(
      "TIME INFO  a\\u001b[2Jb\\u000a  path=\\u202ex\n",
    );
  });
});
