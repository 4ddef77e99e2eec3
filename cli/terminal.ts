import { createInterface } from "node:readline";
import { UserError } from "../config/user-error.ts";

/** Asks questions on a terminal. */
export interface Terminal {
  /** Asks a question. An empty answer means the default. Rejects with a {@link UserError} when the input ends. */
  ask(question: string, defaultAnswer: string): Promise<string>;
  print(line: string): void;
  close(): void;
}

/** Opens a terminal. Answers may be typed ahead. */
export const openTerminal = (input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Terminal => {
  const terminal = createInterface({ input, output });
  const lines = terminal[Symbol.asyncIterator]();
  return {
    ask: async (question, defaultAnswer) => {
      const [last = "", ...before] = question.split("\n").toReversed();
      for (const line of before.toReversed()) output.write(`${line}\n`);
      terminal.setPrompt(`${last}${defaultAnswer === "" ? "" : ` [${defaultAnswer}]`}: `);
      terminal.prompt();
      const { value, done } = await lines.next();
      if (done) throw new UserError(["", "Nothing was written."]);
      return value;
    },
    print: (line) => output.write(`${line}\n`),
    close: () => terminal.close(),
  };
};
