import type { CoreResource } from "./resources.ts";

/** Settings of one resource that may differ from bucket to bucket and from collection to collection. */
export type ScopedSettings = {
  /** `bucketReadPrincipals` …: who has a permission on every object of a resource, whatever the objects say; nobody when absent. */
  readonly [Name in `${CoreResource}${"Create" | "Read" | "Write"}Principals`]?: readonly string[];
} & {
  /** `recordCacheExpiresSeconds` …: seconds for which an anonymous answer may be kept; 0 forbids it, absent too. */
  readonly [Name in `${CoreResource}CacheExpiresSeconds`]?: number | undefined;
};

/** `pluralBucketPostEnabled` …: `plural` is the list (`/buckets`), `object` one of its objects (`/buckets/blog`). */
export type EndpointSetting =
  `${"plural" | "object"}${Capitalize<CoreResource>}${"Get" | "Head" | "Post" | "Put" | "Patch" | "Delete"}Enabled`;

/** Settings of the protocol, as an operator gives them. Each can be overridden by a variable: `KINTOUN_PAGINATE_BY=10`. */
export interface ProtocolSettings extends ScopedSettings, EndpointSettings, IdGeneratorSettings {
  /** Entries a page of a list holds at most; all up to `storageMaxFetchSize` when absent. */
  readonly paginateBy?: number | undefined;
  /** Entries read for one answer at most; 10,000 when absent. */
  readonly storageMaxFetchSize?: number;
  /** Requests in one batch at most, 1 to 100; 25 when absent. */
  readonly batchMaxRequests?: number;
  /** Refuses every write; false when absent. */
  readonly readonly?: boolean;
  /** Seconds that clients are asked to wait between requests (`Backoff`); they are not asked when absent. */
  readonly backoff?: number | undefined;
  /** Per cent of the answers that carry `Backoff`, 0 to 100; all when absent. */
  readonly backoffPercentage?: number | undefined;
  /** Seconds in the `Retry-After` of a 503; 3 when absent. */
  readonly retryAfterSeconds?: number;
  /** ISO date or date-time of the end of service: before it clients are alerted, after it they get 410; no end when absent. */
  readonly eos?: string | undefined;
  /** Text of the alert about the end of service; none when absent. */
  readonly eosMessage?: string | undefined;
  /** URL of the alert about the end of service; none when absent. */
  readonly eosUrl?: string | undefined;
  /** URL that unexpected errors (500) point to; none when absent. */
  readonly errorInfoLink?: string | undefined;
  /** Told by hello; `kintoun` when absent. */
  readonly projectName?: string;
  /** Told by hello; Kintoun's own version when absent. */
  readonly projectVersion?: string | undefined;
  /** URL of the documentation, told by hello; Kinto's when absent. */
  readonly projectDocs?: string;
  /** `http` or `https` in the URLs that answers carry; the request's when absent. */
  readonly httpScheme?: "http" | "https" | undefined;
  /** Host, with its port if need be, in the URLs that answers carry; the request's when absent. */
  readonly httpHost?: string | undefined;
  /** Origins whose pages may read answers; `["*"]` when absent. */
  readonly corsOrigins?: readonly string[];
  /** Seconds for which a browser may keep the answer to a preflight, 0 to leave it unsaid; 3600 when absent. */
  readonly corsMaxAgeSeconds?: number;
  /** Redirects paths without a version to `/v1`; true when absent. */
  readonly versionPrefixRedirectEnabled?: boolean;
  /** Seconds for which that redirect may be kept, 0 for `no-cache`, -1 to leave it unsaid; -1 when absent. */
  readonly versionPrefixRedirectTtlSeconds?: number;
  /** Redirects paths that end in a slash to those without, and `/v1` to `/v1/`; true when absent. */
  readonly trailingSlashRedirectEnabled?: boolean;
  /** Seconds for which that redirect may be kept, 0 for `no-cache`, -1 to leave it unsaid; 3600 when absent. */
  readonly trailingSlashRedirectTtlSeconds?: number;
  /** Seconds for which the `_token` of a page leads on; 600 when absent. */
  readonly paginationTokenValiditySeconds?: number;
  /** Seconds for which hello may be kept where the store is read-only; 86,400 when absent. */
  readonly rootCacheExpiresSeconds?: number;
  /** Seconds that each part of the heartbeat may take, 0.1 to 25; 10 when absent. */
  readonly heartbeatTimeoutSeconds?: number;
  /** Gives whoever creates an object the permission to write it; true when absent. */
  readonly explicitPermissions?: boolean;
  /** Checks records against their collection's `schema`; true when absent (false in Kinto). */
  readonly experimentalCollectionSchemaValidation?: boolean;
  /** Answers `/permissions`; true when absent (false in Kinto). */
  readonly experimentalPermissionsEndpoint?: boolean;
  /** Who may read `/permissions`; `["system.Everyone"]` when absent. */
  readonly permissionsReadPrincipals?: readonly string[];
  /** Who may create buckets; `["system.Authenticated"]` when absent. */
  readonly bucketCreatePrincipals?: readonly string[];
  /** What differs in one bucket (`blog`) or collection (`"blog.articles"`). */
  readonly places?: Readonly<Record<string, ScopedSettings>>;
}

/** Answers a method on an endpoint; true when absent. */
type EndpointSettings = { readonly [Name in EndpointSetting]?: boolean };

/** `recordIdGenerator` …: how an object posted without an id gets one: a short name or a UUID; `uuid` for records, `name` for the others when absent. */
type IdGeneratorSettings = { readonly [Name in `${CoreResource}IdGenerator`]?: "name" | "uuid" };

/** The settings that may be absent for good. */
type Open =
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
  | `${CoreResource}CacheExpiresSeconds`;

/** Settings that were read: all defaults are filled in. */
export type Settings = Required<Omit<ProtocolSettings, Open | "places">> & Pick<ProtocolSettings, Open> & Places;

interface Places {
  /** By bucket id (`blog`) or by bucket and collection id (`blog.articles`). */
  readonly places: ReadonlyMap<string, ScopedSettings>;
  /** From variables, which can't tell ids exactly: by upper-cased ids with `_` for `-` and `.`, such as `BLOG_ARTICLES`. They win over `places`. */
  readonly spelledPlaces: ReadonlyMap<string, ScopedSettings>;
}

/** A setting where it is to hold: the collection's, or else its bucket's, or else that of all. */
export const scopedSetting = <Name extends keyof ScopedSettings>(
  settings: Settings,
  name: Name,
  bucket?: string,
  collection?: string,
): Settings[Name] | NonNullable<ScopedSettings[Name]> => {
  if (bucket === undefined) return settings[name];
  return (
    (collection === undefined ? undefined : at(settings, name, `${bucket}.${collection}`)) ??
    at(settings, name, bucket) ??
    settings[name]
  );
};

const at = <Name extends keyof ScopedSettings>(
  { places, spelledPlaces }: Places,
  name: Name,
  place: string,
): ScopedSettings[Name] | undefined =>
  (spelledPlaces.size === 0 ? undefined : spelledPlaces.get(spell(place))?.[name]) ?? places.get(place)?.[name];

const spell = (place: string): string => place.replace(/[-.]/g, "_").toUpperCase();
