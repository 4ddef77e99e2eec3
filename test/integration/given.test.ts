import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, need } from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import { createAppContext } from "../../app/create-app-context.ts";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { startListeningSsm } from "../adapters/parameter/listening-ssm.ts";

const KEY = "/kintoun/key";

/** Tells its secret to whoever asks. */
const indiscreet = definePlugin({
  name: "indiscreet",
  about: "Tells a secret.",
  needs: () => ({ key: need.parameter("api-key", { parameter: KEY }) }),
  setup: ({ resources }) => resources,
  routes: { "GET /secret": { about: "Tells it.", run: async (_, { services }) => jsonResponse(await services.key()) } },
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

/** What the plugin gets in a function of AWS. */
const inAws = async (parameters: Record<string, string>, variables: Record<string, string> = {}) => {
  const ssm = await startListeningSsm(parameters);
  closing.push(ssm.stop);
  const config = readConfig({ plugins: [indiscreet()] }, readOverrides(variables));
  const around = createAppContext({ config, location: { table: "none", queues: {} }, cloud: { ssm: ssm.client } });
  const { services } = await around.start(config.plugins[0] as (typeof config.plugins)[number]);
  closing.push(async () => Promise.all(around.closing.map((close) => close())));
  return { ...ssm, key: (services as { key: () => Promise<string> }).key };
};

describe("a secret that the operator gives", () => {
  it("is the plugin's variable on a laptop", async () => {
    await using store = await startTestStore({
      plugins: [indiscreet()],
      overrides: readOverrides({ KINTOUN_PLUGIN_INDISCREET_API_KEY: "s3cret" }),
    });

    expect((await store.get("/secret")).body).toBe("s3cret");
    expect(store.logLines.join()).not.toContain("s3cret");
  });

  it("is requests for by the variable's name where it is missing on a laptop", async () => {
    await using store = await startTestStore({ plugins: [indiscreet()] });

    expect((await store.get("/secret")).status).toBe(500);
    expect(store.logLines.join()).toContain(
      "The plugin 'indiscreet' needs 'api-key'. In AWS it is the parameter /kintoun/key. Here, set the variable KINTOUN_PLUGIN_INDISCREET_API_KEY.",
    );
  });

  it("is the parameter in AWS, read when it is first used", async () => {
    const { key, requests } = await inAws({ [KEY]: "s3cret" });
    expect(requests).toEqual([]);

    expect([await key(), await key()]).toEqual(["s3cret", "s3cret"]);
    expect(requests).toEqual([{ Name: KEY, WithDecryption: true }]);
  });

  it("is the variable in AWS too, where somebody runs a worker of his own", async () => {
    const { key, requests } = await inAws({ [KEY]: "s3cret" }, { KINTOUN_PLUGIN_INDISCREET_API_KEY: "mine" });

    expect(await key()).toBe("mine");
    expect(requests).toEqual([]);
  });
});
