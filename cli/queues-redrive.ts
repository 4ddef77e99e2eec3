import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { queueConfigs } from "../config/queues.ts";
import { fromFailedMessage } from "../core/events/failed-record.ts";
import { deadOf, FAILURES } from "../core/ports/queue.ts";
import { recordsOfNote } from "../operations/noted-records.ts";
import { type Redriving, redrive, sendAgain } from "../operations/redrive.ts";
import { openReplay } from "../operations/replay.ts";
import { CLOUD_FLAGS, CLOUD_USAGE, readCloudPlace } from "./cloud-flags.ts";
import { type Connected, type Connecting, connect } from "./connect.ts";
import { parseCommand } from "./parse-command.ts";
import { commandLog, tell } from "./print.ts";
import { openProgress } from "./progress.ts";
import { requireQueue } from "./queues-show-dead.ts";
import { readCount, readRate } from "./read-time.ts";
import { untilDone } from "./until-told.ts";

const USAGE = `npm run -s kintoun -- queues redrive NAME [--rate NUMBER] [--limit NUMBER] ${CLOUD_USAGE}`;
/** Messages a second, unless told otherwise. */
const RATE = 20;

/** `kintoun queues redrive`: what failed for good is tried again. */
export const redriveQueue = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseCommand(
    args,
    { ...CLOUD_FLAGS, rate: { type: "string" }, limit: { type: "string" } },
    USAGE,
  );
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UserError([USAGE]);
  const place = readCloudPlace(values, USAGE, name === FAILURES);
  const rate = readRate("--rate", values.rate) ?? RATE;
  const limit = readCount("--limit", values.limit);
  const config = await loadConfig();
  requireQueue(config, name);
  await untilDone(async (signal) => {
    const progress = openProgress("sent again");
    const { moved, left } = await redriven({ config, place, name, rate, limit, signal, progress: progress.step });
    progress.end(moved);
    if (left > 0) tell(`${left} could not be, and stay: npm run -s kintoun -- queues show-dead ${name}`);
    if (signal.aborted) tell("The others wait where they were: say the same again to go on.");
  });
};

export interface RedriveRun
  extends Pick<Connecting, "config" | "place">,
    Pick<Redriving, "rate" | "limit" | "signal" | "progress"> {
  readonly name: string;
}

/** Has what was parked for a queue tried again. @returns how many messages were sent, and how many could not be */
export const redriven = async ({
  name,
  ...run
}: RedriveRun): Promise<{ readonly moved: number; readonly left: number }> => {
  const { config, place } = run;
  // Records that were not handed on may be for any queue.
  const queues = name === FAILURES ? [...queueConfigs(config).map((queue) => queue.name), FAILURES] : [name];
  const connected = await connect({ config, place, queues, log: commandLog });
  try {
    const urls = connected.opening.place.queues;
    if (name === DISPATCH_FAILURES_QUEUE) return await dispatchAgain(connected, run);
    const take = sendAgain(connected.sqs, urls[name] ?? "");
    return {
      moved: await redrive({ ...run, client: connected.sqs, from: urls[toDeadLetterQueue(name)] ?? "", take }),
      left: 0,
    };
  } finally {
    await connected.close();
  }
};

/** Hands on the records of the table's stream that nobody could hand on before. */
const dispatchAgain = async ({ opening, sqs, streams }: Connected, run: Omit<RedriveRun, "name">) => {
  const replay = await openReplay(opening);
  let left = 0;
  try {
    const take: Redriving["take"] = async ({ Body = "" }) => {
      try {
        const held = decodeFailedRecord(Body)?.record;
        for (const record of held === undefined ? await recordsOfNote(streams, Body) : [held])
          await replay.replay(record);
        return "done";
      } catch (error) {
        opening.log.error("A change could not be handed on again", { error });
      }
      left++;
      return "stays";
    };
    return {
      moved: await redrive({ ...run, client: sqs, from: opening.place.queues[DISPATCH_FAILURES_QUEUE] ?? "", take }),
      left,
    };
  } finally {
    await replay.close();
  }
};
