import type { KintounConfig } from "../kit/config.ts";
import type { AuthenticationManifest } from "../kit/parts/authentication.ts";
import { isObject } from "../lib/json.ts";
import type { Config } from "./config.ts";
import { withoutNamesOf } from "./without-names-of.ts";

/**
 * Finds what must not reach AWS: a store that anyone can write without the operator's consent, and placeholders.
 * @param written the export of `kintoun.config.ts`
 * @returns one line per issue
 */
export const findDeploymentIssues = (config: Config, written: KintounConfig): readonly string[] => [
  ...findExposureIssues(config),
  ...findPlaceholders("settings", config.settings),
  ...findPlaceholders("deploy", config.deploy),
  ...[...written.plugins, ...withoutNamesOf(written.local ?? [], written.plugins), ...(written.optional ?? [])]
    .filter(({ name }) => config.plugins.some((active) => active.name === name))
    .flatMap(({ name, options }) => findPlaceholders(`plugins: ${name}`, options)),
];

/** Principals that all clients on the Internet have, or get from a plugin that accepts any credentials. */
const OPEN_PRINCIPALS = ["system.Everyone", "system.Authenticated"];

/** Finds how anyone on the Internet could write to the store, unless the operator has agreed. */
export const findExposureIssues = ({ deploy, plugins, settings }: Config): readonly string[] => {
  if (deploy.exposed) return [];
  const open = plugins.filter(({ authentication }) => authentication?.acceptsAnyone);
  // Without a plugin that may authenticate strangers, no stranger has `system.Authenticated`.
  const known = plugins.some(({ authentication }) => authentication !== undefined && mayAcceptStrangers(authentication))
    ? OPEN_PRINCIPALS
    : ["system.Everyone"];
  const reasons = [
    ...open.map(({ name }) => `the plugin '${name}' lets anyone be a user`),
    ...writeSettings(settings).flatMap(([path, value]) =>
      value.filter((one) => known.includes(one)).map((one) => `${path} contains ${one}`),
    ),
  ];
  if (reasons.length === 0) return [];
  return [
    `Anyone on the Internet could write to this store, at your expense: ${reasons.join("; ")}. ` +
      "Use a plugin that authenticates your users and grant permissions to them, or, if this is intended, " +
      "set deploy: { exposed: true } in kintoun.config.ts or KINTOUN_DEPLOY_EXPOSED=true. See docs/operations/deploy.md.",
  ];
};

/** API tokens and the like are of users that another plugin authenticates. */
const mayAcceptStrangers = ({ acceptsAnyone, identifiesOtherUsers }: AuthenticationManifest): boolean =>
  acceptsAnyone !== false && !identifiesOtherUsers;

/** The settings that let principals create or write objects, with their paths. */
const writeSettings = ({ places, placeVariables, ...settings }: Config["settings"]) => {
  const scopes: readonly (readonly [string, object])[] = [
    ["settings", settings],
    ...[...places, ...placeVariables].map(([place, scoped]) => [`settings.places.${place}`, scoped] as const),
  ];
  return scopes.flatMap(([path, scoped]) =>
    Object.entries(scoped)
      .filter(([name]) => /(?:Create|Write)Principals$/.test(name))
      .map(([name, value]) => [`${path}.${name}`, value as readonly string[]] as const),
  );
};

/**
 * A host below a name that is reserved for examples and tests (RFC 2606, RFC 6761), or the account that AWS's
 * documentation uses.
 */
const PLACEHOLDER =
  /(?<![\w.{-])(?:[\w-]+\.)*(?:example\.(?:com|edu|net|org)|[\w-]+\.(?:example|invalid|test))(?![\w-])|\b123456789012\b/i;

/** Placeholders in a value, with their paths in the config. */
const findPlaceholders = (path: string, value: unknown): readonly string[] => {
  if (typeof value === "string") {
    const [found] = PLACEHOLDER.exec(value) ?? [];
    return found === undefined
      ? []
      : [`${path} contains ${found}, which is a placeholder. Replace it, or leave out what you do not use.`];
  }
  if (value instanceof Map) return findPlaceholders(path, Object.fromEntries(value));
  if (Array.isArray(value)) return value.flatMap((one, index) => findPlaceholders(`${path}[${index}]`, one));
  return isObject(value) ? Object.entries(value).flatMap(([key, one]) => findPlaceholders(`${path}.${key}`, one)) : [];
};
