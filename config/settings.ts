import * as z from "zod";
import { CORE_RESOURCES, type CoreResource, isId } from "../core/resources.ts";
import type { EndpointSetting, Settings } from "../core/settings.ts";
import { capitalize } from "../lib/util/capitalize.ts";
import { findNearest } from "../lib/util/nearest.ts";

export { kintoName, settingVariable } from "./setting-names.ts";

const seconds = z.int().min(0);
const ttl = z.int().min(-1);
const principals = z.array(z.string());
const noPrincipals = principals.default([]);
const optionalPrincipals = principals.exactOptional();

/** A field for each resource, for example `recordIdGenerator`. */
const perResource = <Suffix extends string, Field extends z.ZodType>(
  suffix: Suffix,
  field: (resource: CoreResource) => Field,
) =>
  Object.fromEntries(CORE_RESOURCES.map((resource) => [`${resource}${suffix}`, field(resource)])) as Record<
    `${CoreResource}${Suffix}`,
    Field
  >;

const placeSchema = z.strictObject({
  ...perResource("CreatePrincipals", () => optionalPrincipals),
  ...perResource("ReadPrincipals", () => optionalPrincipals),
  ...perResource("WritePrincipals", () => optionalPrincipals),
  ...perResource("CacheExpiresSeconds", () => seconds.optional()),
});

const endpoints = ["plural", "object"].flatMap((type) =>
  CORE_RESOURCES.flatMap((resource) =>
    ["Get", "Head", "Post", "Put", "Patch", "Delete"].map((method) => `${type}${capitalize(resource)}${method}Enabled`),
  ),
) as EndpointSetting[];
const enabledByDefault = z.boolean().default(true);
const enabled = Object.fromEntries(endpoints.map((name) => [name, enabledByDefault])) as Record<
  EndpointSetting,
  typeof enabledByDefault
>;

/**
 * The schema of `settings`. The defaults are those of Kinto, except where docs/operations/settings.md says otherwise.
 */
export const settingsSchema = z.strictObject({
  paginateBy: z.int().min(1).optional(),
  storageMaxFetchSize: z.int().min(1).max(10_000).default(10_000),
  maxListReadMegabytes: z.number().min(0.01).max(250).default(64),
  batchMaxRequests: z.int().min(1).max(100).default(25),
  readonly: z.boolean().default(false),
  backoff: seconds.optional(),
  backoffPercentage: z.number().min(0).max(100).optional(),
  retryAfterSeconds: seconds.default(3),
  eos: z
    .string()
    .refine((text) => z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })]).safeParse(text).success, {
      error: "is not an ISO date such as 2030-01-31 or 2030-01-31T12:00:00Z",
    })
    .optional(),
  eosMessage: z.string().optional(),
  eosUrl: z.string().optional(),
  errorInfoLink: z.string().optional(),
  projectName: z.string().default("kintoun"),
  projectVersion: z.string().optional(),
  projectDocs: z.string().default("https://kinto.readthedocs.io/"),
  httpScheme: z.enum(["http", "https"]).optional(),
  httpHost: z
    .string()
    .regex(/^[^\s/?#@]{1,255}$/, "is not a host such as store.example.org or localhost:8888")
    .optional(),
  clientAddressHeader: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,99}$/, "is not the name of a header in lower case, such as cloudfront-viewer-address")
    .optional(),
  corsOrigins: z.array(z.string()).default(["*"]),
  corsMaxAgeSeconds: seconds.default(3600),
  versionPrefixRedirectEnabled: z.boolean().default(true),
  versionPrefixRedirectTtlSeconds: ttl.default(-1),
  trailingSlashRedirectEnabled: z.boolean().default(true),
  trailingSlashRedirectTtlSeconds: ttl.default(3600),
  paginationTokenValiditySeconds: z.int().min(1).default(600),
  rootCacheExpiresSeconds: seconds.default(86_400),
  heartbeatTimeoutSeconds: z.number().min(0.1).max(25).default(10),
  explicitPermissions: z.boolean().default(true),
  experimentalCollectionSchemaValidation: z.boolean().default(true),
  experimentalPermissionsEndpoint: z.boolean().default(true),
  permissionsReadPrincipals: principals.default(["system.Everyone"]),
  jobsReadPrincipals: noPrincipals,
  jobsWritePrincipals: noPrincipals,
  ...perResource("CreatePrincipals", (resource) =>
    principals.default(resource === "bucket" ? ["system.Authenticated"] : []),
  ),
  ...perResource("ReadPrincipals", () => noPrincipals),
  ...perResource("WritePrincipals", () => noPrincipals),
  ...perResource("CacheExpiresSeconds", () => seconds.optional()),
  ...perResource("IdGenerator", (resource) =>
    z.enum(["name", "uuid"]).default(resource === "record" ? "uuid" : "name"),
  ),
  ...enabled,
  places: z
    .record(
      z.string().refine((place) => place.split(".").length <= 2 && place.split(".").every(isId), {
        error: "is neither a bucket id nor a bucket id and a collection id separated by a dot",
      }),
      placeSchema,
    )
    .superRefine((places, { addIssue }) => {
      for (const [place, settings] of Object.entries(places))
        for (const name of Object.keys(settings))
          if (place.includes(".") && /^(bucket|group)/.test(name))
            addIssue({
              code: "custom",
              path: [place, name],
              message: "applies to buckets only; a collection has settings of collections and records",
            });
    })
    .default({}),
});

export type SettingName = Exclude<keyof typeof settingsSchema.shape, "places">;

/** Every setting but `places`, in the order of docs/operations/settings.md. */
export const SETTING_NAMES = Object.keys(settingsSchema.shape).filter(
  (name) => name !== "places",
) as readonly SettingName[];

/** The settings that a single bucket or collection can have. */
export const PLACE_SETTING_NAMES = Object.keys(placeSchema.shape) as readonly (keyof typeof placeSchema.shape)[];

/** Validates settings and adds defaults. Returns the issues with their paths when they are not valid. */
export const readSettings = (
  input: unknown,
): { readonly settings: Omit<Settings, "placeVariables"> } | { readonly issues: readonly string[] } => {
  const read = settingsSchema.safeParse(input);
  if (!read.success) return { issues: read.error.issues.flatMap(formatIssue) };
  const { places, ...settings } = read.data;
  return { settings: { ...settings, places: new Map(Object.entries(places)) } };
};

const formatIssue = (issue: z.core.$ZodIssue): string[] => {
  const path = ["settings", ...issue.path.map(String)].join(".");
  if (issue.code !== "unrecognized_keys")
    return [`${path}: ${issue.code === "invalid_key" ? issue.issues[0]?.message : issue.message}.`];
  const known = issue.path.length === 0 ? Object.keys(settingsSchema.shape) : PLACE_SETTING_NAMES;
  return issue.keys.map((key) => `${path}.${key} is not a setting. ${suggestSetting(key, known)}`);
};

/** The type of a setting: `integer`, `number`, `boolean`, `string`, or `array` for a list of strings. */
export const settingType = (name: SettingName): string =>
  String(z.toJSONSchema(settingsSchema.shape[name], { io: "input" }).type);

/** Ends a message with the nearest known name, or with a reference to the documentation. */
export const suggestSetting = (name: string, known: readonly string[]): string => {
  const near = findNearest(name, known);
  return near === undefined ? "See docs/operations/settings.md." : `Did you mean '${near}'?`;
};
