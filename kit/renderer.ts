import type { Json, JsonObject } from "../lib/json.ts";
import type { PluginContext } from "./tools.ts";

/** Writes answers in another form than JSON, for those whose `Accept` asks for it; may take 20 seconds. */
export interface RendererDefinition<Config, Services> {
  /** Media types it writes, the best first, e.g. `["application/xml", "text/xml"]`. */
  readonly types: readonly [string, ...string[]];
  /** One sentence. */
  readonly about: string;
  /** One answer; an error is one as well. */
  readonly render: (page: RendererInput, tools: PluginContext<Config, Services>) => string | Promise<string>;
  /**
   * A list, entry by entry: whoever asks without a `_limit` gets as much of it as fits into one answer, and `Next-Page` where there is more.
   * Without it, `render` gets what would be answered as JSON, page by page.
   */
  readonly list?: (
    entries: AsyncIterable<JsonObject>,
    page: Omit<RendererInput, "body">,
    tools: PluginContext<Config, Services>,
  ) => AsyncIterable<string>;
}

export interface RendererInput {
  readonly status: number;
  /** What would be answered as JSON. */
  readonly body: Json;
  /** What was asked, without the version's prefix, percent-encoded. */
  readonly path: string;
  /** What follows the question mark. */
  readonly query: string;
}
