import { expect } from "@jest/globals";
import type { CommitOutcome } from "../../../core/ports/store.ts";
import { createTransactionContext, type TransactionContext, transact } from "../../../core/store/transact.ts";
import { readsForWrite } from "../../../core/store/view.ts";
import { createManualTimer } from "../../manual-timer.ts";
import { openObjects } from "../open-objects.ts";

export const LIST = "/buckets/a/collections/c/records";

/** The failure of a write to the list that gives up. */
export const BUSY = { kind: "BACKEND", message: expect.stringContaining(`Too many concurrent writes to ${LIST}.`) };

/** Starts an engine with an empty list, and contexts in which writes to it conflict. */
export const openContention = async () => {
  const objects = await openObjects();
  await objects.put("/buckets/a");
  await objects.put("/buckets/a/collections/c");

  /** A context in which commits have the given outcomes, and succeed afterwards. @param repeated repeats the last one */
  const contextWith = (
    outcomes: readonly CommitOutcome["kind"][],
    { repeated = false, random = (): number => 0.5, attemptMs = 0 } = {},
  ) => {
    const timer = createManualTimer(random);
    const remaining = [...outcomes];
    const counts = { commits: 0, preparations: 0, reads: 0 };
    const context: TransactionContext = {
      ...createTransactionContext({
        ...objects.store,
        read: (request) => {
          counts.reads++;
          return objects.store.read(request);
        },
        commit: async (commit, prepared) => {
          counts.commits++;
          timer.advance(attemptMs);
          const kind = repeated ? remaining[0] : remaining.shift();
          if (kind === "moved") return { kind, clocks: new Map() };
          return kind === undefined || kind === "done" ? objects.store.commit(commit, prepared) : { kind };
        },
        prepareIndex: async (_, prepared) => {
          counts.preparations++;
          return prepared ?? { id: "p", items: new Set<string>() };
        },
      }),
      timer,
    };
    return { context, timer, counts };
  };

  /** Puts a record of the list. */
  const putRecord = (context: TransactionContext, id: string, decide: () => unknown = () => undefined) => {
    const ref = objects.refOf(`${LIST}/${id}`);
    return transact(context, { ...readsForWrite(ref), writes: [ref.list] }, async ({ view }) => {
      await decide();
      view.put(ref, { data: {}, acl: {}, changedBy: "test" });
    });
  };
  return { ...objects, contextWith, putRecord };
};
