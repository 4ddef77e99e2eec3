import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LOG_LEVELS, type LogLevel } from "../core/ports/log.ts";
import type { KintounConfig } from "../kit/config.ts";
import type { Plugin } from "../kit/plugin.ts";
import { readAwsEndpoint } from "./aws-environment.ts";
import { type Config, type ReadOptions, readConfig } from "./config.ts";
import { describeLoadError } from "./describe-load-error.ts";
import { readOverrides } from "./environment.ts";
import { UserError } from "./user-error.ts";
import { withoutNamesOf } from "./without-names-of.ts";

/** The file with the config of a store, in the folder of its checkout or project. */
export const CONFIG_FILE_NAME = "kintoun.config.ts";

/**
 * Loads `kintoun.config.ts` of the current folder with the overrides of the environment. Throws a {@link UserError} when it is not valid.
 * @param options for a store in AWS: `{ isDeployed: true }`
 */
export const loadConfig = async (options?: ReadOptions): Promise<Config> =>
  readConfig(await importConfig(), readOverrides(process.env), options);

/** The log level outside of Lambda, from the variable of Powertools. @param fallback without a valid variable */
export const readLogLevel = (fallback: LogLevel = "INFO"): LogLevel =>
  LOG_LEVELS.find((one) => one === process.env.POWERTOOLS_LOG_LEVEL?.toUpperCase()) ?? fallback;

/** The endpoint that the environment sets for a service. */
export const readConfiguredEndpoint = (service: "DYNAMODB" | "SQS" | "S3"): string | undefined =>
  readAwsEndpoint(process.env, service);

/** A plugin of `kintoun.config.ts`. */
export interface InstalledPlugin {
  readonly plugin: Plugin;
  readonly optional: boolean;
  /** Whether it is active on a laptop only. */
  readonly local: boolean;
  readonly active: boolean;
}

/**
 * Loads all plugins of `kintoun.config.ts`: `plugins`, `local` and `optional`, each in its order, with whether they are
 * active here. On a laptop one of `local` replaces the one of `plugins` with its name. Throws a {@link UserError} when the config is not valid.
 */
export const loadInstalledPlugins = async (): Promise<readonly InstalledPlugin[]> => {
  const exported = await importConfig();
  const active = readConfig(exported, readOverrides(process.env)).plugins.map(({ name }) => name);
  const { plugins, local = [], optional = [] } = exported as KintounConfig;
  const onlyLocal = withoutNamesOf(local, plugins);
  return [...withoutNamesOf(plugins, local), ...local, ...optional].map((plugin) => ({
    plugin,
    optional: optional.includes(plugin),
    local: onlyLocal.includes(plugin),
    active: active.includes(plugin.name),
  }));
};

const importConfig = async (): Promise<unknown> => {
  const file = resolve(CONFIG_FILE_NAME);
  try {
    return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (error) {
    throw toConfigError(file, error);
  }
};

/** The config of a store that is deployed. */
export interface DeployedConfigFile {
  readonly config: Config;
  /** The export of the file. */
  readonly written: KintounConfig;
}

/**
 * Loads the config of a store in AWS at once, since constructs of the CDK cannot wait. Throws a {@link UserError} when it is
 * not valid.
 * @param file the absolute path of the config
 * @param variables the overrides; those of the environment when absent
 * @param defaults overrides unless a variable is set
 */
export const loadDeployedConfig = (
  file: string,
  variables: Readonly<Record<string, string | undefined>> = process.env,
  defaults: Readonly<Record<string, string>> = {},
): DeployedConfigFile => {
  const exported = requireConfig(file);
  const overrides = readOverrides({ ...defaults, ...variables });
  return { config: readConfig(exported, overrides, { isDeployed: true }), written: exported as KintounConfig };
};

const requireConfig = (file: string): unknown => {
  try {
    return (createRequire(file)(file) as { default?: unknown }).default;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_REQUIRE_ASYNC_MODULE")
      throw new UserError([
        `${file} or a module that it imports has an await outside of functions. Move it into a function: the CDK loads the config at once.`,
      ]);
    throw toConfigError(file, error);
  }
};

const toConfigError = (file: string, error: unknown): UserError =>
  existsSync(file)
    ? new UserError([`${CONFIG_FILE_NAME} cannot be loaded: ${describeLoadError(error)}`])
    : new UserError([
        `There is no ${CONFIG_FILE_NAME} in ${dirname(file)}. Run the command in the folder of your project, or make a project: npm create kintoun my-store`,
      ]);
