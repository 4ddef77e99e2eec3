import type { PluginContext } from "./tools.ts";

/** A way to prove who sends a request. */
export interface AuthenticationDefinition<Config, Services> {
  /** The scheme of the `Authorization` header, e.g. `basic`. */
  readonly scheme: string;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
  /** The user's id without the plugin's prefix, or `null` when the credentials say nothing. */
  readonly identify: (
    credentials: string,
    tools: PluginContext<Config, Services>,
  ) => string | null | Promise<string | null>;
}
