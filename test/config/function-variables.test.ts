import { describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { overrideSettings } from "../../config/function-variables.ts";
import { LIST_SETTINGS } from "../../config/setting-names.ts";

const written = { plugins: [], settings: { paginateBy: 10 } };
const deployed = readConfig(written, readOverrides({ KINTOUN_BLOG_RECORD_READ_PRINCIPALS: "basicauth:1" }));

describe("overrideSettings", () => {
  it("applies variables as a deployment with them does", async () => {
    const variables = {
      KINTOUN_READONLY: "yes",
      KINTOUN_BLOG_RECORD_CACHE_EXPIRES_SECONDS: "30",
      ...Object.fromEntries(
        [...LIST_SETTINGS.keys()].map((name) => [name, "basicauth:1, account:ada\n/buckets/b/groups/g,"]),
      ),
    };
    const { placeVariables, ...settings } = (await overrideSettings(deployed, variables)).settings;
    const { placeVariables: _, ...expected } = readConfig(written, readOverrides(variables)).settings;

    expect(settings).toEqual(expected);
    expect(placeVariables.get("BLOG")).toEqual({
      recordReadPrincipals: ["basicauth:1"],
      recordCacheExpiresSeconds: 30,
    });
  });

  it("changes nothing without such variables", async () => {
    const variables = {
      KINTOUN_TABLE: "t",
      KINTOUN_PLUGIN_EMAIL_LOG_LEVEL: "DEBUG",
      KINTOUN_PACKAGE_SENDER: "",
      PATH: "/",
    };

    expect(await overrideSettings(deployed, variables)).toBe(deployed);
  });

  it.each([
    ["KINTOUN_DEPLOY_TABLE", "t", /^The variable KINTOUN_DEPLOY_TABLE has no effect on a function\. Remove it/],
    ["KINTOUN_PAGINATE_BI", "1", /^The variable KINTOUN_PAGINATE_BI is unknown\./],
    ["KINTOUN_PAGINATE_BY", "0", /^The variable KINTOUN_PAGINATE_BY has an invalid value/],
  ])("refuses %s = %s", async (name, value, message) => {
    await expect(overrideSettings(deployed, { [name]: value })).rejects.toThrow(message);
  });
});
