import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { type ChangeEvent, definePlugin, need, type Plugin } from "../../kit/index.ts";

/** The listeners, named by their special feature. */
export const LISTENERS = ["plain", "ordered", "batch", "kept", "echo"] as const;
export type ListenerName = (typeof LISTENERS)[number];

/** Returns the name of a listener's queue. */
export const queueName = (listener: ListenerName) => `soak-${listener}`;

/** An effect outside of the store: a line of a file. */
export interface Effect {
  readonly listener: ListenerName;
  readonly id: string;
  readonly uri: string;
  readonly timestamp: number;
  readonly pid: number;
}

/** Collections that `kept` writes to: several, so that writers do not wait for each other. */
export const KEPT = [..."0123456789abcdef"].map((digit) => `/buckets/kept/collections/events-${digit}`);
const keptUri = (key: string) => `/buckets/kept/collections/events-${key[0]}/records/${key}`;
/** List that `echo` writes to, in the bucket that all listeners receive. */
export const ECHOES = "/buckets/soak/collections/echoes/records";

/** Derives a record id from an event id. */
export const toRecordId = (eventId: string): string => createHash("sha256").update(eventId).digest("hex").slice(0, 40);

/** Whether every attempt of a listener fails on an object. */
export const isPoison = (listener: ListenerName, uri: string): boolean => uri.includes(`/records/poison-${listener}-`);

const RECORD_EVENTS = ["record.create", "record.update", "record.delete"] as const;
/** One in so many events fails at the first attempt. */
const FAILURE_INTERVAL = 20;
/** Timeout of a call. The lease of a killed worker lasts somewhat longer. */
export const TIMEOUT_SECONDS = 10;

/** @param file receives the effects outside of the store, one line of JSON each */
export const soakPlugin = ({ file, seed }: { readonly file: string; readonly seed: number }): Plugin => {
  // A file, so that restarted workers know it. Otherwise an event might fail in each of them until it is dead-lettered.
  const failures = `${file}.failed`;
  const failed = new Set(existsSync(failures) ? readFileSync(failures, "utf8").split("\n") : []);
  /** Throws for poison, and for some events at the first attempt. */
  const failSome = (listener: ListenerName, id: string, uri: string) => {
    if (isPoison(listener, uri)) throw new Error(`${uri} is poison`);
    const key = `${listener} ${id}`;
    if (
      failed.has(key) ||
      createHash("sha256").update(`${seed} ${key}`).digest().readUInt32BE() % FAILURE_INTERVAL !== 0
    )
      return;
    failed.add(key);
    appendFileSync(failures, `${key}\n`);
    throw new Error("The first attempt fails");
  };
  const appendEffects = (listener: ListenerName, events: readonly ChangeEvent[]) => {
    const lines = events.map(
      ({ id, uri, timestamp }) =>
        `${JSON.stringify({ listener, id, uri, timestamp, pid: process.pid } satisfies Effect)}\n`,
    );
    appendFileSync(file, lines.join(""));
  };
  const createListener = (listener: ListenerName) => (event: ChangeEvent) => {
    failSome(listener, event.id, event.uri);
    appendEffects(listener, [event]);
  };
  const common = { on: RECORD_EVENTS, buckets: () => ["soak"], timeout: TIMEOUT_SECONDS };

  return definePlugin({
    name: "soak",
    about: "Has effects of every kind.",
    needs: () => ({
      data: need.data({ "record:create": ["/buckets/*/collections/*"], write: ["/buckets/kept/collections/*"] }),
    }),
    setup: ({ resources }) => resources,
    listeners: {
      plain: { ...common, run: createListener("plain") },
      ordered: { ...common, ordered: true, run: createListener("ordered") },
      batch: {
        ...common,
        batch: {
          size: 20,
          window: 1,
          run: (events) => {
            const [first] = events;
            if (first !== undefined) failSome("batch", `${first.id} and others`, first.uri);
            for (const { uri } of events) if (isPoison("batch", uri)) throw new Error(`${uri} is poison`);
            appendEffects("batch", events);
          },
        },
        run: createListener("batch"),
      },
      kept: {
        ...common,
        idempotent: true,
        run: async ({ id, uri }, { services: { data } }) => {
          failSome("kept", id, uri);
          await data.replace(keptUri(toRecordId(id)), { data: { event: id } });
        },
      },
      echo: {
        ...common,
        on: ["record.create"],
        run: async ({ id, uri }, { services: { data } }) => {
          if (uri.startsWith(ECHOES)) throw new Error("The listener received its own change");
          failSome("echo", id, uri);
          await data.create(ECHOES, { data: { id: toRecordId(id), event: id } });
        },
      },
    },
  })();
};
