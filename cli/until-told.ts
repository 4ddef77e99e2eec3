import { Problem } from "../app/problem.ts";

/** What ends a process of its own accord, and the code that it ends with when it was told to. */
const SIGNALS = { SIGINT: 130, SIGTERM: 0, SIGHUP: 130 } as const;

/**
 * Runs a command until it has ended or is told to, and then ends the process: with 0; with 130 where Ctrl-C cut it off. Whoever says it twice does not wait.
 * Whatever goes wrong is told in lines, without a stack.
 */
export const untilTold = async (run: (signal: AbortSignal) => Promise<void>): Promise<never> => {
  const stopping = new AbortController();
  let code = 0;
  for (const [signal, ends] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130);
      code = ends;
      stopping.abort();
    });
  }
  // Whoever reads what is printed may have seen enough: `kintoun events tail | head`.
  process.stdout.on("error", () => stopping.abort());
  try {
    await run(stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw plain(error);
  }
  process.exit(code);
};

/** As an operator is to read it. */
export const plain = (error: unknown): Problem => {
  if (error instanceof Problem) return error;
  if (error instanceof AggregateError && error.errors.length > 0) return plain(error.errors[0]);
  if (!(error instanceof Error)) return new Problem([String(error)]);
  // What a request is not to be told stands in the cause, and operators are.
  if (error.cause instanceof Error) return plain(error.cause);
  if (error.name === "CredentialsProviderError") return new Problem([`AWS's credentials are missing: ${error.message}`]);
  return new Problem([`${error.name === "Error" ? "" : `${error.name}: `}${error.message || "nothing more is known"}`]);
};
