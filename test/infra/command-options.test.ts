import { describe, expect, it } from "@jest/globals";
import { readPackageOptions } from "../../infra/package/options.ts";
import { readRehearsalOptions } from "../../rehearsal/options.ts";

const CODE = ["--bucket", "my-code", "--region", "us-gov-west-1"];

describe("readPackageOptions", () => {
  it("returns the options", () => {
    expect(readPackageOptions([...CODE, "--prefix", "a/b/"])).toMatchObject({ bucket: "my-code", prefix: "a/b/" });
    expect(readPackageOptions(["--help"]).help).toBe(true);
  });

  it("names a wrong value and what is expected", () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["--bucket", "B/../x", "--region", "eu-central-1"], '--bucket "B/../x" is not the name of an S3 bucket'],
      [["--bucket", "my-code", "--region", ""], '--region "" is not an AWS region'],
      [["--bucket", "my-code"], "--bucket and --region belong together."],
      [[...CODE, "--prefix", "a"], '--prefix "a" is not a path with a slash at its end'],
      [[...CODE, "--prefix", "a?b/"], '--prefix "a?b/" is not'],
      [["--none"], "Unknown option '--none'"],
    ];
    for (const [args, message] of cases) {
      expect(() => readPackageOptions(args)).toThrow(message);
      expect(() => readPackageOptions(args)).toThrow("Usage: npm run package");
    }
  });
});

describe("readRehearsalOptions", () => {
  it("returns the options", () => {
    const args = ["--template", "dist", "--parameter", "A=1", "--parameter", "B=x=y"];
    expect(readRehearsalOptions(args)).toEqual({ template: "dist", templateParameters: { A: "1", B: "x=y" } });
  });

  it("says what is wrong with the arguments", () => {
    expect(() => readRehearsalOptions(["--none"])).toThrow(/Unknown option '--none'[\s\S]*Usage: npm run rehearse/);
    expect(() => readRehearsalOptions(["--parameter", "A"])).toThrow("Write --parameter NAME=VALUE");
  });
});
