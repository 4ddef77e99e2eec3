import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { queueConfigs } from "../config/queues.ts";
import { fromFailedMessage } from "../core/events/failed-record.ts";
import { unpacked } from "../core/events/packed.ts";
import { deadOf, FAILURES } from "../core/ports/queue.ts";
import { type DeadMessage, readDead } from "../operations/dead-messages.ts";
import { CLOUD_FLAGS, CLOUD_USAGE, readCloudPlace } from "./cloud-flags.ts";
import { type Connecting, connect } from "./connect.ts";
import { describeMessage } from "./describe-message.ts";
import { parseCommand } from "./parse-command.ts";
import { commandLog, inLine, print } from "./print.ts";
import { readCount } from "./read-time.ts";
import { untilDone } from "./until-told.ts";

const USAGE = `npm run -s kintoun -- queues show-dead NAME [--limit NUMBER] [--full] [--json] ${CLOUD_USAGE}`;
/** Messages that are shown unless more are asked for. */
const LIMIT = 10;

/** `kintoun queues show-dead`: what failed for good, and why; it stays where it is. */
export const showDead = async (args: readonly string[]): Promise<void> => {
  const flags = {
    ...CLOUD_FLAGS,
    limit: { type: "string" },
    full: { type: "boolean" },
    json: { type: "boolean" },
  } as const;
  const { values, positionals } = parseCommand(args, flags, USAGE);
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UserError([USAGE]);
  const place = readCloudPlace(values, USAGE, false);
  const limit = readCount("--limit", values.limit) ?? LIMIT;
  const config = await loadConfig();
  requireQueue(config, name);
  await untilDone(async () => {
    const dead = await deadIn({ config, place, name, limit });
    if (values.json) print(JSON.stringify(dead.map(toJson), null, 2));
    else
      print(
        dead.length === 0 ? `Nothing failed for good in '${name}'.` : dead.map(values.full ? full : brief).join("\n"),
      );
  });
};

/** Throws what queues there are, where there is none of that name. */
export const requireQueue = (config: Config, name: string): void => {
  const names = [...queueConfigs(config).map((queue) => queue.name), FAILURES];
  if (!names.includes(name)) throw new UserError([`No queue named '${name}', there are: ${names.join(", ")}.`]);
};

export const deadIn = async ({
  config,
  place,
  name,
  limit,
}: Pick<Connecting, "config" | "place"> & { name: string; limit: number }): Promise<readonly DeadMessage[]> => {
  const connected = await connect({ config, place, queues: [name], log: commandLog });
  try {
    const { queues } = connected.opening.place;
    const dead = await readDead(
      connected.sqs,
      queues[name === DISPATCH_FAILURES_QUEUE ? name : toDeadLetterQueue(name)] ?? "",
      limit,
    );
    return name === DISPATCH_FAILURES_QUEUE ? dead.map(asRecord) : dead;
  } finally {
    await connected.close();
  }
};

/** What failed before any queue tells its error in its body. */
const asRecord = (message: DeadMessage): DeadMessage => {
  const failed = decodeFailedRecord(message.body);
  return failed === undefined ? message : { ...message, error: failed.error, stack: failed.stack };
};

const brief = ({
  body,
  error = "SQS parked it: its worker died, or never answered",
  attempts = "?",
  failed_at = "?",
}: DeadMessage): string =>
  `${failed_at}  after ${attempts} ${attempts === "1" ? "try" : "tries"}  ${describeMessage(body)}\n  ${inLine(error.split("\n")[0] ?? "")}`;

const full = (message: DeadMessage): string =>
  [brief(message), ...(message.stack ?? "").split("\n").slice(1), JSON.stringify(content(message.body), null, 2)].join(
    "\n",
  );

const toJson = ({ body, ...facts }: DeadMessage) => ({ ...facts, message: content(body) });

const content = (body: string): unknown => {
  try {
    return decodeBody(body);
  } catch {
    return body;
  }
};
