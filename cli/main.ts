import { existsSync } from "node:fs";
import { UserError } from "../config/user-error.ts";
import packageJson from "../package.json" with { type: "json" };
import { configCommand } from "./commands/config/command.ts";
import { costsCommand } from "./commands/costs.ts";
import { exportCommand, importCommand } from "./commands/data/commands.ts";
import { doctorCommand } from "./commands/doctor/command.ts";
import { eventsCommand } from "./commands/events/command.ts";
import { exampleCommand } from "./commands/example.ts";
import { jobsCommand } from "./commands/jobs/command.ts";
import { listsCommand } from "./commands/lists/command.ts";
import { pluginsCommand } from "./commands/plugins/command.ts";
import { queuesCommand } from "./commands/queues/command.ts";
import { restoreCommand } from "./commands/restore/command.ts";
import { expandPluginCommand, runCommand } from "./commands/run/command.ts";
import { searchCommand } from "./commands/search/command.ts";
import { smokeCommand } from "./commands/smoke.ts";
import { startCommand } from "./commands/start.ts";
import { workerCommand, workersCommand } from "./commands/workers.ts";
import { createCommand } from "./options.ts";
import { printNotice } from "./output.ts";

const program = createCommand("kintoun", "Run and operate a Kintoun store.")
  .version(packageJson.version, "-V, --version", "print the version")
  // The options after the name of a plugin's command are the plugin command's own.
  .enablePositionalOptions();

for (const command of [
  startCommand(),
  exampleCommand(),
  configCommand(),
  pluginsCommand(),
  runCommand(),
  queuesCommand(),
  eventsCommand(),
  listsCommand(),
  doctorCommand(),
  exportCommand(),
  importCommand(),
  restoreCommand(),
  searchCommand(),
  jobsCommand(),
  workersCommand(),
  workerCommand(),
  smokeCommand(),
  costsCommand(),
])
  program.addCommand(command);

// Variables that are set already take precedence.
if (existsSync(".env")) process.loadEnvFile(".env");

try {
  const ownNames = program.commands.map((command) => command.name());
  const args = await expandPluginCommand(process.argv.slice(2), ownNames);
  if (args.length === 0) program.outputHelp();
  else await program.parseAsync(args, { from: "user" });
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  for (const line of error.lines) printNotice(line);
  process.exit(1);
}
