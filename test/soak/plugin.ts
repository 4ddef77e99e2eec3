import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { type ChangeEvent, definePlugin, need, type Plugin } from "../../kit/index.ts";

/** The listeners, by what is special about them. */
export const LISTENERS = ["plain", "ordered", "batch", "kept", "echo"] as const;
export type ListenerName = (typeof LISTENERS)[number];

/** The queue of one of them. */
export const queueName = (listener: ListenerName) => `soak-${listener}`;

/** What a listener did outside of the store: a line of a file. */
export interface Effect {
  readonly listener: ListenerName;
  readonly id: string;
  readonly uri: string;
  readonly timestamp: number;
  readonly pid: number;
}

/** Where `kept` keeps what it heard: in several collections, whose writers don't wait for each other. */
export const KEPT = [..."0123456789abcdef"].map((digit) => `/buckets/kept/collections/events-${digit}`);
const keptIn = (key: string) => `/buckets/kept/collections/events-${key[0]}/records/${key}`;
/** Where `echo` writes: in the bucket that all listeners hear of. */
export const ECHOES = "/buckets/soak/collections/echoes/records";

/** A record's id made of an event's. */
export const keyOf = (eventId: string): string => createHash("sha256").update(eventId).digest("hex").slice(0, 40);

/** What no try of a listener can do anything with. */
export const isPoison = (listener: ListenerName, uri: string): boolean => uri.includes(`/records/poison-${listener}-`);

const RECORDS = ["record.create", "record.update", "record.delete"] as const;
/** One in so many deliveries fails at first. */
const FAILING = 20;
/** Seconds that a call may take: a worker that is killed holds its deliveries for a moment longer. */
export const TIMEOUT = 10;

/** @param file takes the effects outside of the store, a line of JSON each */
export const soakPlugin = ({ file, seed }: { readonly file: string; readonly seed: number }): Plugin => {
  // Known to whoever comes after a worker that was killed: else an event might fail in one after the other, until it is parked.
  const failures = `${file}.failed`;
  const failed = new Set(existsSync(failures) ? readFileSync(failures, "utf8").split("\n") : []);
  /** Fails on what is poison, and at first on some others. */
  const tryOut = (listener: ListenerName, id: string, uri: string) => {
    if (isPoison(listener, uri)) throw new Error(`${uri} is poison`);
    const key = `${listener} ${id}`;
    if (failed.has(key) || createHash("sha256").update(`${seed} ${key}`).digest().readUInt32BE() % FAILING !== 0)
      return;
    failed.add(key);
    appendFileSync(failures, `${key}\n`);
    throw new Error("It fails at first");
  };
  const have = (listener: ListenerName, events: readonly ChangeEvent[]) => {
    const lines = events.map(
      ({ id, uri, timestamp }) =>
        `${JSON.stringify({ listener, id, uri, timestamp, pid: process.pid } satisfies Effect)}\n`,
    );
    appendFileSync(file, lines.join(""));
  };
  const noting = (listener: ListenerName) => (event: ChangeEvent) => {
    tryOut(listener, event.id, event.uri);
    have(listener, [event]);
  };
  const common = { on: RECORDS, buckets: () => ["soak"], timeout: TIMEOUT };

  return definePlugin({
    name: "soak",
    about: "Has effects of every kind.",
    needs: () => ({
      data: need.data({ "record:create": ["/buckets/*/collections/*"], write: ["/buckets/kept/collections/*"] }),
    }),
    setup: ({ resources }) => resources,
    listeners: {
      plain: { ...common, run: noting("plain") },
      ordered: { ...common, ordered: true, run: noting("ordered") },
      batch: {
        ...common,
        batch: {
          size: 20,
          window: 1,
          run: (events) => {
            const [first] = events;
            if (first !== undefined) tryOut("batch", `${first.id} and others`, first.uri);
            for (const { uri } of events) if (isPoison("batch", uri)) throw new Error(`${uri} is poison`);
            have("batch", events);
          },
        },
        run: noting("batch"),
      },
      kept: {
        ...common,
        idempotent: true,
        run: async ({ id, uri }, { services: { data } }) => {
          tryOut("kept", id, uri);
          await data.replace(keptIn(keyOf(id)), { data: { event: id } });
        },
      },
      echo: {
        ...common,
        on: ["record.create"],
        run: async ({ id, uri }, { services: { data } }) => {
          if (uri.startsWith(ECHOES)) throw new Error("It hears itself");
          tryOut("echo", id, uri);
          await data.create(ECHOES, { data: { id: keyOf(id), event: id } });
        },
      },
    },
  })();
};
