import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { decodeEvent } from "../../core/events/event.ts";
import { queueDepth } from "../../local/sqs.ts";
import type { Client } from "../../testing/client.ts";
import { createRandom } from "../random.ts";
import { lengthen } from "../time-limits.ts";
import { checkOutcome, type Row } from "./check-outcome.ts";
import { startEnvironment } from "./environment.ts";
import { ECHOES, type Effect, KEPT, LISTENERS, type ListenerName, queueName } from "./plugin.ts";
import { startProcesses } from "./processes.ts";
import { prepare, writeAll } from "./writes.ts";

export interface SoakResult {
  /** Violated guarantees; none when the run passed. */
  readonly problems: readonly string[];
  readonly rows: readonly Row[];
  readonly kills: { readonly dispatch: number; readonly worker: number };
  /** Log of the processes as JSON lines; empty when the run passed. */
  readonly log: string;
}

/** Number of writes between two kills. */
const KILL_INTERVAL = { min: 25, max: 125 };
/** Time without progress after which the remaining messages count as lost. */
const PROGRESS_TIMEOUT_MS = lengthen(90_000);

/** Changes objects while dispatchers and workers are killed, and checks the outcome. */
export const soak = async ({
  writes,
  seed,
  print,
}: {
  writes: number;
  seed: number;
  print: (line: string) => void;
}): Promise<SoakResult> => {
  const environment = await startEnvironment(seed);
  try {
    const processes = await startProcesses(environment.processOptions);
    try {
      await prepare(environment.client);
      const dice = createRandom(seed);
      const pause = () => KILL_INTERVAL.min + dice.below(KILL_INTERVAL.max - KILL_INTERVAL.min);
      let next = pause();
      let killing: Promise<void> = Promise.resolve();
      const written = await writeAll(environment.client, writes, seed, (count) => {
        if (count % 1000 === 0)
          print(
            `${count} writes, ${processes.kills.worker} workers and ${processes.kills.dispatch} dispatchers killed`,
          );
        if (count < next) return;
        next = count + pause();
        const which = dice.below(3);
        killing = killing.then(() => processes.kill(which));
      });
      await killing;
      print(
        `${written.length} writes, ${processes.kills.worker} workers and ${processes.kills.dispatch} dispatchers killed; waiting for the remaining messages`,
      );

      const urls = Object.values(environment.queues.urls);
      let [least, at] = [Number.POSITIVE_INFINITY, Date.now()];
      for (let quiet = 0; quiet < 3; ) {
        const before = await processes.catchUp();
        const left = (await Promise.all(urls.map((url) => queueDepth(environment.sqs, url)))).reduce(
          (sum, count) => sum + count,
          0,
        );
        quiet = left === 0 && before === (await processes.catchUp()) ? quiet + 1 : 0;
        if (left < least) [least, at] = [left, Date.now()];
        if (Date.now() - at > PROGRESS_TIMEOUT_MS) break;
        if (left > 0) print(`${left} messages remain`);
        await sleep(quiet > 0 ? 200 : 2000);
      }

      const echoes = await readList(environment.client, ECHOES);
      const echoed = echoes.map(({ id, last_modified }) => ({
        id: `${ECHOES}/${id}@${last_modified}`,
        uri: `${ECHOES}/${id}`,
        created: true,
      }));
      const deadLetters = await Promise.all(
        LISTENERS.map(async (name) => [
          name,
          await takeEventIds(environment.sqs, environment.queues.all[`${queueName(name)}-dead`] ?? ""),
        ]),
      );
      const { problems, rows } = checkOutcome({
        written: [...written, ...echoed],
        echoes: new Set(echoed.map(({ id }) => id)),
        effects: (await readFile(environment.effects, "utf8"))
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Effect),
        kept: (await Promise.all(KEPT.map((collection) => readList(environment.client, `${collection}/records`))))
          .flat()
          .map(({ id }) => id),
        echoed: echoes.map(({ id }) => id),
        deadLetters: Object.fromEntries(deadLetters) as Record<ListenerName, readonly string[]>,
        killed: processes.killed,
      });
      return {
        problems,
        rows,
        kills: processes.kills,
        log: problems.length === 0 ? "" : await readFile(environment.processOptions.log, "utf8"),
      };
    } finally {
      await processes.stop();
    }
  } finally {
    await environment.close();
  }
};

/** Reads readList pages of a list. */
const readList = async ({ get }: Client, list: string): Promise<{ id: string; last_modified: number }[]> => {
  const found: { id: string; last_modified: number }[] = [];
  for (let page: string | null = `${list}?_limit=1000&_fields=id,last_modified`; page !== null; ) {
    const { body, headers } = await get(page);
    found.push(...body.data);
    page = headers.get("next-page");
  }
  return found;
};

/** Receives and deletes all messages of a queue. Returns the ids of their events. */
const takeEventIds = async (client: SQSClient, QueueUrl: string): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (Messages.length === 0) return ids;
    for (const { Body = "", ReceiptHandle } of Messages) {
      ids.push(decodeEvent(Body).id);
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
};
