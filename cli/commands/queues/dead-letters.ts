import type { Config } from "../../../config/config.ts";
import { loadConfig } from "../../../config/load-config.ts";
import { queueConfigs } from "../../../config/queues.ts";
import { UserError } from "../../../config/user-error.ts";
import { decodeFailedRecord } from "../../../core/events/dead-letters.ts";
import { decodeBody } from "../../../core/events/message-body.ts";
import { DISPATCH_FAILURES_QUEUE, toDeadLetterQueue } from "../../../core/ports/queue.ts";
import { type DeadLetter, readDeadLetters } from "../../../operations/dead-letters.ts";
import { type ConnectOptions, connect } from "../../connect.ts";
import { readStoreTarget, type StoreOptions } from "../../options.ts";
import { commandLog, describeMessage, print, toSingleLine } from "../../output.ts";
import { runUntilDone } from "../../run-process.ts";

interface DeadLettersOptions extends StoreOptions {
  readonly limit: number;
  readonly full?: boolean;
  readonly json?: boolean;
}

/** Runs `kintoun queues dead-letters`. */
export const runDeadLetters = async (queue: string, options: DeadLettersOptions): Promise<void> => {
  const { limit, full, json } = options;
  const target = readStoreTarget(options, false);
  const config = await loadConfig({ isDeployed: target.kind === "stack" });
  requireQueue(config, queue);
  await runUntilDone(async () => {
    const letters = await deadLettersOf({ config, target, queue, limit });
    if (json) print(JSON.stringify(letters.map(toJson), null, 2));
    else if (letters.length === 0) print(`The queue '${queue}' has no dead letters.`);
    else print(letters.map(full ? formatFull : formatBrief).join("\n"));
  });
};

/** Throws a {@link UserError} when the config has no such queue. */
export const requireQueue = (config: Config, queue: string): void => {
  const names = [...queueConfigs(config).map(({ name }) => name), DISPATCH_FAILURES_QUEUE];
  if (!names.includes(queue))
    throw new UserError([`There is no queue '${queue}'. The queues are: ${names.join(", ")}.`]);
};

/** Reads dead letters of a queue. */
export const deadLettersOf = async ({
  config,
  target,
  queue,
  limit,
}: Pick<ConnectOptions, "config" | "target"> & { queue: string; limit: number }): Promise<readonly DeadLetter[]> => {
  const store = await connect({ config, target, queues: [queue], log: commandLog });
  try {
    const { queues } = store.appOptions.location;
    const letters = await readDeadLetters(
      store.sqs,
      queues[queue === DISPATCH_FAILURES_QUEUE ? queue : toDeadLetterQueue(queue)] ?? "",
      limit,
    );
    return queue === DISPATCH_FAILURES_QUEUE ? letters.map(withErrorFromBody) : letters;
  } finally {
    await store.close();
  }
};

/** The messages of the failures queue carry their error in the body. */
const withErrorFromBody = (letter: DeadLetter): DeadLetter => {
  const failed = decodeFailedRecord(letter.body);
  return failed === undefined ? letter : { ...letter, error: failed.error, stack: failed.stack };
};

const formatBrief = ({
  body,
  error = "Moved by SQS: the worker crashed or timed out",
  attempts = "?",
  failed_at = "?",
  target,
}: DeadLetter): string =>
  `${failed_at}  ${target === undefined ? `after ${attempts} ${attempts === "1" ? "try" : "tries"}` : `for ${target}`}  ${describeMessage(body)}\n  ${toSingleLine(error.split("\n")[0] ?? "")}`;

const formatFull = (letter: DeadLetter): string => {
  const stack = (letter.stack ?? "").split("\n").slice(1);
  return [formatBrief(letter), ...stack, JSON.stringify(readBody(letter.body), null, 2)].join("\n");
};

const toJson = ({ body, ...facts }: DeadLetter) => ({ ...facts, message: readBody(body) });

const readBody = (body: string): unknown => {
  try {
    return decodeBody(body);
  } catch {
    return body;
  }
};
