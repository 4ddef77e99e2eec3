import { Failure } from "../../core/errors.ts";

/**
 * Runs plugin code with a time limit. After the limit it rejects with a 503, and the code's result is ignored.
 *
 * @param what A label for the log.
 */
export const withTimeLimit = async <T>(
  what: string,
  seconds: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const limit = Number(seconds.toFixed(2));
      const error = new Failure("BACKEND", { cause: new Error(`${what} took longer than ${limit} s`) });
      controller.abort(error);
      reject(error);
    }, seconds * 1000);
  });
  try {
    return await Promise.race([run(controller.signal), timeout]);
  } finally {
    clearTimeout(timer);
  }
};
