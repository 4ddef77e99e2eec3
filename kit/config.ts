import type { Plugin } from "./plugin.ts";

/** What an operator decides: `kintoun.config.ts` exports one. */
export interface KintounConfig {
  readonly settings?: ProtocolSettings;
  /** Active unless `KINTOUN_PLUGINS` chooses among them. */
  readonly plugins: readonly Plugin[];
}

/** Settings of the protocol. Each can be overridden by a variable: `KINTOUN_PAGINATE_BY=10`. */
export interface ProtocolSettings {
  /** Entries a page of a list holds at most; all up to `storageMaxFetchSize` when absent. */
  readonly paginateBy?: number;
  /** Entries read for one answer at most; 10,000 when absent. */
  readonly storageMaxFetchSize?: number;
  /** Who may create buckets; `["system.Authenticated"]` when absent. */
  readonly bucketCreatePrincipals?: readonly string[];
}

export const defineConfig = (config: KintounConfig): KintounConfig => config;
