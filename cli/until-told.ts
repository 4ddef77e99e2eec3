import { plain } from "./plain.ts";

/** How long a command may take to end once it is told to, in ms: less than the 10 s that containers are given, more than a worker takes. */
const PATIENCE = 9000;

/** Runs a command that goes on until it is told to end, as {@link untilDone} does; to be told so by SIGTERM is its end, and no failure. */
export const untilTold = (run: (signal: AbortSignal) => Promise<void>): Promise<never> => ending(run, 0);

/**
 * Runs a command to its end, and then ends the process: with 0; as shells tell it where a signal cut it off, 130 for Ctrl-C. Whoever says it twice does
 * not wait. Whatever goes wrong is told in lines, without a stack.
 */
export const untilDone = (run: (signal: AbortSignal) => Promise<void>): Promise<never> => ending(run, 143);

const ending = async (run: (signal: AbortSignal) => Promise<void>, terminated: number): Promise<never> => {
  const stopping = new AbortController();
  // Also what waits for nothing but to be told is awaited.
  setInterval(() => undefined, PATIENCE);
  let code = 0;
  for (const [signal, ends] of Object.entries({ SIGINT: 130, SIGTERM: terminated, SIGHUP: 129 })) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130);
      code = ends;
      stopping.abort(new Error("It was told to stop"));
      setTimeout(() => process.exit(ends), PATIENCE).unref();
    });
  }
  // Whoever reads what is printed may have seen enough: `kintoun events tail | head`.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stopping.abort());
  try {
    await run(stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw plain(error);
  }
  process.exit(code);
};
