import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { formatPlugins, reportPlugin } from "../../cli/commands/plugins/list.ts";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";

const reports = definePlugin({
  name: "reports",
  about: "Counts.",
  version: "2.1.0",
  listeners: { build: { on: ["record.create"], run: () => undefined } },
});
const plugins = [reports()];

describe("standalone queues", () => {
  it("are named in the config or the environment", () => {
    expect(readConfig({ plugins, standalone: ["reports-build"] }).standalone).toEqual(["reports-build"]);
    const overrides = readOverrides({ KINTOUN_STANDALONE: "store-purge", KINTOUN_REDRIVE_ON_DEPLOY: "no" });
    expect(readConfig({ plugins, standalone: ["reports-build"] }, overrides)).toMatchObject({
      standalone: ["store-purge"],
      redriveOnDeploy: false,
    });
    expect(
      readConfig({ plugins, standalone: ["reports-build"] }, readOverrides({ KINTOUN_STANDALONE: "" })).standalone,
    ).toEqual([]);
  });

  it("are rejected if they do not exist", () => {
    expect(() => readConfig({ plugins, standalone: ["reports-biuld"] })).toThrow(
      "kintoun.config.ts: standalone: there is no queue 'reports-biuld'. Did you mean 'reports-build'?",
    );
    expect(() => readConfig({ plugins }, readOverrides({ KINTOUN_STANDALONE: "mail" }))).toThrow(
      "KINTOUN_STANDALONE: there is no queue 'mail'. There are: store-purge, reports-build.",
    );
    expect(() => readConfig({ plugins, standalone: "reports-build" })).toThrow(
      "standalone must be a list of queue names",
    );
    expect(() => readOverrides({ KINTOUN_REDRIVE_ON_DEPLOY: "perhaps" })).toThrow(
      "The variable KINTOUN_REDRIVE_ON_DEPLOY must be true or false.",
    );
  });

  it("may belong to a plugin that KINTOUN_PLUGINS leaves out", () => {
    const exported = { plugins, standalone: ["reports-build"] };
    const config = readConfig(exported, readOverrides({ KINTOUN_PLUGINS: "" }));

    expect(config.standalone).toEqual(["reports-build"]);
  });
});

describe("reportPlugin", () => {
  it("includes the version", () => {
    const [entry] = plugins.map((plugin) => ({ plugin, optional: false, local: false, active: true }));

    expect(entry && reportPlugin(entry)).toMatchObject({ name: "reports", version: "2.1.0" });
    expect(entry && formatPlugins([reportPlugin(entry)])).toContain("reports  active    Counts.");
  });
});
