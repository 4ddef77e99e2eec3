import type { ProtocolSettings } from "../core/settings.ts";
import type { Plugin } from "./plugin.ts";

export type { ProtocolSettings } from "../core/settings.ts";

/** Metrics and traces of a store, beside its log. */
export interface Observability {
  /** Whether CloudWatch metrics of listeners are written; true when absent. */
  readonly metrics?: boolean;
  /** Whether X-Ray traces requests and the listeners that they cause; false when absent. */
  readonly tracing?: boolean;
}

/**
 * How a store is deployed in AWS.
 * @example
 * const deploy: Deploy = { requestsPerSecond: 200, requestBurst: 400, table: "kintoun-restored" };
 */
export interface Deploy {
  /** Whether it is intended that anyone on the Internet can write; false when absent, which stops such a deployment. */
  readonly exposed?: boolean;
  /** Requests per second that the HTTP API accepts in the long run; 50 when absent. */
  readonly requestsPerSecond?: number;
  /** Requests that it accepts at once; 100 when absent. */
  readonly requestBurst?: number;
  /** Memory of the function `api` in MB; 1,024 when absent. */
  readonly apiMemoryMb?: number;
  /** Memory of the function `search` in MB; 1,024 when absent. */
  readonly searchMemoryMb?: number;
  /** Memory of the function `dispatch` in MB; 512 when absent. */
  readonly dispatchMemoryMb?: number;
  /** Memory of each worker in MB; 512 when absent. */
  readonly workerMemoryMb?: number;
  /** Maximum of concurrent workers of each queue whose listener or inbound part sets no `concurrency`; 10 when absent. */
  readonly workerConcurrency?: number;
  /** Concurrency that is reserved for the function `api`, and its maximum; none when absent. */
  readonly apiReservedConcurrency?: number;
  /** Days for which CloudWatch keeps logs: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 … 3653; 30 when absent. */
  readonly logRetentionDays?: number;
  /** The mail address that alarms are sent to; no alarms when absent. */
  readonly alarmAddress?: string;
  /** Costs of the AWS account per month in USD, of which 80 % and all cause a mail to `alarmAddress`; no budget when absent. */
  readonly monthlyBudgetUsd?: number;
  /** Whether there is a dashboard in CloudWatch; true when absent. */
  readonly dashboard?: boolean;
  /** Whether new code gets 10 % of the requests for five minutes, and is rolled back if it fails; false when absent. */
  readonly gradual?: boolean;
  /** The name of an existing table; a table of the stack's own when absent. */
  readonly table?: string;
}

/**
 * The operator's configuration, which `kintoun.config.ts` exports.
 * @example
 * const config: KintounConfig = { plugins: [], settings: { paginateBy: 100 } };
 */
export interface KintounConfig {
  readonly settings?: ProtocolSettings;
  /** Active unless `KINTOUN_PLUGINS` selects among them. */
  readonly plugins: readonly Plugin[];
  /**
   * Active beside `plugins` on a laptop, and not in AWS: `[basicauth(), search()]`. One with the name of a plugin of
   * `plugins` replaces it on a laptop.
   */
  readonly local?: readonly Plugin[];
  /** Active only if `KINTOUN_PLUGINS` names them. */
  readonly optional?: readonly Plugin[];
  /** Queues that no Lambda function works on, but `kintoun worker NAME`: `["reports-build"]`. */
  readonly standalone?: readonly string[];
  /** Whether dead letters of a plugin are redriven when another version of it is deployed; true when absent. */
  readonly redriveOnDeploy?: boolean;
  /**
   * What `npm start` does with mail: `catch` keeps all of it and shows it on a page, `smtp` sends it to the SMTP servers
   * of the plugins; `catch` when absent.
   */
  readonly localMail?: "catch" | "smtp";
  /** `{ metrics: false, tracing: true }` */
  readonly observability?: Observability;
  /** How the store is deployed in AWS; `npm start` ignores it. */
  readonly deploy?: Deploy;
}

/**
 * Types the configuration.
 * @example
 * export default defineConfig({ plugins: [], settings: { paginateBy: 100 } });
 */
export const defineConfig = (config: KintounConfig): KintounConfig => config;
