import type { Grants } from "./permissions/authorizer.ts";
import { type CoreResource, idsByResource, isCore, type Resources } from "./resources.ts";

/** Settings of a resource that a bucket or collection can override. */
export type ScopedSettings = {
  /** `bucketReadPrincipals` …: principals with a permission on every object of a resource; default: none. */
  readonly [Name in `${CoreResource}${"Create" | "Read" | "Write"}Principals`]?: readonly string[];
} & {
  /**
   * `recordCacheExpiresSeconds` …: seconds for which anonymous responses may be cached; 0, the default, disables
   * caching.
   */
  readonly [Name in `${CoreResource}CacheExpiresSeconds`]?: number | undefined;
};

/** `pluralBucketPostEnabled` …: `plural` is the list (`/buckets`), `object` one of its objects (`/buckets/blog`). */
export type EndpointSetting =
  `${"plural" | "object"}${Capitalize<CoreResource>}${"Get" | "Head" | "Post" | "Put" | "Patch" | "Delete"}Enabled`;

/**
 * The protocol settings in the configuration. An environment variable overrides each, e.g. `KINTOUN_PAGINATE_BY=10`.
 * @example
 * const settings: ProtocolSettings = { paginateBy: 100 };
 */
export interface ProtocolSettings extends ScopedSettings, EndpointSettings, IdGeneratorSettings {
  /** Maximum entries per list page; default: `storageMaxFetchSize`. */
  readonly paginateBy?: number | undefined;
  /** Maximum entries read for one response; default: 10,000. */
  readonly storageMaxFetchSize?: number;
  /**
   * What the lists of a request or batch may read from the table, in megabytes, 0.01 to 250; default: 64. A page of a
   * filtered list ends there.
   */
  readonly maxListReadMegabytes?: number;
  /** Maximum requests per batch, 1 to 100; default: 25. */
  readonly batchMaxRequests?: number;
  /** Rejects all writes; default: false. */
  readonly readonly?: boolean;
  /** Seconds that clients should wait between requests (`Backoff` header); default: no header. */
  readonly backoff?: number | undefined;
  /** Percentage of responses with a `Backoff` header, 0 to 100; default: 100. */
  readonly backoffPercentage?: number | undefined;
  /** Least seconds in the `Retry-After` header of a 503 response, which is random up to twice as many; default: 3. */
  readonly retryAfterSeconds?: number;
  /**
   * ISO date or date-time of the end of service: responses carry an alert before it and are 410 after it; default:
   * none.
   */
  readonly eos?: string | undefined;
  /** Message of the end-of-service alert; default: none. */
  readonly eosMessage?: string | undefined;
  /** URL in the end-of-service alert; default: none. */
  readonly eosUrl?: string | undefined;
  /** URL in the body of unexpected errors (500); default: none. */
  readonly errorInfoLink?: string | undefined;
  /** Project name on the root page; default: `kintoun`. */
  readonly projectName?: string;
  /** Project version on the root page; default: Kintoun's version. */
  readonly projectVersion?: string | undefined;
  /** Documentation URL on the root page; default: Kinto's documentation. */
  readonly projectDocs?: string;
  /** `http` or `https` in URLs of responses; default: that of the request. */
  readonly httpScheme?: "http" | "https" | undefined;
  /** Host and optional port in URLs of responses; default: that of the request. */
  readonly httpHost?: string | undefined;
  /**
   * The header, in lower case, in which a proxy passes on the client's address; default: the address that API Gateway
   * sees.
   */
  readonly clientAddressHeader?: string | undefined;
  /** Origins that may read responses (CORS); an empty list switches CORS off; default: `["*"]`. */
  readonly corsOrigins?: readonly string[];
  /** Seconds for which browsers may cache preflight responses; 0 omits the header; default: 3600. */
  readonly corsMaxAgeSeconds?: number;
  /** Redirects paths without a version to `/v1`; default: true. */
  readonly versionPrefixRedirectEnabled?: boolean;
  /** Seconds for which the version redirect may be cached; 0 means `no-cache`, -1 omits the header; default: -1. */
  readonly versionPrefixRedirectTtlSeconds?: number;
  /** Redirects paths with a trailing slash to those without, and `/v1` to `/v1/`; default: true. */
  readonly trailingSlashRedirectEnabled?: boolean;
  /** Seconds for which the slash redirect may be cached; 0 means `no-cache`, -1 omits the header; default: 3600. */
  readonly trailingSlashRedirectTtlSeconds?: number;
  /** Seconds for which a page's `_token` is valid; default: 600. */
  readonly paginationTokenValiditySeconds?: number;
  /** Seconds for which the root page may be cached when the store is read-only; default: 86,400. */
  readonly rootCacheExpiresSeconds?: number;
  /** Timeout of each heartbeat check in seconds, 0.1 to 25; default: 10. */
  readonly heartbeatTimeoutSeconds?: number;
  /** Grants `write` on an object to the user who creates it; default: true. */
  readonly explicitPermissions?: boolean;
  /** Validates records against their collection's `schema`; default: true (false in Kinto). */
  readonly experimentalCollectionSchemaValidation?: boolean;
  /** Enables the `/permissions` endpoint; default: true (false in Kinto). */
  readonly experimentalPermissionsEndpoint?: boolean;
  /** Principals that may read `/permissions`; default: `["system.Everyone"]`. */
  readonly permissionsReadPrincipals?: readonly string[];
  /** Principals that may read the jobs of all users; default: none. */
  readonly jobsReadPrincipals?: readonly string[];
  /** Principals that may read, cancel and retry the jobs of all users; default: none. */
  readonly jobsWritePrincipals?: readonly string[];
  /** Principals that may create buckets; default: `["system.Authenticated"]`. */
  readonly bucketCreatePrincipals?: readonly string[];
  /** Overrides for a bucket (`blog`) or collection (`"blog.articles"`). */
  readonly places?: Readonly<Record<string, ScopedSettings>>;
}

