import type { Config } from "./config.ts";
import type { Overrides } from "./environment.ts";
import { PLUGIN_VARIABLE_PREFIX } from "./plugin-variables.ts";
import { LIST_SETTINGS, parseList } from "./setting-names.ts";
import { LOCATION_VARIABLES } from "./store-location.ts";
import { UserError } from "./user-error.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Prefix of the variables from which the functions of a package read its parameters. */
export const PACKAGE_VARIABLE_PREFIX = "KINTOUN_PACKAGE_";

/** The variable with the name of the variant of a package. */
export const PACKAGE_VARIANT_VARIABLE = `${PACKAGE_VARIABLE_PREFIX}VARIANT`;

/** The variable with the URL of the API, in functions that show it to operators. */
export const PACKAGE_URL_VARIABLE = `${PACKAGE_VARIABLE_PREFIX}URL`;

/** Variables that are read elsewhere in functions. */
const OTHER_VARIABLES: readonly string[] = [
  ...LOCATION_VARIABLES,
  "KINTOUN_USERID_HMAC_SECRET",
  "KINTOUN_DEFAULT_BUCKET_HMAC_SECRET",
];
const OTHER_PREFIXES = [PLUGIN_VARIABLE_PREFIX, PACKAGE_VARIABLE_PREFIX];

/** Variables that decide which resources there are, and how they are set up. */
const DEPLOYMENT_VARIABLES = /^KINTOUN_(PLUGINS|STANDALONE|REDRIVE_ON_DEPLOY|METRICS|TRACING|DEPLOY_\w+)$/;

/**
 * Applies the variables of a deployed function that override settings, such as `KINTOUN_READONLY`, to its config. What checks
 * them is loaded only if there are any but lists. Throws a {@link UserError} for unknown variables, wrong
 * values, and variables that only a deployment can follow.
 */
export const overrideSettings = async (config: Config, variables: Variables): Promise<Config> => {
  const names = Object.keys(variables).filter(isOverride);
  if (names.length === 0) return config;
  const misplaced = names.filter((name) => DEPLOYMENT_VARIABLES.test(name));
  if (misplaced.length > 0)
    throw new UserError(
      misplaced.map(
        (name) => `The variable ${name} has no effect on a function. Remove it, and deploy the store with it instead.`,
      ),
    );
  const lists = names.flatMap((name) => {
    const setting = LIST_SETTINGS.get(name);
    return setting === undefined ? [] : [[setting, parseList(variables[name] ?? "")] as const];
  });
  const others = names.filter((name) => !LIST_SETTINGS.has(name));
  const { settings, placeVariables = new Map() } = others.length === 0 ? {} : await readOthers(others, variables);
  return {
    ...config,
    settings: {
      ...config.settings,
      ...settings,
      ...Object.fromEntries(lists),
      placeVariables: mergeScopes(config.settings.placeVariables, placeVariables),
    },
  };
};

/** Loads the checks of settings, a tenth of the start of `api`. */
const readOthers = async (names: readonly string[], variables: Variables): Promise<Overrides> => {
  const { readOverrides } = await import("./environment.ts");
  return readOverrides(Object.fromEntries(names.map((name) => [name, variables[name]])));
};

const isOverride = (name: string): boolean =>
  name.startsWith("KINTOUN_") &&
  !OTHER_VARIABLES.includes(name) &&
  !OTHER_PREFIXES.some((prefix) => name.startsWith(prefix));

type Scopes = Config["settings"]["placeVariables"];

const mergeScopes = (deployed: Scopes, overriding: Scopes): Scopes =>
  new Map([
    ...deployed,
    ...[...overriding].map(([place, scoped]) => [place, { ...deployed.get(place), ...scoped }] as const),
  ]);
