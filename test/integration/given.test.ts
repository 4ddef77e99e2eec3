import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, json, need } from "@kintoun/kit";
import { testStore } from "@kintoun/testing";
import { openSurroundings } from "../../app/open.ts";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { startListeningSsm } from "../adapters/given/listening-ssm.ts";

const KEY = "/kintoun/key";

/** Tells its secret to whoever asks. */
const indiscreet = definePlugin({
  name: "indiscreet",
  about: "Tells a secret.",
  needs: () => ({ key: need.given("api-key", { parameter: KEY }) }),
  setup: ({ resources }) => resources,
  routes: { "GET /secret": { about: "Tells it.", run: async (_, { services }) => json(await services.key()) } },
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

/** What the plugin gets in a function of AWS. */
const inAws = async (parameters: Record<string, string>, variables: Record<string, string> = {}) => {
  const ssm = await startListeningSsm(parameters);
  closing.push(ssm.stop);
  const config = readConfig({ plugins: [indiscreet()] }, readOverrides(variables));
  const around = openSurroundings({ config, place: { table: "none", queues: {} }, cloud: { ssm: ssm.client } });
  const { services } = await around.start(config.plugins[0] as (typeof config.plugins)[number]);
  closing.push(async () => Promise.all(around.closing.map((close) => close())));
  return { ...ssm, key: (services as { key: () => Promise<string> }).key };
};

describe("a secret that the operator gives", () => {
  it("is the plugin's variable on a laptop", async () => {
    await using store = await testStore({
      plugins: [indiscreet()],
      overrides: readOverrides({ KINTOUN_PLUGIN_INDISCREET_API_KEY: "s3cret" }),
    });

    expect((await store.get("/secret")).body).toBe("s3cret");
    expect(store.logged.join()).not.toContain("s3cret");
  });

  it("is asked for by the variable's name where it is missing on a laptop", async () => {
    await using store = await testStore({ plugins: [indiscreet()] });

    expect((await store.get("/secret")).status).toBe(500);
    expect(store.logged.join()).toContain(
      "'api-key' of the plugin 'indiscreet' is the parameter /kintoun/key in AWS; here, set the variable KINTOUN_PLUGIN_INDISCREET_API_KEY to it.",
    );
  });

  it("is the parameter in AWS, read when it is first used", async () => {
    const { key, asked } = await inAws({ [KEY]: "s3cret" });
    expect(asked).toEqual([]);

    expect([await key(), await key()]).toEqual(["s3cret", "s3cret"]);
    expect(asked).toEqual([{ Name: KEY, WithDecryption: true }]);
  });

  it("is the variable in AWS too, where somebody runs a worker of his own", async () => {
    const { key, asked } = await inAws({ [KEY]: "s3cret" }, { KINTOUN_PLUGIN_INDISCREET_API_KEY: "mine" });

    expect(await key()).toBe("mine");
    expect(asked).toEqual([]);
  });
});
