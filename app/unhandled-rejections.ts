import type { Log } from "../core/ports/log.ts";

/**
 * Logs what becomes of promises that nobody waits for, such as one that a plugin forgot. Node, and Lambda's runtime by a handler of its own,
 * would end the process, and with it whatever else is under way.
 */
export const logUnhandledRejections = (log: Log): void => {
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => log.error("A promise was rejected that nobody waited for", { error }));
};
