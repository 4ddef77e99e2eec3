import type { Log } from "../core/ports/log.ts";

/**
 * Logs unhandled rejections, such as those of promises that a plugin does not await. Node and the Lambda runtime
 * would end the process, and with it all other work.
 */
export const logUnhandledRejections = (log: Log): void => {
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => log.error("A rejected promise was not handled", { error }));
};
