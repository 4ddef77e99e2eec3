import type { ProtocolSettings } from "../core/settings.ts";
import type { Observability } from "./observability.ts";
import type { Plugin } from "./plugin.ts";

export type { ProtocolSettings } from "../core/settings.ts";

/** What an operator decides: `kintoun.config.ts` exports one. */
export interface KintounConfig {
  readonly settings?: ProtocolSettings;
  /** Active unless `KINTOUN_PLUGINS` chooses among them. */
  readonly plugins: readonly Plugin[];
  /** Active only where `KINTOUN_PLUGINS` names them: what a test or a stage may want, and the others not. */
  readonly optional?: readonly Plugin[];
  /** Queues that `kintoun worker NAME` works on, wherever an operator runs it, and no function: `["reports-build"]`. */
  readonly standalone?: readonly string[];
  /** Whether what failed for good is tried again when another version of its plugin is deployed, a few messages a second; true when absent. */
  readonly redriveOnDeploy?: boolean;
  /** `{ metrics: false, tracing: true }` */
  readonly observability?: Observability;
}

export const defineConfig = (config: KintounConfig): KintounConfig => config;
