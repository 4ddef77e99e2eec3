import { Failure } from "../core/errors.ts";
import type { Store } from "../core/ports/store.ts";

/**
 * A store whose objects stay as they are, whoever would change them: what runs in workers and commands is bound as requests are. A list that is read
 * for the first time still gets its timestamp, and what is left of what was deleted is removed.
 */
export const createReadonlyStore = (store: Store): Store => ({
  ...store,
  commit: async (commit) => {
    if (commit.changes.length > 0) throw refused();
    return store.commit(commit);
  },
  flush: async () => {
    throw refused();
  },
});

const refused = (): Failure =>
  new Failure("METHOD_NOT_ALLOWED", {
    message: "The store is only read: its setting 'readonly' is on.",
    headers: { Allow: "" },
  });
