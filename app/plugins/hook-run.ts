import type { InTransaction } from "../../core/store/in-transaction.ts";
import type { ReadHook, ReadPlugin } from "../../kit/read-plugin.ts";

/** What hook is at work. */
export interface HookRun {
  /** It, and those by whose changes it came to run. */
  readonly hooks: readonly PluginHook[];
  /** The transaction that it has part in, before it is committed. */
  readonly join: InTransaction | undefined;
}

/** A hook before or after changes. */
export interface PluginHook extends ReadHook {
  readonly plugin: ReadPlugin;
  readonly name: string;
  /** For the log. */
  readonly what: string;
}
