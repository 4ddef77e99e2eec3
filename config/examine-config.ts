import type { Config } from "./config.ts";
import { findExposureIssues } from "./deployable.ts";
import type { Finding } from "./finding.ts";
import { findSearchOwner } from "./plugin-placement.ts";

/** Looks at what the configuration lets others do, and at what it costs while nothing happens. */
export const examineConfig = (config: Config, isRemote: boolean): readonly Finding[] => [
  ...examineAccess(config, isRemote),
  ...examineCosts(config, isRemote),
];

const OPEN: readonly string[] = ["system.Everyone", "system.Authenticated"];

const examineAccess = (config: Config, isRemote: boolean): readonly Finding[] => {
  const { bucketCreatePrincipals: creators, readonly } = config.settings;
  const exposed = findExposureIssues({ ...config, deploy: { ...config.deploy, exposed: false } });
  const isIntended = config.deploy.exposed || !isRemote;
  return [
    ...exposed.map(
      (message): Finding => ({
        severity: isIntended ? "note" : "error",
        check: "who may write",
        message: isRemote ? message : "Anyone who reaches this machine's loopback address can be a user.",
        action: isIntended ? "" : "Remove the principal or the plugin, and deploy again.",
      }),
    ),
    {
      severity: "note",
      check: "who may create buckets",
      message: creators.length === 0 ? "Only administrators of bucketWritePrincipals." : creators.join(", "),
      action: creators.some((one) => OPEN.includes(one)) && isRemote ? "Set bucketCreatePrincipals to narrow it." : "",
    },
    ...(readonly
      ? [
          {
            severity: "warning",
            check: "read-only",
            message: "The store refuses all changes.",
            action: "Remove KINTOUN_READONLY or the setting readonly when the reason for it is gone.",
          } satisfies Finding,
        ]
      : []),
  ];
};

const examineCosts = ({ plugins, observability }: Config, isRemote: boolean): readonly Finding[] => {
  if (!isRemote) return [];
  const search = findSearchOwner(plugins)?.need;
  const billed = [
    ...(search?.domain === undefined ? [] : [`the OpenSearch domain ${search.domain}`]),
    ...(search?.serverless === undefined ? [] : [`the OpenSearch Serverless collection ${search.serverless.name}`]),
  ];
  return [
    {
      severity: "note",
      check: "idle costs",
      message:
        billed.length === 0
          ? `Nothing is billed by the hour${observability.tracing ? "; traces are billed by request" : ""}.`
          : `Billed by the hour, also while nothing happens: ${billed.join(", ")}.`,
      action: billed.length === 0 ? "" : "See docs/operations/costs.md.",
    },
  ];
};