/** Enables a method on an endpoint; default: true. */
type EndpointSettings = { readonly [Name in EndpointSetting]?: boolean };

/**
 * `recordIdGenerator` …: ids of objects posted without one: short names or UUIDs; default: `uuid` for records, else
 * `name`.
 */
type IdGeneratorSettings = { readonly [Name in `${CoreResource}IdGenerator`]?: "name" | "uuid" };

/** Optional settings without a default. */
type OptionalSetting =
  | "paginateBy"
  | "backoff"
  | "backoffPercentage"
  | "eos"
  | "eosMessage"
  | "eosUrl"
  | "errorInfoLink"
  | "projectVersion"
  | "httpScheme"
  | "httpHost"
  | "clientAddressHeader"
  | `${CoreResource}CacheExpiresSeconds`;

/** Parsed settings with all defaults. */
export type Settings = Required<Omit<ProtocolSettings, OptionalSetting | "places">> &
  Pick<ProtocolSettings, OptionalSetting> &
  ScopedOverrides;

interface ScopedOverrides {
  /** Overrides by bucket id (`blog`) or bucket and collection id (`blog.articles`). */
  readonly places: ReadonlyMap<string, ScopedSettings>;
  /**
   * Overrides from environment variables, by uppercase ids with `_` for `-` and `.`, e.g. `BLOG_ARTICLES`. They take
   * precedence over `places`.
   */
  readonly placeVariables: ReadonlyMap<string, ScopedSettings>;
}

/** Returns the most specific value of a setting: the collection's, else the bucket's, else the global one. */
export const scopedSetting = <Name extends keyof ScopedSettings>(
  settings: Settings,
  name: Name,
  bucket?: string,
  collection?: string,
): Settings[Name] | NonNullable<ScopedSettings[Name]> => {
  if (bucket === undefined) return settings[name];
  return (
    (collection === undefined ? undefined : overrideOf(settings, name, `${bucket}.${collection}`)) ??
    overrideOf(settings, name, bucket) ??
    settings[name]
  );
};

const overrideOf = <Name extends keyof ScopedSettings>(
  { places, placeVariables }: ScopedOverrides,
  name: Name,
  scope: string,
): ScopedSettings[Name] | undefined =>
  (placeVariables.size === 0 ? undefined : placeVariables.get(toVariablePart(scope))?.[name]) ??
  places.get(scope)?.[name];

const toVariablePart = (scope: string): string => scope.replace(/[-.]/g, "_").toUpperCase();

const ACTION_NAMES = { create: "Create", read: "Read", write: "Write" } as const;

/** The permissions that the settings grant, and those that plugins grant on their own resources. */
export const createGrants = (settings: Settings, resources: Resources): Grants => {
  const scopes: readonly ScopedSettings[] = [
    settings,
    ...settings.places.values(),
    ...settings.placeVariables.values(),
  ];
  const principalsAnywhere: Grants["principalsAnywhere"] = (permission, resource) =>
    isCore(resource)
      ? scopes.flatMap((scope) => scope[`${resource}${ACTION_NAMES[permission]}Principals`] ?? [])
      : (resources.find(resource)?.plugin?.principals[permission] ?? []);
  const namedPrincipals = new Set([
    ...resources.all.flatMap(({ name }) =>
      (["create", "read", "write"] as const).flatMap((permission) => principalsAnywhere(permission, name)),
    ),
    ...settings.permissionsReadPrincipals,
    ...settings.jobsReadPrincipals,
    ...settings.jobsWritePrincipals,
  ]);
  return {
    principals: (permission, resource, parent) => {
      if (!isCore(resource)) return principalsAnywhere(permission, resource);
      const ids = idsByResource(parent);
      return (
        scopedSetting(settings, `${resource}${ACTION_NAMES[permission]}Principals`, ids.bucket, ids.collection) ?? []
      );
    },
    principalsAnywhere,
    staticGrants: () => [],
    namedPrincipals,
  };
};
