import { describe, expect, it } from "@jest/globals";
import { describeMessage, escapeForTerminal, toSingleLine } from "../../cli/output.ts";
import { toUserError } from "../../cli/run-process.ts";

const HOSTILE = "red \u001b[31m, title \u001b]0;owned\u0007, \u009b2J, back\r\b, \u202eturned, line\nfeed\ttab";

describe("output of a command", () => {
  it("escapes control characters that a terminal would interpret", () => {
    expect(escapeForTerminal(HOSTILE)).toBe(
      "red \\u001b[31m, title \\u001b]0;owned\\u0007, \\u009b2J, back\\u000d\\u0008, \\u202eturned, line\nfeed\ttab",
    );
    expect(toSingleLine("one\ntwo")).toBe("one\\u000atwo");
  });

  it("keeps the value of JSON", () => {
    const value = { [HOSTILE]: [HOSTILE, "é 日本 😀"] };
    expect(JSON.parse(escapeForTerminal(JSON.stringify(value, null, 2)))).toEqual(value);
  });

  it("describes each message on one line", () => {
    expect(describeMessage(JSON.stringify({ job: "one\ntwo\u001b[2J" }))).toBe("job one\\u000atwo\\u001b[2J");
    expect(describeMessage("\u001b[2J")).toBe("a message that Kintoun did not send");
  });
});

describe("toUserError", () => {
  const named = (name: string, message: string) => Object.assign(new Error(message), { name });
  it.each([
    [
      "Grant this permission to your role",
      named("AccessDenied", "User: ada is not authorized to perform: sqs:ReceiveMessage"),
    ],
    [
      "have expired. Log in again",
      named("ExpiredTokenException", "The security token included in the request is expired"),
    ],
    [
      "have expired. Log in again",
      named("CredentialsProviderError", "Token is expired. To refresh this SSO session run 'aws sso login'"),
    ],
    ["No AWS credentials are set", named("CredentialsProviderError", "Could not load credentials from any providers")],
    [
      "The AWS credentials are not valid",
      named("UnrecognizedClientException", "The security token included in the request is invalid."),
    ],
    ["The queue does not exist", named("QueueDoesNotExist", "The specified queue does not exist.")],
    [
      "Check that the service is running and reachable",
      new AggregateError([new Error("connect ECONNREFUSED 127.0.0.1:1")]),
    ],
    ["AccessDenied: no", new Error("The queue did not accept 1 of 10 events", { cause: named("AccessDenied", "no") })],
    ["what was thrown", "what was thrown"],
  ])("adds advice: %s", (advice, error) => {
    expect(toUserError(error).lines.join("\n")).toContain(advice);
  });
});
