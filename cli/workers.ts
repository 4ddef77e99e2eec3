import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { workersOf } from "../operations/workers.ts";
import { columns } from "./columns.ts";
import { parseCommand } from "./parse-command.ts";
import { print } from "./print.ts";

const USAGE = "npm run -s kintoun -- workers [--json]";

/** `kintoun workers`: the queues that there are, and what works on each. */
export const run = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseCommand(args, { json: { type: "boolean" } }, USAGE);
  if (positionals.length > 0) throw new UserError([USAGE]);
  const workers = workersOf(await loadConfig());
  if (values.json) print(JSON.stringify(workers, null, 2));
  else
    print(columns(workers.map(({ name, standalone, does }) => [name, standalone ? "standalone" : "function", does])));
};
