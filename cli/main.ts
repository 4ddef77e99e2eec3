import { Problem } from "../app/problem.ts";
import { didYouMean } from "../core/nearest.ts";
import { tell } from "./print.ts";

const COMMANDS: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<void> }>>> = {
  start: () => import("./start.ts"),
  config: () => import("./config-import.ts"),
  example: () => import("./example.ts"),
  plugin: () => import("./plugin-new.ts"),
  plugins: () => import("./plugins.ts"),
  run: () => import("./run.ts"),
  kit: () => import("./kit-pack.ts"),
  workers: () => import("./workers.ts"),
  worker: () => import("./worker.ts"),
  queues: () => import("./queues.ts"),
  events: () => import("./events.ts"),
};

const [name = "", ...args] = process.argv.slice(2);
try {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new Problem([`There is no command '${name}'. ${didYouMean(name, Object.keys(COMMANDS))}`]);
  await (await command()).run(args);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  for (const line of error.lines) tell(line);
  process.exit(1);
}
