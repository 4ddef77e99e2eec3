import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { describeLoadError } from "../../config/describe-load-error.ts";

const withStack = (message: string, stack: string): Error => Object.assign(new SyntaxError(message), { stack });
const plugin = join(process.cwd(), "plugins/hello/index.ts");

describe("describeLoadError", () => {
  it.each([
    ["a path", plugin],
    ["a URL", `file://${plugin}`],
  ])("names the file and line of a syntax error that Node reports with %s", (_, place) => {
    const error = withStack(
      "Expression expected",
      `${place}:21\nsyntax(\n\nSyntaxError: Expression expected\n    at parse`,
    );
    expect(describeLoadError(error)).toBe("plugins/hello/index.ts:21: Expression expected");
  });

  it("returns the message of other errors in one line", () => {
    expect(describeLoadError(new ReferenceError("hello is not defined"))).toBe("hello is not defined");
    expect(describeLoadError(new Error("one\ntwo\nthree\nfour"))).toBe("one two three");
    expect(describeLoadError("text")).toBe("text");
  });
});
