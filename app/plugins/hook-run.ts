import type { RunInTransaction } from "../../core/store/transact.ts";
import type { HookManifest } from "../../kit/parts/hooks.ts";
import type { PluginManifest } from "../../kit/plugin.ts";

/** What hook is at work. */
export interface HookRun {
  /** It, and those by whose changes it came to run. */
  readonly hooks: readonly PluginHook[];
  /** The transaction that it has part in, before it is committed. */
  readonly join: RunInTransaction | undefined;
}

/** A hook before or after changes. */
export interface PluginHook extends HookManifest {
  readonly plugin: PluginManifest;
  readonly name: string;
  /** For the log. */
  readonly label: string;
}
