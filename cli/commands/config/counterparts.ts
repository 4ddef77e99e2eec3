import type { Severity } from "./findings.ts";

/** A part of Kinto, or of a common Kinto plugin, and its counterpart in Kintoun. */
interface Counterpart {
  /** Python modules in `kinto.includes`; dashes count as underscores. */
  readonly modules: readonly string[];
  /** Names of its settings, without `kinto.`. */
  readonly settings?: RegExp;
  /** The export of the plugin that replaces it without options: `defaultBucket` of `plugins/default-bucket`. */
  readonly call?: string;
  /** For the operator; follows the name of the module or setting. */
  readonly note?: string;
  /** What the note means; `lost` when absent. */
  readonly severity?: Severity;
  /** Whether its settings are converted elsewhere. Then the note is about other settings only. */
  readonly isConverted?: true;
}

const NOT_YET = "is not available yet";
const METRICS = "is not applicable: use the metrics in CloudWatch";

export const COUNTERPARTS: readonly Counterpart[] = [
  { modules: ["kinto.plugins.default_bucket"], call: "defaultBucket" },
  {
    modules: ["kinto.plugins.flush"],
    severity: "action",
    note: "is not switched on, because any user could delete everything. For a store of tests, add flush() of plugins/flush to `optional` and name it in KINTOUN_PLUGINS",
  },
  {
    modules: ["kinto.plugins.history"],
    settings: /^history\./,
    severity: "info",
    note: "has no effect without kinto.plugins.history in kinto.includes, or no counterpart in history()",
    isConverted: true,
  },
  {
    modules: ["kinto.plugins.quotas"],
    settings: /^quotas\./,
    severity: "info",
    note: "has no effect without kinto.plugins.quotas in kinto.includes, or is none of its quotas",
    isConverted: true,
  },
  { modules: ["kinto.plugins.counters"], isConverted: true },
  {
    modules: ["kinto_changes"],
    settings: /^changes\./,
    severity: "info",
    note: "has no counterpart in changes()",
    isConverted: true,
  },
  {
    modules: ["kinto.plugins.accounts"],
    settings: /^account_/,
    severity: "info",
    note: "is converted with the policy of accounts, as far as it has a counterpart in Kintoun",
  },
  { modules: ["kinto.plugins.openid"], severity: "info", note: "is converted with its policies" },
  { modules: ["kinto.plugins.admin"], settings: /^admin_assets_path$/, note: NOT_YET },
  {
    modules: ["kinto_attachment"],
    settings: /^attachment\./,
    severity: "info",
    note: "has no effect without kinto_attachment in kinto.includes",
    isConverted: true,
  },
  {
    modules: ["kinto.plugins.prometheus"],
    settings: /^(prometheus_|metrics_matchdict_fields$|disabled_metrics$)/,
    severity: "info",
    note: METRICS,
  },
  { modules: ["kinto.plugins.statsd"], settings: /^statsd_/, severity: "info", note: METRICS },
  {
    modules: ["kinto_elasticsearch"],
    settings: /^elasticsearch\./,
    call: "search",
    severity: "action",
    note: "is search() in Kintoun. In AWS it needs the name of an OpenSearch domain: search({ domain })",
  },
];

/** An authentication policy of Kinto. */
export interface Policy {
  /** Its names in Python: the class and its aliases. */
  readonly classes: readonly string[];
  /** The export of the plugin that replaces it. */
  readonly call?: string;
  /** The prefix of its user ids in both, whatever the name of the plugin is. */
  readonly prefix?: string;
  /** Why it is lost; follows its name. */
  readonly note?: string;
}

/** The plugin of which one call has all policies of its kind. */
export const OPENID = "openid";

export const POLICIES: readonly Policy[] = [
  { classes: ["BasicAuthAuthenticationPolicy"], call: "basicauth" },
  { classes: ["AccountsPolicy", "AccountsAuthenticationPolicy"], call: "accounts", prefix: "account" },
  { classes: ["OpenIDConnectPolicy"], call: OPENID },
];

/** Settings without a counterpart, without `kinto.`, and the reason. */
export const EXPLAINED: readonly (readonly [names: RegExp, reason: string, severity?: Severity])[] = [
  [
    /^userid_hmac_secret$/,
    "is a secret, which is not written to the config. Set the variable KINTOUN_USERID_HMAC_SECRET to it to keep the user ids",
    "action",
  ],
  [
    /^default_bucket_hmac_secret$/,
    "is a secret, which is not written to the config. Set the variable KINTOUN_DEFAULT_BUCKET_HMAC_SECRET to it to keep the ids of personal buckets",
    "action",
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
  [/^mail\./, "has no effect in Kintoun without kinto_emailer, which is not in kinto.includes"],
  [/^id_generator$/, "is not applicable: set the generator of each resource, for example kinto.record_id_generator"],
  [/^emailer\./, "has no counterpart in Kintoun"],
  [/^version_json_path$/, "is not applicable: Kintoun has its own version"],
];
