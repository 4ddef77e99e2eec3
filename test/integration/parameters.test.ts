import { afterEach, describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse, need } from "@kintoun/kit";
import { startTestStore } from "@kintoun/testing";
import { createAppContext } from "../../app/create-app-context.ts";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { LOCAL_CREDENTIALS } from "../../local/dynamodb.ts";
import { startListeningSsm } from "../adapters/parameter/listening-ssm.ts";

const KEY = "/kintoun/key";

/** A plugin whose route returns its parameter. */
const reader = definePlugin({
  name: "reader",
  about: "Returns a parameter.",
  needs: () => ({ key: need.parameter("api-key", { parameter: KEY }) }),
  setup: ({ resources }) => resources,
  routes: {
    "GET /secret": {
      about: "Returns the parameter.",
      run: async (_, { services }) => jsonResponse(await services.key()),
    },
  },
});

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()))));

/** Starts the plugin as in AWS. Returns its parameter and the requests to SSM. */
const startInAws = async (parameters: Record<string, string>, variables: Record<string, string> = {}) => {
  const ssm = await startListeningSsm(parameters);
  cleanups.push(ssm.stop);
  const config = readConfig({ plugins: [reader()] }, readOverrides(variables));
  const app = createAppContext({
    config,
    location: { table: "none", queues: {} },
    cloud: { ssm: ssm.client, dynamodb: LOCAL_CREDENTIALS },
  });
  const { services } = await app.start(config.plugins[0] as (typeof config.plugins)[number]);
  cleanups.push(async () => Promise.all(app.closing.map((close) => close())));
  return { ...ssm, key: (services as { key: () => Promise<string> }).key };
};

describe("parameter of a plugin", () => {
  it("is the environment variable of the plugin on a laptop", async () => {
    await using store = await startTestStore({
      plugins: [reader()],
      overrides: readOverrides({ KINTOUN_PLUGIN_READER_API_KEY: "s3cret" }),
    });

    expect((await store.get("/secret")).body).toBe("s3cret");
    expect(store.logLines.join()).not.toContain("s3cret");
  });

  it("is missing on a laptop without the variable, and the error names the variable", async () => {
    await using store = await startTestStore({ plugins: [reader()] });

    expect((await store.get("/secret")).status).toBe(500);
    expect(store.logLines.join()).toContain(
      "The plugin 'reader' needs 'api-key'. In AWS it is the parameter /kintoun/key. Here, set the variable KINTOUN_PLUGIN_READER_API_KEY.",
    );
  });

  it("is read from SSM in AWS once, on first use", async () => {
    const { key, requests } = await startInAws({ [KEY]: "s3cret" });
    expect(requests).toEqual([]);

    expect([await key(), await key()]).toEqual(["s3cret", "s3cret"]);
    expect(requests).toEqual([{ Name: KEY, WithDecryption: true }]);
  });

  it("is the environment variable in AWS when the variable is set", async () => {
    const { key, requests } = await startInAws({ [KEY]: "s3cret" }, { KINTOUN_PLUGIN_READER_API_KEY: "mine" });

    expect(await key()).toBe("mine");
    expect(requests).toEqual([]);
  });
});
