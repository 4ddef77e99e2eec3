import type { LogLevel } from "../core/ports/log.ts";
import type { KintounConfig } from "../kit/config.ts";
import type { Plugin } from "../kit/plugin.ts";
import type { Config } from "./config.ts";
import { readConfig } from "./config.ts";
import { readOverrides } from "./environment.ts";
import { readLogLevel } from "./log-level.ts";
import { UserError } from "./problem.ts";

/** Reads `kintoun.config.ts` and what the environment overrides; throws a {@link UserError} when it can't be used. */
export const loadConfig = async (): Promise<Config> => readConfig(await importConfig(), readOverrides(process.env));

/** What this process is to log, as its environment says. */
export const logLevel = (): LogLevel => readLogLevel(process.env);

/** Where the environment says that DynamoDB is, if anywhere else than in AWS. The SDK's clients find out by themselves; the store's own transport must be told. */
export const readDynamoDbEndpoint = (): string | undefined =>
  process.env.AWS_ENDPOINT_URL_DYNAMODB ?? process.env.AWS_ENDPOINT_URL;

/** A plugin that `kintoun.config.ts` lists, and whether it runs. */
export interface InstalledPlugin {
  readonly plugin: Plugin;
  readonly optional: boolean;
  readonly active: boolean;
}

/** All plugins that `kintoun.config.ts` lists, in its order, the optional ones last; throws a {@link UserError} when it can't be used. */
export const loadInstalledPlugins = async (): Promise<readonly InstalledPlugin[]> => {
  const exported = await importConfig();
  const running = readConfig(exported, readOverrides(process.env)).plugins.map(({ name }) => name);
  const { plugins, optional = [] } = exported as KintounConfig;
  return [...plugins, ...optional].map((plugin, place) => ({
    plugin,
    optional: place >= plugins.length,
    active: running.includes(plugin.name),
  }));
};

const importConfig = async (): Promise<unknown> => {
  try {
    return (await import("../kintoun.config.ts")).default;
  } catch (error) {
    throw new UserError([
      `kintoun.config.ts can't be loaded: ${error instanceof Error ? error.message.split("\n").slice(0, 3).join(" ") : String(error)}`,
    ]);
  }
};
