import { describe, expect, it } from "@jest/globals";
import { definePlugin, need } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { overrideVariables } from "../../infra/overrides.ts";

const sender = definePlugin({
  name: "sender",
  about: "Sends.",
  needs: () => ({ url: need.variable("url"), key: need.parameter("key", { parameter: "/sender/key" }) }),
});

describe("overrideVariables", () => {
  const read = (variables: Readonly<Record<string, string | undefined>>) =>
    overrideVariables(readConfig({ plugins: [sender()] }, readOverrides(variables)));

  it.each([
    [{}],
    [{ KINTOUN_USERID_HMAC_SECRET: "", KINTOUN_DEFAULT_BUCKET_HMAC_SECRET: "" }],
    [{ KINTOUN_PLUGIN_SENDER_URL: "https://hooks.example.org", KINTOUN_PLUGIN_SENDER_LOG_LEVEL: "DEBUG" }],
  ])("passes on %j", (variables) => {
    expect(read(variables)).toEqual(variables);
  });

  it("leaves out what bundles contain, and secrets of plugins", () => {
    expect(read({ KINTOUN_PAGINATE_BY: "5", KINTOUN_TRACING: "true", KINTOUN_PLUGIN_SENDER_KEY: "s3cret" })).toEqual(
      {},
    );
  });
});
