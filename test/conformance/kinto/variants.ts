import type { ProtocolSettings } from "../../../kit/config.ts";
import { SECRET } from "./teller.ts";

/** Settings with which both servers are started and asked, each about so many of a hundred requests. */
export const VARIANTS: readonly {
  readonly name: string;
  readonly share: number;
  readonly settings: ProtocolSettings;
}[] = [
  { name: "as they come", share: 60, settings: {} },
  { name: "with pages of three", share: 15, settings: { paginateBy: 3, storageMaxFetchSize: 5 } },
  {
    name: "that others may read and add to by settings",
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
    name: "that own nothing, allow caching and limit much",
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
      eosMessage: "The end is far.",
      eosUrl: "https://example.org/end",
    },
  },
  { name: "that are only read", share: 4, settings: { readonly: true } },
  {
    name: "that have come to their end",
    share: 1,
    settings: { eos: "2020-01-01", eosMessage: "It was nice.", eosUrl: "https://example.org/end" },
  },
];

/** What Kinto is told beside the settings: plugins, and what Kintoun has without asking. */
const ALWAYS = {
  userid_hmac_secret: SECRET,
  default_bucket_hmac_secret: SECRET,
  includes: "kinto.plugins.default_bucket kinto.plugins.flush",
  experimental_permissions_endpoint: "true",
  experimental_collection_schema_validation: "true",
  bucket_create_principals: "system.Authenticated",
};

const GENERATORS: Readonly<Record<string, string>> = {
  name: "kinto.views.NameGenerator",
  uuid: "kinto.views.RelaxedUUID",
};

/** Kintoun's settings as Kinto's ini has them: `paginateBy: 3` is `paginate_by = 3`. */
export const toIni = (settings: ProtocolSettings): Record<string, string> => {
  const pairs = Object.entries(settings).map(([name, value]): [string, string] => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    name.endsWith("IdGenerator")
      ? (GENERATORS[String(value)] ?? "")
      : Array.isArray(value)
        ? value.join(" ")
        : String(value),
  ]);
  return { ...ALWAYS, ...Object.fromEntries(pairs) };
};
