import { toVariables } from "../app/environment.ts";

const WRITTEN_HERE = Object.keys(toVariables({ table: "", queues: "", listener: "" }));

/** The variables that override the config: what was true at synthesis is so in the functions too. */
export const overridesIn = (variables: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[0].startsWith("KINTOUN_") && !WRITTEN_HERE.includes(entry[0])),
  );
