import { UserError } from "../config/problem.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { print, tell } from "./print.ts";

type Load = () => Promise<{ run(args: readonly string[]): Promise<void> }>;

const COMMANDS: Readonly<Record<string, readonly [about: string, load: Load]>> = {
  start: ["runs the whole store on this machine", () => import("./start.ts")],
  config: ["makes a config of a kinto.ini", () => import("./config-import.ts")],
  example: ["loads 250 countries, and shows three searches on them", () => import("./example.ts")],
  plugin: ["begins a plugin", () => import("./plugin-new.ts")],
  plugins: ["tells what each plugin does and needs", () => import("./plugins.ts")],
  run: ["runs a plugin's command", () => import("./run.ts")],
  kit: ["packs the kit that plugins are made with", () => import("./kit-pack.ts")],
  workers: ["lists who works on which queue", () => import("./workers.ts")],
  worker: ["works on one queue, in this process; `echo` prints each event", () => import("./worker.ts")],
  queues: ["tells how full they are; redrives, and shows what failed for good", () => import("./queues.ts")],
  events: ["tails, replays and puts events", () => import("./events.ts")],
};

/** What there is, for whoever asks for nothing yet. */
const help = (): string =>
  [
    "npm run -s kintoun -- COMMAND …",
    ...Object.entries(COMMANDS).map(([name, [about]]) => `  ${name.padEnd(8)}  ${about}`),
    "A command is explained by COMMAND --help.",
  ].join("\n");

const [name = "help", ...args] = process.argv.slice(2);
try {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (["help", "--help", "-h"].includes(name)) print(help());
  else if (command === undefined)
    throw new UserError([`There is no command '${name}'. ${didYouMean(name, Object.keys(COMMANDS))}`]);
  else await (await command[1]()).run(args);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  for (const line of error.lines) tell(line);
  process.exit(1);
}
