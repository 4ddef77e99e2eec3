import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { depth } from "../../local/queue-depth.ts";
import type { Client } from "../../testing/client.ts";
import { random } from "../random.ts";
import { startFleet } from "./fleet.ts";
import { openHouse } from "./house.ts";
import { judge, type Row } from "./judge.ts";
import { takeParked } from "./parked.ts";
import { ECHOES, type Effect, KEPT, LISTENERS, type ListenerName, queueName } from "./plugin.ts";
import { prepare, writeAll } from "./writes.ts";

export interface Soaked {
  /** What was promised and is not so; none when all is well. */
  readonly problems: readonly string[];
  readonly rows: readonly Row[];
  readonly kills: { readonly dispatch: number; readonly worker: number };
  /** What the killed processes wrote, JSON lines; only where there are problems. */
  readonly log: string;
}

/** Writes between two kills, at least and at most. */
const BETWEEN = { least: 50, most: 250 };
/** ms in which not one message less is left, after which what is missing counts as lost. */
const PATIENCE = 90_000;

/** Changes objects all the time, kills whoever works on what changes, and looks in the end at what came of it. */
export const soak = async ({
  writes,
  seed,
  print,
}: {
  writes: number;
  seed: number;
  print: (line: string) => void;
}): Promise<Soaked> => {
  const house = await openHouse(seed);
  try {
    const fleet = await startFleet(house.told);
    try {
      await prepare(house.client);
      const dice = random(seed);
      const pause = () => BETWEEN.least + dice.below(BETWEEN.most - BETWEEN.least);
      let next = pause();
      let killing: Promise<void> = Promise.resolve();
      const written = await writeAll(house.client, writes, seed, (sofar) => {
        if (sofar % 1000 === 0)
          print(`${sofar} writes, ${fleet.kills.worker} workers and ${fleet.kills.dispatch} dispatchers killed`);
        if (sofar < next) return;
        next = sofar + pause();
        const which = dice.below(3);
        killing = killing.then(() => fleet.kill(which));
      });
      await killing;
      print(
        `${written.length} writes, ${fleet.kills.worker} workers and ${fleet.kills.dispatch} dispatchers killed; now what is left is waited for`,
      );

      const urls = Object.values(house.queues.urls);
      let [least, at] = [Number.POSITIVE_INFINITY, Date.now()];
      for (let quiet = 0; quiet < 3; ) {
        const before = await fleet.caughtUp();
        const left = (await Promise.all(urls.map((url) => depth(house.sqs, url)))).reduce(
          (sum, count) => sum + count,
          0,
        );
        quiet = left === 0 && before === (await fleet.caughtUp()) ? quiet + 1 : 0;
        if (left < least) [least, at] = [left, Date.now()];
        if (Date.now() - at > PATIENCE) break;
        if (left > 0) print(`${left} messages are left`);
        await sleep(quiet > 0 ? 200 : 2000);
      }

      const echoes = await all(house.client, ECHOES);
      const echoed = echoes.map(({ id, last_modified }) => ({
        id: `${ECHOES}/${id}@${last_modified}`,
        uri: `${ECHOES}/${id}`,
        created: true,
      }));
      const parked = await Promise.all(
        LISTENERS.map(async (name) => [
          name,
          await takeParked(house.sqs, house.queues.all[`${queueName(name)}-dead`] ?? ""),
        ]),
      );
      const { problems, rows } = judge({
        written: [...written, ...echoed],
        echoes: new Set(echoed.map(({ id }) => id)),
        effects: (await readFile(house.effects, "utf8"))
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Effect),
        kept: (await Promise.all(KEPT.map((collection) => all(house.client, `${collection}/records`))))
          .flat()
          .map(({ id }) => id),
        echoed: echoes.map(({ id }) => id),
        dead: Object.fromEntries(parked) as Record<ListenerName, readonly string[]>,
        killed: fleet.killed,
      });
      return {
        problems,
        rows,
        kills: fleet.kills,
        log: problems.length === 0 ? "" : await readFile(house.told.log, "utf8"),
      };
    } finally {
      await fleet.stop();
    }
  } finally {
    await house.close();
  }
};

/** A whole list, page by page. */
const all = async ({ get }: Client, list: string): Promise<{ id: string; last_modified: number }[]> => {
  const found: { id: string; last_modified: number }[] = [];
  for (let page: string | null = `${list}?_limit=1000&_fields=id,last_modified`; page !== null; ) {
    const { body, headers } = await get(page);
    found.push(...body.data);
    page = headers.get("next-page");
  }
  return found;
};
