import { mapValues } from "../../lib/util/map-values.ts";
import type { PluginContext } from "../context.ts";
import { type Named, type Part, partNameIssues, type ShapeOf } from "./part.ts";
import { isRoutePath, type RouteRequest, type RouteResponse } from "./routes.ts";

/**
 * Runs before and after endpoints, those of batches included: in the config's order before, in reverse order after.
 * Time limit: two seconds each. If it fails, the request is answered with 500 or 503, even if it was processed.
 * @example
 * const maintenance: FilterDefinition<void, void> = {
 *   about: "Adds a header.",
 *   response: (response) => ({ ...response, headers: { ...response.headers, "x-served-by": "kintoun" } }),
 * };
 */
export interface FilterDefinition<Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** The paths that it filters, written like routes' paths; all when absent. */
  readonly paths?: readonly string[];
  /**
   * Changes the query or headers of a request, or answers it. User and path are resolved before, so changing
   * `authorization`, `origin` or `accept` has no effect.
   */
  readonly request?: (
    request: FilterRequest,
    context: PluginContext<Config, Services>,
  ) => RequestChanges | RouteResponse | undefined | Promise<RequestChanges | RouteResponse | undefined>;
  /**
   * Changes a response, which is JSON before it is rendered. A list that is rendered as a whole is filtered page by
   * page.
   */
  readonly response?: (
    response: FilteredResponse,
    request: FilterRequest,
    context: PluginContext<Config, Services>,
  ) => RouteResponse | undefined | Promise<RouteResponse | undefined>;
}

/**
 * A response that a filter may change.
 * @example
 * const isText = ({ body }: FilteredResponse): boolean => body !== null;
 */
export interface FilteredResponse extends RouteResponse {
  /** `null` also for a body of bytes, which stays if the filter leaves it `null`. */
  readonly body: string | null;
}

/**
 * The request that a filter receives.
 * @example
 * const isRead = ({ method }: FilterRequest): boolean => method === "GET";
 */
export interface FilterRequest extends Pick<RouteRequest, "method" | "path" | "params" | "query" | "headers" | "user"> {
  /** The client's IP address, of a part of a batch that of the batch; `null` if it is not known. */
  readonly address: string | null;
}

/**
 * The changes that a filter makes to a request.
 * @example
 * const changes: RequestChanges = { query: "_limit=10", headers: { "if-match": undefined } };
 */
export interface RequestChanges {
  readonly query?: string;
  /** By name; other headers are unchanged, and `undefined` removes a header. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly status?: never;
}

export interface FiltersPart<Config, Services> {
  readonly filters?: Readonly<Record<string, FilterDefinition<Config, NoInfer<Services>>>>;
}

export type FilterManifest = Pick<FilterDefinition<never, never>, "about" | "paths">;

export type FilterInstance = FilterManifest & {
  readonly request: ((request: FilterRequest) => Promise<RequestChanges | RouteResponse | undefined>) | undefined;
  readonly response:
    | ((response: FilteredResponse, request: FilterRequest) => Promise<RouteResponse | undefined>)
    | undefined;
};

export const filters: Part<Named<FilterManifest>, Named<FilterInstance>> = {
  kind: "object",
  shape: { about: "text!", paths: "list", request: "function", response: "function" } satisfies ShapeOf<
    FilterDefinition<never, never>
  >,
  resolve: (definition) => definition.filters ?? {},
  check: ({ filters }) => [
    ...Object.entries(filters).flatMap(([name, { paths = [] }]) =>
      paths.flatMap((path, index) =>
        isRoutePath(path)
          ? []
          : [
              {
                path: `filters.${name}.paths[${index}]`,
                message: `'${path}' is not a path, such as '/buckets/:bucket/*'.`,
              },
            ],
      ),
    ),
    ...partNameIssues("filters", filters),
  ],
  bind: (definition, context) =>
    mapValues(definition.filters, ({ about, paths, request, response }) => ({
      about,
      ...(paths && { paths }),
      request: request && (async (input) => request(input, context)),
      response: response && (async (output, input) => response(output, input, context)),
    })),
};
