import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Effect } from "../app/dry-store.ts";
import { closeAll, type Opening, openSurroundings } from "../app/open.ts";
import type { Surroundings } from "../app/plugins/surroundings.ts";
import { openQueues } from "../app/queue.ts";
import { type ChangeEvent, encodeEvent } from "../core/events/event.ts";
import { matchesSubscription, type Subscription } from "../core/events/listener.ts";
import { toReplayEvent, type WalkPosition, walkObjects } from "../core/events/present.ts";
import type { ObjectRef } from "../core/resources.ts";
import { createWorker } from "../functions/worker/app.ts";
import { isAmong } from "../lib/util/is-among.ts";

/** What of the store a listener is to hear anew. */
export interface Replaying {
  readonly opening: Opening;
  readonly listener: Subscription;
  /** Exclusive bound on when an object was changed last, in ms. */
  readonly since?: number | undefined;
  /** What the objects' URIs begin with. */
  readonly prefix: string;
  /** Told by its events' ids: what a run tells twice has one effect. */
  readonly run: string;
  /** Where an earlier part of the run came to. */
  readonly from: WalkPosition;
  /** Events at most. */
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
  /** Told after each object how many events there were, and of how many objects how many were looked at; lists count when they are come to. */
  readonly progress?: ((events: number, looked: number, objects: number) => void) | undefined;
}

interface Replayed {
  readonly event: ChangeEvent;
  readonly position: WalkPosition;
}

/** The present objects that a listener hears of, as events: each is told as if it had just been made. */
async function* replayedEvents({ store, config }: Surroundings, replaying: Replaying): AsyncGenerator<Replayed> {
  const { listener, prefix, run, from, since, limit = Number.POSITIVE_INFINITY, signal, progress } = replaying;
  const wanted = new Set(
    listener.on.flatMap((name) => (name.endsWith(".create") ? [name.slice(0, -".create".length)] : [])),
  );
  const mayHear = ({ resourceName: resource, id }: ObjectRef) =>
    (resource !== "bucket" || isAmong(listener.buckets, id)) &&
    (resource !== "collection" || isAmong(listener.collections, id));
  const enters = (ref: ObjectRef) => (ref.uri.startsWith(prefix) || prefix.startsWith(`${ref.uri}/`)) && mayHear(ref);
  let [events, looked, objects] = [0, 0, 0];
  const found = (count: number) => {
    objects += count;
  };
  for await (const { ref, stored, position } of walkObjects({
    store,
    resources: config.resources,
    resourceNames: wanted,
    includes: enters,
    modifiedAfter: since,
    startAt: from,
    onListCount: found,
  })) {
    if (signal.aborted) return;
    looked++;
    const event = ref.uri.startsWith(prefix) ? toReplayEvent({ ref, stored }, run) : undefined;
    if (event !== undefined && matchesSubscription(listener, event)) {
      yield { event, position };
      if (++events >= limit) return;
    }
    progress?.(events, looked, objects);
  }
}

/** A replay that came to no end: where to go on. */
export class ReplayBroken extends Error {
  override readonly name = "ReplayBroken";
  readonly position: WalkPosition;

  constructor(position: WalkPosition, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.position = position;
  }
}

/** Events in one call. */
const MOST = 10;

/** Puts the events on that listener's queue, at a bounded rate (a second). @returns how many, and where it came to; rejects with a {@link ReplayBroken} */
export const sendReplay = async (
  replaying: Replaying,
  rate: number,
): Promise<{ readonly sent: number; readonly position: WalkPosition }> => {
  const around = openSurroundings(replaying.opening);
  const queue = openQueues(replaying.opening, around);
  const to = replaying.listener.name;
  let [sent, position, batch] = [0, replaying.from, [] as Replayed[]];
  const flush = async () => {
    const refused = await queue.send(
      batch.map(({ event }) => ({ to, body: encodeEvent(event), group: event.uri, id: event.id })),
    );
    if (refused.length > 0) throw new Error(`The queue did not take ${refused.length} of ${batch.length} events`);
    sent += batch.length;
    position = batch.at(-1)?.position ?? position;
    await sleep((batch.length / rate) * 1000, undefined, { signal: replaying.signal }).catch(() => undefined);
    batch = [];
  };
  try {
    for await (const one of replayedEvents(around, replaying)) {
      batch.push(one);
      if (batch.length >= Math.min(MOST, Math.ceil(rate))) await flush();
    }
    if (batch.length > 0) await flush();
    return { sent, position };
  } catch (error) {
    throw new ReplayBroken(position, error);
  } finally {
    await closeAll(around);
  }
};

/** What a listener would do with an event. */
export interface DryRun {
  readonly event: ChangeEvent;
  readonly effects: readonly Effect[];
  /** What it failed with, if it did. */
  readonly error?: string;
}

/** Runs the listener on the events in this process, one after the other, with nothing done: what would be is told. */
export const dryRun = async (replaying: Replaying, told: (run: DryRun) => void): Promise<void> => {
  const { opening, listener, signal } = replaying;
  let effects: Effect[] = [];
  const dry: Opening = {
    ...opening,
    effects: (effect) => effects.push(effect),
    place: { ...opening.place, listener: listener.name },
  };
  const around = openSurroundings(dry);
  const unguarded = globalThis.fetch;
  // What goes past the kit can't be listed: it is refused.
  globalThis.fetch = async (asked) => {
    const url = asked instanceof Request ? asked.url : String(asked);
    effects.push({ kind: "fetch", does: `${url}, by a global fetch, which is refused in a dry run` });
    throw new Error(
      `A dry run does not let plugins fetch ${url} by themselves: need.http() is the way that can be listed`,
    );
  };
  const worker = await createWorker(dry);
  try {
    for await (const { event } of replayedEvents(around, replaying)) {
      effects = [];
      const received = { id: randomUUID(), body: encodeEvent(event), sent: Date.now(), attempt: 1 };
      try {
        await worker.handler.handle(received, {
          budgetMs: worker.budgetMs,
          maxAttempts: worker.maxAttempts,
          closing: signal,
        });
        told({ event, effects });
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        told({ event, effects, error: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause) });
      }
    }
  } finally {
    globalThis.fetch = unguarded;
    await worker.close();
    await closeAll(around);
  }
};
