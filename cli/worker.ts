import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { queueConfigs } from "../config/queues.ts";
import { runWorker } from "../local/run-worker.ts";
import { reportQueues } from "../operations/queue-report.ts";
import { CLOUD_FLAGS, CLOUD_USAGE, readCloudPlace } from "./cloud-flags.ts";
import { type Connected, connect } from "./connect.ts";
import { describeMessage } from "./describe-message.ts";
import { ECHO, echo } from "./events-tail.ts";
import { parseCommand } from "./parse-command.ts";
import { commandLog, print, tell } from "./print.ts";
import { untilTold } from "./until-told.ts";

const USAGE = `npm run -s kintoun -- worker NAME [--once] ${CLOUD_USAGE}`;

/** `kintoun worker`: works on one queue, in this process. */
export const run = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseCommand(args, { ...CLOUD_FLAGS, once: { type: "boolean" } }, USAGE);
  const [name, ...more] = positionals;
  if (more.length > 0) throw new UserError([USAGE]);
  const place = readCloudPlace(values, USAGE);
  const config = await loadConfig();
  if (name === undefined) throw new UserError([USAGE, `There are: ${workersOf(config)}.`]);
  if (name === ECHO) return untilTold((signal) => echo({ config, place, signal, print }));
  const queue = findWorker(config, name);
  await untilTold(async (signal) => {
    const connected = await connect({ config, place, queues: [name], log: commandLog });
    try {
      tell(`Working on '${name}' of ${connected.where}. End: Ctrl-C`);
      const counts = { done: 0, later: 0, parked: 0 };
      const { opening, sqs } = connected;
      const { postponed } = await runWorker({
        opening,
        client: sqs,
        queue,
        once: values.once ?? false,
        signal,
        told: ({ body, attempt, ms, end }) => {
          counts[end]++;
          print(
            `${new Date().toISOString()}  ${end.padEnd(6)}  try ${attempt}  ${String(Math.round(ms)).padStart(5)} ms  ${describeMessage(body)}`,
          );
        },
      });
      tell(`${counts.done} done, ${counts.later} to come again, ${counts.parked} parked.`);
      if (values.once) await tellLeft(connected, name, postponed);
    } finally {
      await connected.close();
    }
  });
};

/** What is left on a queue that nothing can be taken from now. SQS tells how much that is, and only who put it off until when. */
const tellLeft = async ({ opening, sqs }: Connected, name: string, postponed: number | undefined): Promise<void> => {
  const [report] = await reportQueues(sqs, [name], { [name]: opening.place.queues[name] ?? "" }, async () => null);
  const left = report === undefined ? 0 : report.waiting + report.delayed + report.inFlight;
  if (left === 0) return;
  const until = postponed === undefined ? "" : `, what this one put off until ${new Date(postponed).toISOString()}`;
  tell(`${left} left on the queue, to come later or in other hands${until}: work on it again then.`);
};

/** The queue of that name; throws what there is when there is none. */
export const findWorker = (config: Config, name: string) => {
  const found = queueConfigs(config).find((queue) => queue.name === name);
  if (found !== undefined) return found;
  throw new UserError([`No worker named '${name}', there are: ${workersOf(config)}.`]);
};

const workersOf = (config: Config): string => [...queueConfigs(config).map(({ name }) => name), ECHO].join(", ");
