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
  /**
   * The flags with which the command also runs when `npm start` has started the store, which prints its lines;
   * `undefined` for not then.
   */
  readonly atStart?: (config: Config) => Flags | undefined;
  readonly run: (call: CommandCall<Flags>, context: PluginContext<Config, Services>) => void | Promise<void>;
}

/**
 * A run of a command.
 * @example
 * const printUrl = ({ print, url = "unknown" }: CommandCall<void>): void => print(`The API's URL: ${url}`);
 */
export interface CommandCall<Flags> {
  readonly flags: Flags;
  readonly print: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The URL of the API with its version; `undefined` where it is not known. */
  readonly url: string | undefined;
}

export interface CommandsPart<Config, Services, T extends PluginTypes> {
  readonly commands?: {
    readonly [Name in keyof T["commands"]]: CommandDefinition<T["commands"][Name], Config, NoInfer<Services>>;
  };
}

export interface CommandManifest {
  readonly about: string;
  readonly flags?: StandardSchema;
  /** The flags of the run when the store starts on a laptop, if it runs then. */
  readonly startFlags: unknown;
}

export type CommandInstance = (call: CommandCall<unknown>) => Promise<void>;

export const commands: Part<Named<CommandManifest>, Named<CommandInstance>> = {
  kind: "object",
  shape: { about: "text!", flags: "schema", atStart: "function", run: "function!" } satisfies ShapeOf<
    CommandDefinition<never, never, never>
  >,
  resolve: (definition, config) =>
    mapValues(definition.commands, ({ about, flags, atStart }) => ({
      about,
      ...(flags && { flags }),
      startFlags: atStart?.(config),
    })),
  check: ({ commands }) => partNameIssues("commands", commands),
  bind: (definition, context) =>
    mapValues(
      definition.commands,
      ({ run }) =>
        async (call) =>
          run(call, context),
    ),
};
