/** A part of Kinto, or of a common Kinto plugin, and its counterpart in Kintoun. */
interface Counterpart {
  /** Python modules in `kinto.includes`; dashes count as underscores. */
  readonly modules: readonly string[];
  /** Names of its settings, without `kinto.`. */
  readonly settings?: RegExp;
  /** The export of the plugin that replaces it without options: `defaultBucket` of `plugins/default-bucket`. */
  readonly call?: string;
  /** A note for the operator; follows the name of the module or setting. */
  readonly note?: string;
}

const NOT_YET = "is not available yet";
const METRICS = "is not applicable: use the metrics in CloudWatch";

export const COUNTERPARTS: readonly Counterpart[] = [
  { modules: ["kinto.plugins.default_bucket"], call: "defaultBucket" },
  { modules: ["kinto.plugins.flush"], call: "flush" },
  { modules: ["kinto.plugins.history"], settings: /^history\./, note: NOT_YET },
  { modules: ["kinto.plugins.quotas"], settings: /^quotas\./, note: NOT_YET },
  { modules: ["kinto.plugins.accounts"], settings: /^account_/, note: NOT_YET },
  { modules: ["kinto.plugins.openid"], note: NOT_YET },
  { modules: ["kinto.plugins.admin"], settings: /^admin_assets_path$/, note: NOT_YET },
  { modules: ["kinto_attachment"], settings: /^attachment\./, note: NOT_YET },
  {
    modules: ["kinto.plugins.prometheus"],
    settings: /^(prometheus_|metrics_matchdict_fields$|disabled_metrics$)/,
    note: METRICS,
  },
  { modules: ["kinto.plugins.statsd"], settings: /^statsd_/, note: METRICS },
  {
    modules: ["kinto_elasticsearch"],
    settings: /^elasticsearch\./,
    call: "search",
    note: "is search() in Kintoun. In AWS it needs the name of an OpenSearch domain: search({ domain })",
  },
  {
    modules: ["kinto_emailer"],
    settings: /^(emailer|mail)\./,
    note: "is email() in Kintoun. It sends mail through SES or the server in `via`, and reads the hooks of collections if `collectionHooks` is true. Add it to plugins yourself",
  },
];

/** Authentication policies by class name. */
export const POLICIES: Readonly<Record<string, Pick<Counterpart, "call" | "note">>> = {
  BasicAuthAuthenticationPolicy: { call: "basicauth" },
  AccountsPolicy: { note: NOT_YET },
  OpenIDConnectPolicy: { note: NOT_YET },
};

/** Settings without a counterpart, without `kinto.`, and the reason. */
export const EXPLAINED: readonly (readonly [RegExp, string])[] = [
  [
    /^userid_hmac_secret$/,
    "is a secret, which is not written to the config. Set the variable KINTOUN_USERID_HMAC_SECRET to it to keep the user ids",
  ],
  [
    /^default_bucket_hmac_secret$/,
    "is a secret, which is not written to the config. Set the variable KINTOUN_DEFAULT_BUCKET_HMAC_SECRET to it to keep the ids of personal buckets",
  ],
  [/^storage_/, "is not applicable: objects are stored in DynamoDB"],
  [/^permission_/, "is not applicable: permissions are stored in DynamoDB"],
  [/^cache_/, "is not applicable: there is no cache server"],
  [/^(newrelic_|sentry_)/, "is not applicable: the functions log to CloudWatch"],
  [/^(profiler_|logging_renderer$)/, "is not applicable: the functions write JSON lines to CloudWatch"],
  [
    /^(json_renderer|initialization_sequence|transaction_per_request|http_api_version|settings_prefix)$/,
    "is not applicable: it is internal to Kinto",
  ],
  [/^(tm|pyramid)\./, "is not applicable: it is internal to Kinto"],
  [
    /^multiauth\.(authorization_policy|groupfinder)$/,
    "is not applicable: Kintoun only has the permissions of the protocol",
  ],
  [/^id_generator$/, "is not applicable: set the generator of each resource, for example kinto.record_id_generator"],
  [/^version_json_path$/, "is not applicable: Kintoun has its own version"],
];
