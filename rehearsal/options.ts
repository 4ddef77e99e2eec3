import { parseArgs } from "node:util";
import { UserError } from "../config/user-error.ts";
import { toError } from "../lib/util/to-error.ts";

export const REHEARSAL_USAGE = `Usage: npm run rehearse -- [options]
Runs the store from its template: its functions, with their roles, on the embedded engines. Checks it, and reports what is wrong.

  --template PATH       a folder of cdk synth, or the template of npm run package; the rehearsal's own config when left out
  --previous PATH       the same of an earlier version, which is deployed first and again at the end
  --parameter NAME=VALUE  a parameter of the template; may be repeated
  --help                print this`;

/** Reads the arguments of `npm run rehearse`. Throws a {@link UserError}. */
export const readRehearsalOptions = (args: readonly string[]) => {
  const { parameter = [], ...options } = parse(args);
  return { ...options, templateParameters: readParameters(parameter) };
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        template: { type: "string" },
        previous: { type: "string" },
        parameter: { type: "string", multiple: true },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UserError([toError(error).message, REHEARSAL_USAGE]);
  }
};

const readParameters = (texts: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
      if (name === undefined || value === undefined)
        throw new UserError([`--parameter ${text} is not a parameter. Write --parameter NAME=VALUE.`]);
      return [name, value];
    }),
  );
