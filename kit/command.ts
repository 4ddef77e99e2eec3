import type { OptionsSchema } from "./schema.ts";
import type { Tools } from "./tools.ts";

/** A command of the operator's: `npm run -s kintoun -- run PLUGIN COMMAND [--flag value]`. */
export interface CommandDefinition<Flags, Config, Services> {
  /** One sentence. */
  readonly about: string;
  /** Its flags, as one object. */
  readonly flags?: OptionsSchema<unknown, Flags>;
  readonly run: (
    call: { readonly flags: Flags; readonly print: (line: string) => void; readonly signal: AbortSignal },
    tools: Tools<Config, Services>,
  ) => void | Promise<void>;
}
