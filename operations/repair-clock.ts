import { setTimeout as sleep } from "node:timers/promises";
import { type AppOptions, closeApp, createAppContext } from "../app/create-app-context.ts";
import { UserError } from "../config/user-error.ts";
import { type ListRef, parseListUri } from "../core/resources.ts";
import { type ClockReport, inspectClock, repairClockStep } from "../core/store/repair-clock.ts";

/** A writer that has read the list before it was set back may still write at the old timestamp. */
const SETTLE_MS = 1000;
/** Maximum number of times that a list is set back in one repair. */
const MAX_ROUNDS = 5;

export interface RepairOptions {
  readonly appOptions: AppOptions;
  /** The URI of the list, for example `/buckets/blog/collections/posts/records`. */
  readonly uri: string;
  readonly signal: AbortSignal;
  /** Called after each transaction with the number of changed entries. */
  readonly progress?: ((changed: number) => void) | undefined;
}

/** A clock that operators can inspect and repair. Call `close` at the end. */
export interface ClockRepair {
  inspect(): Promise<ClockReport>;
  /**
   * Sets the list's timestamp back to the present, and that of all its entries that are more than a day ahead.
   * Continues where an interrupted repair stopped.
   * @returns the number of entries that were changed, and whether the list is no longer ahead
   * @throws UserError when writers keep the list ahead
   */
  repair(): Promise<{ readonly changed: number; readonly isRepaired: boolean }>;
  close(): Promise<void>;
}

/** Opens the clock of a list. Throws a {@link UserError} when the URI does not name a list. */
export const openClockRepair = ({ appOptions, uri, signal, progress }: RepairOptions): ClockRepair => {
  const list = parseListUri(appOptions.config.resources, uri);
  if (list === undefined)
    throw new UserError([
      `${uri} is not the URI of a list. Give one such as /buckets, /buckets/blog/collections or /buckets/blog/collections/posts/records.`,
    ]);
  const app = createAppContext(appOptions);
  const inspect = async () => {
    const report = await inspectClock(app.transactions, list);
    if (report === undefined)
      throw new UserError([`There is no list ${uri}, or nothing was ever written to it. Check the URI and the store.`]);
    return report;
  };
  const repair = async () => {
    let changed = 0;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const report = await inspect();
      if (!report.isAhead) return { changed, isRepaired: true };
      const done = await repairOnce(list, report);
      changed += done.changed;
      if (done.isInterrupted) return { changed, isRepaired: false };
      await sleep(SETTLE_MS, undefined, { signal }).catch(() => undefined);
    }
    const { isAhead } = await inspect();
    if (isAhead) throw stillWritten(uri);
    return { changed, isRepaired: true };
  };
  const repairOnce = async (list: ListRef, { now, entries }: ClockReport) => {
    let changed = 0;
    // Twice as many as counted allows for entries that are written meanwhile.
    const max = 2 * entries + 1000;
    while (!signal.aborted) {
      const step = await repairClockStep(app.transactions, list, now + entries - changed);
      if ("isDone" in step) return { changed, isInterrupted: false };
      changed += step.changed;
      progress?.(changed);
      if (changed > max) throw stillWritten(uri);
    }
    return { changed, isInterrupted: true };
  };
  return { inspect, repair, close: () => closeApp(app) };
};

const stillWritten = (uri: string): UserError =>
  new UserError([
    `${uri} is ahead again, because it is being written to. Make the store read-only (KINTOUN_READONLY=true) and repeat the command.`,
  ]);
