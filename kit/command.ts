import type { StandardSchema } from "./schema.ts";
import type { PluginContext } from "./tools.ts";

/** A command of the operator's: `npm run -s kintoun -- run PLUGIN COMMAND [--flag value]`. */
export interface CommandDefinition<Flags, Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** Its flags, as one object. */
  readonly flags?: StandardSchema<unknown, Flags>;
  readonly run: (
    call: { readonly flags: Flags; readonly print: (line: string) => void; readonly signal: AbortSignal },
    tools: PluginContext<Config, Services>,
  ) => void | Promise<void>;
}
