import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AppContext } from "../app/app-context.ts";
import { type AppOptions, closeApp, createAppContext } from "../app/create-app-context.ts";
import { createQueues } from "../app/queue.ts";
import type { SideEffect } from "../app/restricted-stores.ts";
import { type ChangeEvent, encodeEvent } from "../core/events/event.ts";
import type { WalkPosition } from "../core/events/replay.ts";
import { type ReplayedObjects, replayObjects } from "../core/events/replay-events.ts";
import { createWorker } from "../functions/worker/app.ts";

/** A replay. */
export interface ReplayOptions extends Omit<ReplayedObjects, "onListCount"> {
  readonly appOptions: AppOptions;
  /** Maximum number of events. */
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
  /**
   * Called after each object with the number of events, of checked objects, and of objects in the lists reached so
   * far.
   */
  readonly progress?: ((events: number, checked: number, objects: number) => void) | undefined;
}

interface ReplayedEvent {
  readonly event: ChangeEvent;
  readonly position: WalkPosition;
}

/** Yields the events of a replay. */
async function* createEvents({ store, config }: AppContext, options: ReplayOptions): AsyncGenerator<ReplayedEvent> {
  const { limit = Number.POSITIVE_INFINITY, signal, progress } = options;
  let [events, checked, objects] = [0, 0, 0];
  const onListCount = (count: number) => {
    objects += count;
  };
  for await (const { event, position } of replayObjects(
    { store, resources: config.resources },
    { ...options, onListCount },
  )) {
    if (signal.aborted) return;
    checked++;
    if (event !== undefined) {
      yield { event, position };
      if (++events >= limit) return;
    }
    progress?.(events, checked, objects);
  }
}

/** A replay failed. It can be resumed at `position`. */
export class ReplayInterruptedError extends Error {
  override readonly name = "ReplayInterruptedError";
  readonly position: WalkPosition;

  constructor(position: WalkPosition, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.position = position;
  }
}

/** Maximum number of events per call. */
const MAX_BATCH_SIZE = 10;

/**
 * Sends the events to the listener's queue. Rejects with a {@link ReplayInterruptedError}.
 *
 * @param rate events per second
 * @returns the number of events, and the position at which it stopped
 */
export const sendReplay = async (
  options: ReplayOptions,
  rate: number,
): Promise<{ readonly sent: number; readonly position: WalkPosition }> => {
  const app = createAppContext(options.appOptions);
  const queue = createQueues(options.appOptions, app);
  const queueName = options.listener.name;
  let [sent, position, batch] = [0, options.from, [] as ReplayedEvent[]];
  const flush = async () => {
    const refused = await queue.send(
      batch.map(({ event }) => ({ queue: queueName, body: encodeEvent(event), group: event.uri, id: event.id })),
    );
    if (refused.length > 0) throw new Error(`The queue did not accept ${refused.length} of ${batch.length} events`);
    sent += batch.length;
    position = batch.at(-1)?.position ?? position;
    await sleep((batch.length / rate) * 1000, undefined, { signal: options.signal }).catch(() => undefined);
    batch = [];
  };
  try {
    for await (const one of createEvents(app, options)) {
      batch.push(one);
      if (batch.length >= Math.min(MAX_BATCH_SIZE, Math.ceil(rate))) await flush();
    }
    if (batch.length > 0) await flush();
    return { sent, position };
  } catch (error) {
    throw new ReplayInterruptedError(position, error);
  } finally {
    await closeApp(app);
  }
};

/** The side effects that a listener would have for one event. */
export interface DryRun {
  readonly event: ChangeEvent;
  readonly effects: readonly SideEffect[];
  /** The listener's error, if it failed. */
  readonly error?: string;
}

/**
 * Runs the listener on the events in this process, without side effects.
 *
 * @param onRun receives the suppressed side effects of each event
 */
export const dryRun = async (options: ReplayOptions, onRun: (run: DryRun) => void): Promise<void> => {
  const { appOptions, listener, signal } = options;
  let effects: SideEffect[] = [];
  const dryOptions: AppOptions = {
    ...appOptions,
    onSideEffect: (effect) => effects.push(effect),
    location: { ...appOptions.location, listener: listener.name },
  };
  const app = createAppContext(dryOptions);
  const originalFetch = globalThis.fetch;
  // Requests that bypass the kit cannot be suppressed, so they are rejected.
  globalThis.fetch = async (input) => {
    const url = input instanceof Request ? input.url : String(input);
    effects.push({ kind: "fetch", description: `${url} with the global fetch, which is rejected in a dry run` });
    throw new Error(`The global fetch of ${url} is rejected in a dry run. Use need.http() instead`);
  };
  const worker = await createWorker(dryOptions);
  try {
    for await (const { event } of createEvents(app, options)) {
      effects = [];
      const message = { id: randomUUID(), body: encodeEvent(event), sentAt: Date.now(), receiveCount: 1 };
      try {
        await worker.handler.handle(message, {
          budgetMs: worker.budgetMs,
          maxAttempts: worker.maxAttempts,
          closing: signal,
        });
        onRun({ event, effects });
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        onRun({ event, effects, error: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause) });
      }
    }
  } finally {
    globalThis.fetch = originalFetch;
    await worker.close();
    await closeApp(app);
  }
};
