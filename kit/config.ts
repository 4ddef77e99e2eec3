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
 * The operator's configuration, which `kintoun.config.ts` exports.
 * @example
 * const config: KintounConfig = { plugins: [], settings: { paginateBy: 100 } };
 */
export interface KintounConfig {
  readonly settings?: ProtocolSettings;
  /** Active unless `KINTOUN_PLUGINS` selects among them. */
  readonly plugins: readonly Plugin[];
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
}

/**
 * Types the configuration.
 * @example
 * export default defineConfig({ plugins: [], settings: { paginateBy: 100 } });
 */
export const defineConfig = (config: KintounConfig): KintounConfig => config;
