import { describe, expect, it } from "@jest/globals";
import {
  FailedAttemptError,
  isPermanent,
  MAX_RETRY_DELAY_SECONDS,
  NotAttemptedError,
  PermanentError,
  PoisonMessageError,
  RetryAfterError,
  TimeLimitError,
} from "../../../core/events/delivery-errors.ts";

describe("RetryAfterError", () => {
  it.each([
    [0, 0],
    [0.2, 1],
    [1, 1],
    [1.2, 2],
    [MAX_RETRY_DELAY_SECONDS, 42_000],
  ])("of %j seconds waits for %j", (seconds, expected) => {
    expect(new RetryAfterError(seconds, "busy")).toMatchObject({
      name: "RetryAfterError",
      message: "busy",
      seconds: expected,
    });
  });

  it.each([-1, -0.1, MAX_RETRY_DELAY_SECONDS + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    "is not of %j seconds",
    (seconds) => {
      expect(() => new RetryAfterError(seconds, "busy")).toThrow(
        new RangeError(`The delay of a retry must be 0 to 42000 seconds, not ${seconds}`),
      );
    },
  );
});

describe("isPermanent", () => {
  it.each([
    [new PermanentError("x"), true],
    [Object.assign(new Error("x"), { permanent: true }), true],
    [Object.assign(new Error("x"), { permanent: 1 }), false],
    [new Error("x"), false],
    [{ permanent: true }, false],
    [undefined, false],
  ])("of %p is %j", (error, expected) => {
    expect(isPermanent(error)).toBe(expected);
  });
});

describe("errors of deliveries", () => {
  it("have their own names", () => {
    expect(
      [new PermanentError(""), new NotAttemptedError(""), new PoisonMessageError(""), new TimeLimitError("")].map(
        ({ name }) => name,
      ),
    ).toEqual(["PermanentError", "NotAttemptedError", "PoisonMessageError", "TimeLimitError"]);
  });

  it("have the number of the attempt and its cause", () => {
    const cause = new Error("x");
    expect(new FailedAttemptError(cause, 3)).toMatchObject({
      name: "FailedAttemptError",
      message: "Attempt 3 failed",
      attempt: 3,
      cause,
    });
  });
});
