import { createInterface } from "node:readline";
import { UserError } from "../config/problem.ts";

/** Somebody at a terminal. */
export interface Terminal {
  /** Puts a question; an empty answer is what stands for it. Whoever ends the input instead ends the command. */
  ask(question: string, otherwise: string): Promise<string>;
  tell(line: string): void;
  close(): void;
}

/** Answers may be typed ahead. */
export const openTerminal = (input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Terminal => {
  const terminal = createInterface({ input, output });
  const lines = terminal[Symbol.asyncIterator]();
  return {
    ask: async (question, otherwise) => {
      const [last = "", ...before] = question.split("\n").toReversed();
      for (const line of before.toReversed()) output.write(`${line}\n`);
      terminal.setPrompt(`${last}${otherwise === "" ? "" : ` [${otherwise}]`}: `);
      terminal.prompt();
      const { value, done } = await lines.next();
      if (done) throw new UserError(["", "Nothing was written."]);
      return value;
    },
    tell: (line) => output.write(`${line}\n`),
    close: () => terminal.close(),
  };
};
