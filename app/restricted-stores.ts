import type { Operations, Send } from "../adapters/store/dynamodb/operations.ts";
import { Failure } from "../core/errors.ts";
import type { Store } from "../core/ports/store.ts";

/** Something that would have been done. */
export interface SideEffect {
  /** What it would have been done with: a need's kind. */
  readonly kind: string;
  /** In a few words. */
  readonly description: string;
}

/** Told of what would be done, where nothing is done. */
export type SideEffectHandler = (effect: SideEffect) => void;

const READ_OPERATIONS: ReadonlySet<keyof Operations> = new Set(["BatchGetItem", "GetItem", "Query"]);

/** A way to the table by which nothing is written, not even what nobody tells of, such as a secret that is needed for the first time: it is answered as if it had been. */
export const createReadOnlySend =
  (send: Send): Send =>
  async (operation, input) =>
    READ_OPERATIONS.has(operation) ? send(operation, input) : {};

/** A store that is read as it is, and in which nothing is changed: what would be is told. What was not written is not read back. */
export const createDryRunStore = (store: Store, effects: SideEffectHandler): Store => ({
  ...store,
  commit: async ({ changes }) => {
    for (const { ref, before, after } of changes) {
      const lives = before !== undefined && !before.deleted && before.parentGeneration === after.parentGeneration;
      effects({
        kind: "data",
        description:
          `${after.deleted ? "delete" : lives ? "update" : "create"} ${ref.uri} ${after.deleted ? "" : after.json}`.trim(),
      });
    }
    return { kind: "done" };
  },
  purge: async ({ uri }) => {
    effects({ kind: "data", description: `remove what is left in ${uri}` });
    return true;
  },
  flush: async () => {
    effects({ kind: "flush", description: "remove everything that is stored" });
    return true;
  },
  consumeToken: async () => true,
  claim: async () => ({ kind: "taken", tries: 1 }),
  settle: async () => undefined,
  release: async () => undefined,
});

/**
 * A store whose objects stay as they are, whoever would change them: what runs in workers and commands is bound as requests are. A list that is read
 * for the first time still gets its timestamp, and what is left of what was deleted is removed.
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
    message: "The store is only read: its setting 'readonly' is on.",
    headers: { Allow: "" },
  });
