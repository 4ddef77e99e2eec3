import { describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import {
  PLACE_SETTING_NAMES,
  SETTING_NAMES,
  type SettingName,
  settingType,
  settingVariable,
} from "../../config/settings.ts";
import { overrideVariables } from "../../infra/overrides.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { flush } from "../../plugins/flush/index.ts";
import { search } from "../../plugins/search/index.ts";

const { settings: standard } = readConfig({ plugins: [] });

/** Text that gives a setting another value than it has. */
const anotherFor = (name: SettingName): string => {
  if (name.endsWith("IdGenerator")) return standard[name] === "uuid" ? "name" : "uuid";
  if (name === "httpScheme") return "http";
  if (name === "eos") return "2030-01-31";
  const texts: Record<string, string> = {
    boolean: String(!standard[name]),
    array: "basicauth:1,/buckets/b/groups/g",
    integer: "7",
    number: "0.5",
    string: "other",
  };
  return texts[settingType(name)] ?? "";
};

describe("overrideVariables", () => {
  const written = { plugins: [basicauth(), search()], optional: [flush()], settings: { paginateBy: 20 } };

  it.each([
    [{}],
    [{ KINTOUN_PLUGINS: "basicauth" }],
    [{ KINTOUN_PLUGINS: "" }],
    [{ KINTOUN_PLUGINS: "basicauth,search,flush" }],
    [{ KINTOUN_METRICS: "false", KINTOUN_TRACING: "true" }],
    [{ KINTOUN_PAGINATE_BY: "10", KINTOUN_STORAGE_MAX_FETCH_SIZE: "500" }],
    [{ KINTOUN_BUCKET_CREATE_PRINCIPALS: "system.Everyone,basicauth:1" }],
    [{ KINTOUN_BUCKET_CREATE_PRINCIPALS: "" }],
    [{ KINTOUN_USERID_HMAC_SECRET: "", KINTOUN_DEFAULT_BUCKET_HMAC_SECRET: "" }],
    [
      {
        KINTOUN_READONLY: "true",
        KINTOUN_EOS_MESSAGE: "Moved, at last",
        KINTOUN_BLOG_RECORD_READ_PRINCIPALS: "system.Everyone",
      },
    ],
  ])("passes on %j", (variables) => {
    expect(overrideVariables(readConfig(written, readOverrides(variables)), written)).toEqual(variables);
  });

  it.each([
    ["everywhere", Object.fromEntries(SETTING_NAMES.map((name) => [settingVariable(name), anotherFor(name)]))],
    [
      "in a place",
      Object.fromEntries(PLACE_SETTING_NAMES.map((name) => [settingVariable(name, "BLOG_ARTICLES"), anotherFor(name)])),
    ],
  ])("passes on every setting %s", (_, variables) => {
    expect(overrideVariables(readConfig(written, readOverrides(variables)), written)).toEqual(variables);
  });

  it("is empty if the environment equals the config", () => {
    expect(
      overrideVariables(
        readConfig(written, readOverrides({ KINTOUN_PAGINATE_BY: "20", KINTOUN_PLUGINS: "basicauth,search" })),
        written,
      ),
    ).toEqual({});
  });
});
