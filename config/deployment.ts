import type { ScopedSettings, Settings } from "../core/settings.ts";
import type { KintounConfig } from "../kit/config.ts";
import { readResources } from "../kit/parts/resources.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import type { Config } from "./config.ts";
import { keepDeployedParts } from "./deployed-parts.ts";
import { PLUGIN_VARIABLE_PREFIX } from "./plugin-variables.ts";
import { type Routing, toRouting } from "./routing.ts";
import { UserError } from "./user-error.ts";

/**
 * A checked config as JSON. A deployment puts it into the bundles of its functions, so that they neither check it again nor
 * load what checks it.
 */
export interface Deployment {
  readonly config: DeployedConfig;
  readonly routing: Routing;
}

/** A config without what only code or the environment can hold. */
interface DeployedConfig
  extends Pick<Config, "standalone" | "redriveOnDeploy" | "localMail" | "observability" | "deploy"> {
  readonly settings: Omit<Settings, "places" | "placeVariables"> & {
    readonly places: Readonly<Record<string, ScopedSettings>>;
    readonly placeVariables: Readonly<Record<string, ScopedSettings>>;
  };
  readonly plugins: readonly Pick<PluginManifest, "name" | "logLevel">[];
}

export const toDeployment = (config: Config): Deployment => ({
  config: toDeployedConfig(config),
  routing: toRouting(config),
});

/** The inverse of {@link restoreConfig}. */
const toDeployedConfig = ({
  settings,
  plugins,
  standalone,
  redriveOnDeploy,
  localMail,
  observability,
  deploy,
}: Config): DeployedConfig => ({
  settings: {
    ...settings,
    places: Object.fromEntries(settings.places),
    placeVariables: Object.fromEntries(settings.placeVariables),
  },
  plugins: plugins.map(({ name, logLevel }) => ({ name, logLevel })),
  standalone,
  redriveOnDeploy,
  localMail,
  observability,
  deploy,
});

/**
 * The config of a deployed function.
 *
 * @param written the export of `kintoun.config.ts`
 * @param variables those of the function
 */
export const restoreConfig = (
  { plugins, local = [], optional = [] }: KintounConfig,
  { settings, plugins: active, ...deployed }: DeployedConfig,
  variables: Readonly<Record<string, string | undefined>>,
): Config => {
  const written = [...plugins, ...local, ...optional];
  const manifests = active.map(({ name, logLevel }) => {
    const result = written.find((plugin) => plugin.name === name)?.resolve();
    if (result === undefined || result.issues !== undefined)
      throw new UserError([`The plugin '${name}' is not in the bundle as it was when it was checked. Deploy again.`]);
    return { ...keepDeployedParts(result.plugin), logLevel };
  });
  const typed = readResources(manifests);
  if ("issues" in typed) throw new UserError(typed.issues);
  return {
    ...deployed,
    settings: {
      ...settings,
      places: new Map(Object.entries(settings.places)),
      placeVariables: new Map(Object.entries(settings.placeVariables)),
    },
    plugins: manifests,
    resources: typed.resources,
    useridHmacSecret: variables.KINTOUN_USERID_HMAC_SECRET,
    defaultBucketHmacSecret: variables.KINTOUN_DEFAULT_BUCKET_HMAC_SECRET,
    pluginVariables: new Map(
      Object.entries(variables).filter(
        (entry): entry is [string, string] => entry[0].startsWith(PLUGIN_VARIABLE_PREFIX) && entry[1] !== undefined,
      ),
    ),
  };
};
