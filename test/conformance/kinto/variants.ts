import type { ProtocolSettings } from "../../../kit/config.ts";
import { ADMIN_USER_ID, SECRET } from "./scenario-client.ts";

/** Settings that both servers are started with. `share` is the percentage of requests that each variant gets. */
export const VARIANTS: readonly {
  readonly name: string;
  readonly share: number;
  readonly settings: ProtocolSettings;
  /** Whether there are accounts beside basic authentication. Their passwords are expensive to check. */
  readonly hasAccounts?: boolean;
}[] = [
  { name: "with default settings", share: 45, settings: {} },
  { name: "with accounts", share: 15, settings: {}, hasAccounts: true },
  { name: "with pages of three", share: 15, settings: { paginateBy: 3, storageMaxFetchSize: 5 } },
  {
    name: "with permissions granted by settings",
    share: 10,
    settings: {
      bucketReadPrincipals: ["system.Everyone"],
      collectionCreatePrincipals: ["system.Authenticated"],
      groupWritePrincipals: ["/buckets/b1/groups/g"],
      recordReadPrincipals: ["system.Authenticated"],
      recordCreatePrincipals: ["system.Everyone"],
      bucketCreatePrincipals: ["system.Everyone"],
    },
  },
  {
    name: "without explicit permissions, with caching and low limits",
    share: 10,
    settings: {
      explicitPermissions: false,
      bucketWritePrincipals: ["system.Authenticated"],
      recordCacheExpiresSeconds: 60,
      collectionCacheExpiresSeconds: 0,
      batchMaxRequests: 3,
      backoff: 10,
      corsOrigins: ["https://app.example.org", "https://*.example.com"],
      corsMaxAgeSeconds: 0,
      trailingSlashRedirectEnabled: false,
      versionPrefixRedirectTtlSeconds: 60,
      experimentalPermissionsEndpoint: false,
      experimentalCollectionSchemaValidation: false,
      pluralRecordDeleteEnabled: false,
      objectGroupPatchEnabled: false,
      recordIdGenerator: "name",
      eos: "2999-01-01",
      eosMessage: "Please migrate.",
      eosUrl: "https://example.org/end",
    },
  },
  { name: "in read-only mode", share: 4, settings: { readonly: true } },
  {
    name: "after their end of service",
    share: 1,
    settings: { eos: "2020-01-01", eosMessage: "This service has ended.", eosUrl: "https://example.org/end" },
  },
];

/** Settings of Kinto that enable what Kintoun always has. */
const BASE_INI = {
  userid_hmac_secret: SECRET,
  default_bucket_hmac_secret: SECRET,
  includes: "kinto.plugins.default_bucket kinto.plugins.flush kinto.plugins.history kinto.plugins.counters",
  experimental_permissions_endpoint: "true",
  experimental_collection_schema_validation: "true",
  bucket_create_principals: "system.Authenticated",
};

const ACCOUNTS_INI = {
  includes: `${BASE_INI.includes} kinto.plugins.accounts`,
  "multiauth.policies": "account basicauth",
  "multiauth.policy.account.use": "kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy",
  account_create_principals: "system.Everyone",
  account_write_principals: ADMIN_USER_ID,
};

const ID_GENERATORS: Readonly<Record<string, string>> = {
  name: "kinto.views.NameGenerator",
  uuid: "kinto.views.RelaxedUUID",
};

/** Converts Kintoun's settings to those of Kinto's ini file: `paginateBy: 3` is `paginate_by = 3`. */
export const toIni = (settings: ProtocolSettings, hasAccounts = false): Record<string, string> => {
  const pairs = Object.entries(settings).map(([name, value]): [string, string] => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    name.endsWith("IdGenerator")
      ? (ID_GENERATORS[String(value)] ?? "")
      : Array.isArray(value)
        ? value.join(" ")
        : String(value),
  ]);
  return { ...BASE_INI, ...(hasAccounts && ACCOUNTS_INI), ...Object.fromEntries(pairs) };
};
