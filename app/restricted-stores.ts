import type { Operations, Send } from "../adapters/store/dynamodb/operations.ts";
import { Failure } from "../core/errors.ts";
import type { Store } from "../core/ports/store.ts";

/** An effect that a dry run left out. */
export interface SideEffect {
  /** The kind of the need that would have caused it. */
  readonly kind: string;
  /** A short description. */
  readonly description: string;
}

/** Receives the effects that a dry run leaves out. */
export type SideEffectHandler = (effect: SideEffect) => void;

const READ_OPERATIONS: ReadonlySet<keyof Operations> = new Set(["BatchGetItem", "GetItem", "Query"]);

/** Passes reads to the table and drops writes, also those without a side effect, such as creating a secret. */
export const createReadOnlySend =
  (send: Send): Send =>
  async (operation, input) =>
    READ_OPERATIONS.has(operation) ? send(operation, input) : {};

/** A store that reports changes instead of making them. Reported changes are not read back. */
export const createDryRunStore = (store: Store, effects: SideEffectHandler): Store => ({
  ...store,
  commit: async ({ changes, outbox }) => {
    for (const { ref, before, after } of changes) {
      const exists = before !== undefined && !before.deleted && before.parentGeneration === after.parentGeneration;
      effects({
        kind: "data",
        description:
          `${after.deleted ? "delete" : exists ? "update" : "create"} ${ref.uri} ${after.deleted ? "" : after.json}`.trim(),
      });
    }
    for (const entry of outbox)
      if ("job" in entry)
        effects({ kind: "action", description: `${entry.job.name} on ${entry.job.uri ?? "the server"}` });
      else effects({ kind: "queue", description: `to ${entry.message.queue}: ${entry.message.body.slice(0, 200)}` });
    return { kind: "done" };
  },
  purge: async ({ uri }) => {
    effects({ kind: "data", description: `purge ${uri}` });
    return true;
  },
  flush: async () => {
    effects({ kind: "flush", description: "delete everything" });
    return true;
  },
  consumeToken: async () => true,
  claim: async () => ({ kind: "taken", tries: 1 }),
  settle: async () => undefined,
  release: async () => undefined,
});

/**
 * A store that refuses changes of objects, also by workers and commands. Lists that are read for the first time still
 * get a timestamp, and deleted objects are still purged.
 */
export const createReadonlyStore = (store: Store): Store => ({
  ...store,
  commit: async (commit) => {
    if (commit.changes.length > 0) throw readonlyFailure();
    return store.commit(commit);
  },
  flush: async () => {
    throw readonlyFailure();
  },
});

const readonlyFailure = (): Failure =>
  new Failure("METHOD_NOT_ALLOWED", {
    message: "The store is read-only: its setting 'readonly' is on.",
    headers: { Allow: "" },
  });
