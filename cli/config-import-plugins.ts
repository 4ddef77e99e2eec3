/** Parts of Kinto, and of what is often installed beside it, that plugins of Kintoun stand for. */
interface Counterpart {
  /** Python modules in `kinto.includes`; dashes count as underscores. */
  readonly modules: readonly string[];
  /** Its settings, without `kinto.`. */
  readonly settings?: RegExp;
  /** What the plugin's module exports, where it is called without options: `defaultBucket` from `plugins/default-bucket`. */
  readonly call?: string;
  /** What to tell about it; follows the module's or the setting's name. */
  readonly told?: string;
}

const NOT_YET = "is not built yet";
const METRICS = "is not applicable: CloudWatch counts and times the functions";

export const COUNTERPARTS: readonly Counterpart[] = [
  { modules: ["kinto.plugins.default_bucket"], call: "defaultBucket" },
  { modules: ["kinto.plugins.flush"], call: "flush" },
  { modules: ["kinto.plugins.history"], settings: /^history\./, told: NOT_YET },
  { modules: ["kinto.plugins.quotas"], settings: /^quotas\./, told: NOT_YET },
  { modules: ["kinto.plugins.accounts"], settings: /^account_/, told: NOT_YET },
  { modules: ["kinto.plugins.openid"], told: NOT_YET },
  { modules: ["kinto.plugins.admin"], settings: /^admin_assets_path$/, told: NOT_YET },
  { modules: ["kinto_attachment"], settings: /^attachment\./, told: NOT_YET },
  {
    modules: ["kinto.plugins.prometheus"],
    settings: /^(prometheus_|metrics_matchdict_fields$|disabled_metrics$)/,
    told: METRICS,
  },
  { modules: ["kinto.plugins.statsd"], settings: /^statsd_/, told: METRICS },
  {
    modules: ["kinto_elasticsearch"],
    settings: /^elasticsearch\./,
    call: "search",
    told: "is search() in Kintoun, which in AWS asks for the name of an OpenSearch domain: search({ domain })",
  },
  {
    modules: ["kinto_emailer"],
    settings: /^(emailer|mail)\./,
    told: "is email() in Kintoun, which mails through SES or the server in `via`, and reads collections' hooks where `ofCollections` is true: add it to plugins by hand",
  },
];

/** Authentication policies by the last part of their class's name. */
export const POLICIES: Readonly<Record<string, Pick<Counterpart, "call" | "told">>> = {
  BasicAuthAuthenticationPolicy: { call: "basicauth" },
  AccountsPolicy: { told: NOT_YET },
  OpenIDConnectPolicy: { told: NOT_YET },
};

/** Settings that are no part of a plugin and have no counterpart, without `kinto.`, and why. */
export const EXPLAINED: readonly (readonly [RegExp, string])[] = [
  [
    /^userid_hmac_secret$/,
    "is a secret and not written into the file: set the variable KINTOUN_USERID_HMAC_SECRET to it, and user ids stay what they are",
  ],
  [
    /^default_bucket_hmac_secret$/,
    "is a secret and not written into the file: set the variable KINTOUN_DEFAULT_BUCKET_HMAC_SECRET to it, and personal buckets keep their ids",
  ],
  [/^storage_/, "is not applicable: DynamoDB keeps the objects"],
  [/^permission_/, "is not applicable: DynamoDB keeps the permissions, beside the objects"],
  [/^cache_/, "is not applicable: no cache has to be run"],
  [/^(newrelic_|sentry_)/, "is not applicable: the functions log to CloudWatch"],
  [/^(profiler_|logging_renderer$)/, "is not applicable: the functions log lines of JSON to CloudWatch"],
  [
    /^(json_renderer|initialization_sequence|transaction_per_request|http_api_version|settings_prefix)$/,
    "is not applicable: it is about Kinto's own insides",
  ],
  [/^(tm|pyramid)\./, "is not applicable: it is about Kinto's own insides"],
  [
    /^multiauth\.(authorization_policy|groupfinder)$/,
    "is not applicable: Kintoun has one way to grant permissions, that of the protocol",
  ],
  [/^id_generator$/, "is not applicable: each resource has a generator of its own, such as kinto.record_id_generator"],
  [/^version_json_path$/, "is not applicable: Kintoun tells its own version"],
];
