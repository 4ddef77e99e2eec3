import { mapValues } from "../../lib/util/map-values.ts";
import type { PluginContext } from "../context.ts";
import type { PluginTypes } from "../plugin.ts";
import type { StandardSchema } from "../schema.ts";
import { type Named, type Part, partNameIssues, type ShapeOf } from "./part.ts";

/**
 * A command for operators: `npm run -s kintoun -- PLUGIN COMMAND [--flag value]`.
 * @example
 * const count: CommandDefinition<{ bucket: string }, void, void> = {
 *   about: "Counts records.",
 *   flags: z.object({ bucket: z.string() }),
 *   run: ({ flags, print }) => print(`Counting ${flags.bucket}`),
 * };
 */
export interface CommandDefinition<Flags, Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** Validates the flags, one object. */
  readonly flags?: StandardSchema<unknown, Flags>;
  readonly run: (
    call: { readonly flags: Flags; readonly print: (line: string) => void; readonly signal: AbortSignal },
    context: PluginContext<Config, Services>,
  ) => void | Promise<void>;
}

export interface CommandsPart<Config, Services, T extends PluginTypes> {
  readonly commands?: {
    readonly [Name in keyof T["commands"]]: CommandDefinition<T["commands"][Name], Config, NoInfer<Services>>;
  };
}

export interface CommandManifest {
  readonly about: string;
  readonly flags?: StandardSchema;
}

export type CommandInstance = (call: {
  readonly flags: unknown;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}) => Promise<void>;

export const commands: Part<Named<CommandManifest>, Named<CommandInstance>> = {
  kind: "object",
  shape: { about: "text!", flags: "schema", run: "function!" } satisfies ShapeOf<
    CommandDefinition<never, never, never>
  >,
  resolve: (definition) => definition.commands ?? {},
  check: ({ commands }) => partNameIssues("commands", commands),
  bind: (definition, context) =>
    mapValues(
      definition.commands,
      ({ run }) =>
        async (call) =>
          run(call, context),
    ),
};
