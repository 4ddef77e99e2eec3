import type { Log } from "../ports/log.ts";
import type { Claim } from "../ports/store.ts";
import { type Deliveries, keyOf } from "./deliver.ts";
import { type ChangeEvent, fromMessage } from "./event.ts";
import type { Handled, HandlerTime, Received } from "./handler.ts";
import { Later } from "./later.ts";
import { afterwards, leaseFor, noted } from "./once.ts";
import { causedBy } from "./provenance.ts";
import { within } from "./within.ts";

const TAKEN: Claim = { kind: "taken", tries: 1 };
/** To be delivered alone, the next time. */
const SOON: Handled = { after: 1 };
/** Events that a line of the log names. */
const MOST_NAMED = 20;

type Grouped = Pick<Received, "body" | "sent" | "group">;

/** Delivers several messages in one call of a listener that takes them so; tells what became of each. Rejects where it wants all of them {@link Later}. */
export const deliverBatch = async (
  to: Deliveries,
  messages: readonly Grouped[],
  time: HandlerTime,
): Promise<readonly Handled[]> => {
  const { listener, claims, log, now } = to;
  const events = messages.map(({ body }) => eventIn(body));
  const each = [
    ...new Map(events.flatMap((event) => (event === undefined ? [] : [[event.id, event] as const]))).values(),
  ];
  const lease = leaseFor(now, time);
  const give = (back: readonly ChangeEvent[]) =>
    noted(log, ...back.map((event) => claims.release(keyOf(listener, event), lease, { forget: false })));
  let sorted: Sorted;
  try {
    const found = await Promise.allSettled(
      each.map(async (event) => (listener.idempotent ? TAKEN : claims.claim(keyOf(listener, event), lease))),
    );
    sorted = sort(messages, events, new Map(each.map(({ id }, place) => [id, takenOf(log, found[place])])), now);
    if (sorted.ready.size > 0) {
      const given = Date.now();
      await run(to, [...sorted.ready.values()], time);
      to.delivered(timesOf(messages, events, sorted.ready), given);
    }
  } catch (error) {
    if (!listener.idempotent) await give(each);
    const facts = { event_ids: each.slice(0, MOST_NAMED).map(({ id }) => id), events: each.length };
    if (error instanceof Later) {
      to.note(facts);
      throw error;
    }
    log.warn("The listener failed on several events; each is tried alone", { ...facts, error });
    return messages.map(() => SOON);
  }
  const { ready, handled } = sorted;
  if (!listener.idempotent) {
    await noted(log, ...[...ready.values()].map((event) => claims.settle(keyOf(listener, event), lease)));
    await give(each.filter(({ id }) => !ready.has(id)));
  }
  return handled;
};

interface Sorted {
  /** What is to be delivered now, by id. */
  readonly ready: ReadonlyMap<string, ChangeEvent>;
  /** What became of each message, once those are delivered. */
  readonly handled: readonly Handled[];
}

/** Nothing where it could not be told who has it: it is asked for again when it comes alone. */
const takenOf = (log: Log, found: PromiseSettledResult<Claim> | undefined): Claim | undefined => {
  if (found?.status === "fulfilled") return found.value;
  log.warn("Whether an event was delivered before could not be told; it is tried alone", { error: found?.reason });
  return undefined;
};

/** What can't be delivered now holds back what is behind it in its group. */
const sort = (
  messages: readonly Grouped[],
  events: readonly (ChangeEvent | undefined)[],
  found: ReadonlyMap<string, Claim | undefined>,
  now: () => number,
): Sorted => {
  const ready = new Map<string, ChangeEvent>();
  const held = new Set<string>();
  const handled = messages.map(({ group }, place): Handled => {
    const event = events[place];
    const claim = event && found.get(event.id);
    if (claim?.kind === "done" || (event !== undefined && ready.has(event.id))) return undefined;
    if (event !== undefined && claim?.kind === "taken" && (group === undefined || !held.has(group))) {
      ready.set(event.id, event);
      return undefined;
    }
    if (group !== undefined) held.add(group);
    return claim?.kind === "busy" ? afterwards(claim.until, now) : SOON;
  });
  return { ready, handled };
};

const run = async (
  { listener, log, inProvenance }: Deliveries,
  events: readonly ChangeEvent[],
  { budget, closing }: HandlerTime,
): Promise<void> => {
  // What is changed now comes of the event that most led to.
  const deepest = events.reduce((deep, event) =>
    (event.cause?.length ?? 0) > (deep.cause?.length ?? 0) ? event : deep,
  );
  const held = async (signal: AbortSignal) =>
    inProvenance(causedBy(listener.name, deepest), () => listener.runBatch?.(events, { log, signal }));
  await within(`The listener ${listener.name}`, budget, held, closing);
};

/** When each event that was delivered came into the queue, the first time where it came twice. */
const timesOf = (
  messages: readonly Grouped[],
  events: readonly (ChangeEvent | undefined)[],
  ready: Sorted["ready"],
): readonly number[] =>
  [...ready.keys()].map((id) => messages[events.findIndex((event) => event?.id === id)]?.sent as number);

/** Nothing for what is none: when it is delivered alone, its error is told. */
const eventIn = (body: string): ChangeEvent | undefined => {
  try {
    return fromMessage(body);
  } catch {
    return undefined;
  }
};
