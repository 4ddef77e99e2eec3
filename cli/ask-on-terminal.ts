import { createInterface } from "node:readline/promises";
import { Problem } from "../app/problem.ts";

/** Asks somebody at a terminal; whoever ends the input instead of answering ends the command. */
export const askOnTerminal = (input: NodeJS.ReadableStream, output: NodeJS.WritableStream) => {
  const terminal = createInterface({ input, output });
  const ended = new AbortController();
  terminal.once("close", () => ended.abort());
  return {
    ask: async (question: string, otherwise: string): Promise<string> => {
      try {
        return await terminal.question(`${question}${otherwise === "" ? "" : ` [${otherwise}]`}: `, { signal: ended.signal });
      } catch (error) {
        if (ended.signal.aborted) throw new Problem(["", "Nothing was written."]);
        throw error;
      }
    },
    close: () => terminal.close(),
  };
};
