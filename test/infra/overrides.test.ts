import { describe, expect, it } from "@jest/globals";
import { readConfig } from "../../app/config.ts";
import { readOverrides } from "../../app/environment.ts";
import { overridesOf } from "../../infra/overrides.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { search } from "../../plugins/search/index.ts";

describe("what the environment overrides at synthesis", () => {
  const written = { plugins: [basicauth(), search()], settings: { paginateBy: 20 } };

  it.each([
    [{}],
    [{ KINTOUN_PLUGINS: "basicauth" }],
    [{ KINTOUN_PLUGINS: "" }],
    [{ KINTOUN_PAGINATE_BY: "10", KINTOUN_STORAGE_MAX_FETCH_SIZE: "500" }],
    [{ KINTOUN_BUCKET_CREATE_PRINCIPALS: "system.Everyone,basicauth:1" }],
    [{ KINTOUN_USERID_HMAC_SECRET: "", KINTOUN_DEFAULT_BUCKET_HMAC_SECRET: "" }],
    [{ KINTOUN_READONLY: "true", KINTOUN_EOS_MESSAGE: "Moved, at last", KINTOUN_BLOG_RECORD_READ_PRINCIPALS: "system.Everyone" }],
  ])("is handed on as it was: %j", (variables) => {
    expect(overridesOf(readConfig(written, readOverrides(variables)), written)).toEqual(variables);
  });

  it("is nothing where it says what the config says", () => {
    expect(overridesOf(readConfig(written, readOverrides({ KINTOUN_PAGINATE_BY: "20", KINTOUN_PLUGINS: "basicauth,search" })), written)).toEqual({});
  });
});
