import type { RouteRequest, RouteResponse } from "./route.ts";
import type { PluginContext } from "./tools.ts";

/**
 * Stands before and behind the endpoints, those of batches too; in the config's order on the way in, and back on the way out. It may take
 * two seconds each way; where it fails, the request is answered by a 500 or 503, also when it was carried out already.
 */
export interface FilterDefinition<Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** Paths it stands at, written as those of routes; all when absent. */
  readonly paths?: readonly string[];
  /**
   * Changes a request's query or headers, or answers it. Who asks, and the path, stay what they are: both are settled before, so that
   * another `authorization` is not heeded, nor another `origin` or `accept`.
   */
  readonly request?: (
    request: FilterRequest,
    tools: PluginContext<Config, Services>,
  ) => RequestChanges | RouteResponse | undefined | Promise<RequestChanges | RouteResponse | undefined>;
  /** Changes an answer, which is JSON here whatever form it is written in afterwards; of a list that is written as one, page by page. */
  readonly response?: (
    answer: RouteResponse,
    request: FilterRequest,
    tools: PluginContext<Config, Services>,
  ) => RouteResponse | undefined | Promise<RouteResponse | undefined>;
}

export type FilterRequest = Pick<RouteRequest, "method" | "path" | "params" | "query" | "headers" | "user">;

/** What is to be another in a request. */
export interface RequestChanges {
  readonly query?: string;
  /** By name; the others stay, and `undefined` takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly status?: never;
}
