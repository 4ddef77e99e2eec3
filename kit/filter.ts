import type { RouteAnswer, RouteCall } from "./route.ts";
import type { Tools } from "./tools.ts";

/** Stands before and behind the endpoints, those of batches too; in the config's order on the way in, and back on the way out. */
export interface FilterDefinition<Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** Paths it stands at, written as those of routes; all when absent. */
  readonly paths?: readonly string[];
  /** Changes a request's query or headers, or answers it. Who asks, and the path, stay what they are. */
  readonly request?: (
    request: FilteredRequest,
    tools: Tools<Config, Services>,
  ) =>
    | Partial<Pick<FilteredRequest, "query" | "headers">>
    | RouteAnswer
    | undefined
    | Promise<Partial<Pick<FilteredRequest, "query" | "headers">> | RouteAnswer | undefined>;
  /** Changes an answer, which is JSON here whatever form it is written in afterwards. */
  readonly response?: (
    answer: RouteAnswer,
    request: FilteredRequest,
    tools: Tools<Config, Services>,
  ) => RouteAnswer | undefined | Promise<RouteAnswer | undefined>;
}

export type FilteredRequest = Pick<RouteCall, "method" | "path" | "params" | "query" | "headers" | "user">;
