import { describe, expect, it } from "@jest/globals";
import { describeMessage } from "../../cli/describe-message.ts";
import { plain } from "../../cli/plain.ts";
import { inLine, printable } from "../../cli/print.ts";

const HOSTILE = "red \u001b[31m, title \u001b]0;owned\u0007, \u009b2J, back\r\b, \u202eturned, line\nfeed\ttab";

describe("what is printed of what others wrote", () => {
  it("is seen, and never obeyed by a terminal", () => {
    expect(printable(HOSTILE)).toBe(
      "red \\u001b[31m, title \\u001b]0;owned\\u0007, \\u009b2J, back\\u000d\\u0008, \\u202eturned, line\nfeed\ttab",
    );
    expect(inLine("one\ntwo")).toBe("one\\u000atwo");
  });

  it("stays JSON of the same value", () => {
    const value = { [HOSTILE]: [HOSTILE, "é 日本 😀"] };
    expect(JSON.parse(printable(JSON.stringify(value, null, 2)))).toEqual(value);
  });

  it("is a line of each message, whatever stands in it", () => {
    expect(describeMessage(JSON.stringify({ job: "one\ntwo\u001b[2J" }))).toBe("job one\\u000atwo\\u001b[2J");
    expect(describeMessage("\u001b[2J")).toBe("a message that is not Kintoun's");
  });
});

describe("a failure", () => {
  const named = (name: string, message: string) => Object.assign(new Error(message), { name });
  it.each([
    [
      "Have this permission given, or be somebody who has it",
      named("AccessDenied", "User: ada is not authorized to perform: sqs:ReceiveMessage"),
    ],
    [
      "no longer good: log in again",
      named("ExpiredTokenException", "The security token included in the request is expired"),
    ],
    [
      "no longer good: log in again",
      named("CredentialsProviderError", "Token is expired. To refresh this SSO session run 'aws sso login'"),
    ],
    [
      "No credentials for AWS are known here",
      named("CredentialsProviderError", "Could not load credentials from any providers"),
    ],
    [
      "The credentials for AWS are of no use",
      named("UnrecognizedClientException", "The security token included in the request is invalid."),
    ],
    ["The queue is gone", named("QueueDoesNotExist", "The specified queue does not exist.")],
    [
      "Does it run, and can it be reached from here?",
      new AggregateError([new Error("connect ECONNREFUSED 127.0.0.1:1")]),
    ],
    ["AccessDenied: no", new Error("The queue did not take 1 of 10 events", { cause: named("AccessDenied", "no") })],
    ["what was thrown", "what was thrown"],
  ])("is told with what to do: %s", (told, error) => {
    expect(plain(error).lines.join("\n")).toContain(told);
  });
});
