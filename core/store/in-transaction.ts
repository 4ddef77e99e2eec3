import type { Session } from "./session.ts";
import type { Plan } from "./transact.ts";

/** Has something decided in a transaction: in one of its own, or in one that is under way. */
export type InTransaction = <T>(plan: Plan, decide: (session: Session) => Promise<T>) => Promise<T>;
