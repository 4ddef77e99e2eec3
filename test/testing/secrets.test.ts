import { describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, need } from "@kintoun/kit";
import { startTestStore, type TestSecrets } from "@kintoun/testing";
import { email } from "../../plugins/email/index.ts";

/** Returns its secret and its variable. */
const slack = definePlugin({
  name: "slack",
  about: "Posts to a channel.",
  needs: () => ({ url: need.parameter("url", { parameter: "/kintoun/slack/url" }), channel: need.variable("channel") }),
  setup: ({ resources }) => resources,
  routes: {
    "GET /slack": {
      about: "Returns what the operator has set.",
      run: async (_request, { services }) =>
        jsonResponse({ url: await services.url(), channel: services.channel ?? null }),
    },
  },
});

const plugins = [slack(), email({ from: "store@example.org", recipients: ["ops@example.org"] })];

describe("startTestStore with secrets", () => {
  it("sets the parameters and variables of a plugin", async () => {
    await using store = await startTestStore({
      plugins,
      secrets: { slack: { url: "https://hooks.example.org/T0", channel: "ops" } },
    });

    expect((await store.get("/slack")).body).toEqual({ url: "https://hooks.example.org/T0", channel: "ops" });
  });

  it("adds to the variables of the overrides", async () => {
    const overrides = { pluginVariables: new Map([["KINTOUN_PLUGIN_SLACK_CHANNEL", "ops"]]) };
    await using store = await startTestStore({
      plugins,
      overrides,
      secrets: { slack: { url: "https://hooks.example.org" } },
    });

    expect((await store.get("/slack")).body).toEqual({ url: "https://hooks.example.org", channel: "ops" });
  });

  it.each<[TestSecrets, string]>([
    [{ slac: { url: "x" } }, "secrets: the store has no plugin 'slac'. Did you mean 'slack'?"],
    [{ slack: { ulr: "x" } }, "secrets.slack: the plugin needs no 'ulr'. Did you mean 'url'?"],
    [{ email: { password: "x" } }, "secrets.email: the plugin needs no secrets. Remove 'password'."],
    [{ slack: { url: "" } }, "secrets.slack.url is empty. Set a value, or leave it out."],
    [{ constructor: { url: "x" } }, "secrets: the store has no plugin 'constructor'."],
  ])("rejects %j", async (secrets, message) => {
    await expect(startTestStore({ plugins, secrets })).rejects.toThrow(message);
  });
});
