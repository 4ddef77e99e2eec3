import type { Session } from "../../core/store/session.ts";
import type { RunInTransaction } from "../../core/store/transact.ts";

/** A hook's access to the session of its request. */
interface JoinedTransaction {
  readonly join: RunInTransaction;
  /** Resolves when all calls so far have ended, also those that the hook did not await. */
  readonly settled: () => Promise<unknown>;
  /** Refuses further calls and waits for the running one, so that it cannot change the session later. */
  readonly end: () => Promise<unknown>;
}

/**
 * Runs calls in a session, one after the other. The changes of a call that fails are rolled back.
 *
 * @param label of the hook
 */
export const joinTransaction = (
  session: Session,
  label: string,
  { readonly = false }: { readonly readonly?: boolean } = {},
): JoinedTransaction => {
  let ended = false;
  let lastCall: Promise<unknown> = Promise.resolve();
  return {
    join: (plan, decide) => {
      const call = lastCall.then(async () => {
        if (ended) throw new Error(`${label} used its data after it had ended`);
        if (readonly && plan.writes.length > 0)
          throw new Error(`${label} changes ${plan.writes.map(({ uri }) => uri).join(", ")}, but may only read`);
        const rollback = session.view.savepoint();
        try {
          return await decide(session);
        } catch (error) {
          rollback();
          throw error;
        }
      });
      lastCall = call.catch(() => undefined);
      return call;
    },
    settled: () => lastCall,
    end: () => {
      ended = true;
      return lastCall;
    },
  };
};
