import type { ProtocolSettings } from "../core/settings.ts";
import type { Plugin } from "./plugin.ts";

export type { ProtocolSettings } from "../core/settings.ts";

/** What an operator decides: `kintoun.config.ts` exports one. */
export interface KintounConfig {
  readonly settings?: ProtocolSettings;
  /** Active unless `KINTOUN_PLUGINS` chooses among them. */
  readonly plugins: readonly Plugin[];
  /** Active only where `KINTOUN_PLUGINS` names them: what a test or a stage may want, and the others not. */
  readonly optional?: readonly Plugin[];
}

export const defineConfig = (config: KintounConfig): KintounConfig => config;
