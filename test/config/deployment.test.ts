import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import { readConfig } from "../../config/config.ts";
import { restoreConfig, toDeployment } from "../../config/deployment.ts";
import { readOverrides } from "../../config/environment.ts";
import {
  PLACE_SETTING_NAMES,
  SETTING_NAMES,
  type SettingName,
  settingType,
  settingVariable,
} from "../../config/settings.ts";
import { UserError } from "../../config/user-error.ts";
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

const devices = definePlugin({
  name: "devices",
  about: "Adds devices.",
  resources: { device: { about: "A sensor.", parent: "bucket" } },
  listeners: { watch: { on: ["device.create"], ordered: true, run: () => undefined } },
});

describe("restoreConfig", () => {
  const written = {
    plugins: [basicauth(), search(), devices()],
    optional: [flush({ name: "clear" })],
    settings: { paginateBy: 20, places: { "blog.articles": { recordReadPrincipals: ["system.Everyone"] } } },
    standalone: ["devices-watch"],
  };

  it.each<[string, Record<string, string>]>([
    ["without variables", {}],
    ["with some plugins", { KINTOUN_PLUGINS: "clear,basicauth" }],
    ["without plugins", { KINTOUN_PLUGINS: "" }],
    ["with observability", { KINTOUN_METRICS: "false", KINTOUN_TRACING: "true" }],
    ["with secrets", { KINTOUN_USERID_HMAC_SECRET: "", KINTOUN_DEFAULT_BUCKET_HMAC_SECRET: "x" }],
    ["with a log level", { KINTOUN_PLUGIN_DEVICES_LOG_LEVEL: "DEBUG" }],
    ["with a deployment", { KINTOUN_DEPLOY_EXPOSED: "true", KINTOUN_STANDALONE: "store-purge" }],
    ["with every setting", Object.fromEntries(SETTING_NAMES.map((name) => [settingVariable(name), anotherFor(name)]))],
    [
      "with every setting of a place",
      Object.fromEntries(PLACE_SETTING_NAMES.map((name) => [settingVariable(name, "BLOG_ARTICLES"), anotherFor(name)])),
    ],
  ])("returns the config that was checked %s", (_, variables) => {
    const config = readConfig(written, readOverrides(variables), { isDeployed: true });
    const { config: deployed } = JSON.parse(JSON.stringify(toDeployment(config)));

    const restored = restoreConfig(written, deployed, variables);

    expect({ ...restored, plugins: [], resources: [] }).toEqual({ ...config, plugins: [], resources: [] });
    expect(restored.plugins.map(({ start: _, ...plugin }) => plugin)).toEqual(
      config.plugins.map(({ start: _, ...plugin }) => plugin),
    );
    expect(restored.resources.all.map(({ name }) => name)).toEqual(config.resources.all.map(({ name }) => name));
  });

  it("throws if the bundle lacks a plugin", () => {
    const { config } = toDeployment(readConfig(written));
    const restore = () => restoreConfig({ plugins: [basicauth()] }, config, {});

    expect(restore).toThrow(UserError);
    expect(restore).toThrow("The plugin 'search' is not in the bundle as it was when it was checked. Deploy again.");
  });
});
