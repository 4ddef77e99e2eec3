import { describe, expect, it } from "@jest/globals";
import { AwsSolutionsChecks } from "cdk-nag";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";
import { stackOf } from "./synthesize.ts";

const findings = (stack: ReturnType<typeof stackOf>) =>
  new AwsSolutionsChecks()
    .validateScope(stack)
    .violations.map(({ ruleName, violatingResources }) => [
      ruleName,
      violatingResources.map(({ constructPath }) => constructPath),
    ]);

describe("cdk-nag (AwsSolutions)", () => {
  it.each([
    ["the config as it comes", () => stackOf()],
    ["one without search", () => stackOf([basicauth()])],
    ["one with search and without OpenSearch", () => stackOf([search()])],
    [
      "one that is watched, and deployed gradually",
      () =>
        stackOf([search()], {
          overrides: { deploy: { alarmAddress: "ops@your-domain.com", monthlyBudgetUsd: 20, gradual: true } },
        }),
    ],
  ])("has no unacknowledged findings in %s", (_, make) => {
    expect(findings(make())).toEqual([]);
  });
});
