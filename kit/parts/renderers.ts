import type { Json, JsonObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import type { PluginContext } from "../context.ts";
import { type Named, type Part, type PartIssue, partNameIssues, type ShapeOf } from "./part.ts";

/**
 * Writes responses in another format than JSON, for requests whose `Accept` header asks for it. Time limit: 20 seconds, and at
 * most what is left of the 25 seconds of the request.
 * @example
 * const text: RendererDefinition<void, void> = {
 *   types: ["text/plain"],
 *   about: "Plain text.",
 *   render: ({ body }) => JSON.stringify(body, null, 2),
 * };
 */
export interface RendererDefinition<Config, Services> {
  /** Media types, the preferred one first, such as `["application/xml", "text/xml"]`. */
  readonly types: readonly [string, ...string[]];
  /** One sentence. */
  readonly about: string;
  /** Writes one response. Errors are rendered as well. */
  readonly render: (page: RendererInput, context: PluginContext<Config, Services>) => string | Promise<string>;
  /**
   * Writes a list entry by entry. A request without `_limit` gets as many entries as fit into one response, and
   * `Next-Page` if there are more. When absent, `render` writes the list page by page.
   */
  readonly list?: (
    entries: AsyncIterable<JsonObject>,
    page: Omit<RendererInput, "body">,
    context: PluginContext<Config, Services>,
  ) => AsyncIterable<string>;
}

/**
 * The response that a renderer writes.
 * @example
 * const render = ({ status, body }: RendererInput): string => `${status}: ${JSON.stringify(body)}`;
 */
export interface RendererInput {
  readonly status: number;
  /** The body as JSON. */
  readonly body: Json;
  /** The request's path without the version prefix, percent-encoded. */
  readonly path: string;
  /** The text after the question mark. */
  readonly query: string;
}

export interface RenderersPart<Config, Services> {
  readonly renderers?: Readonly<Record<string, RendererDefinition<Config, NoInfer<Services>>>>;
}

export type RendererManifest = Pick<RendererDefinition<never, never>, "types" | "about">;

export type RendererInstance = RendererManifest & {
  readonly render: (page: RendererInput) => Promise<string>;
  readonly list:
    | ((entries: AsyncIterable<JsonObject>, page: Omit<RendererInput, "body">) => AsyncIterable<string>)
    | undefined;
};

export const renderers: Part<Named<RendererManifest>, Named<RendererInstance>> = {
  kind: "object",
  shape: { types: "list!", about: "text!", render: "function!", list: "function" } satisfies ShapeOf<
    RendererDefinition<never, never>
  >,
  resolve: (definition) => definition.renderers ?? {},
  check: ({ renderers }) => [
    ...Object.entries(renderers).flatMap(([name, { types }]) =>
      types.flatMap((type, index) => mediaTypeIssues(`renderers.${name}.types[${index}]`, type)),
    ),
    ...partNameIssues("renderers", renderers),
  ],
  bind: (definition, context) =>
    mapValues(definition.renderers, ({ types, about, render, list }) => ({
      types,
      about,
      render: async (page) => render(page, context),
      list: list && ((entries, page) => list(entries, page, context)),
    })),
};

const mediaTypeIssues = (path: string, type: string): PartIssue[] => {
  if (type === "application/json") return [{ path, message: "is rendered by the store itself." }];
  return /^[a-z]+\/[a-z0-9][a-z0-9.+_-]{0,100}$/.test(type)
    ? []
    : [
        {
          path,
          message: `'${type}' is not a media type in lower case without parameters, such as 'text/csv'.`,
        },
      ];
};
