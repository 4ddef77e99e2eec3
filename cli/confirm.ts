import { UserError } from "../config/user-error.ts";
import { openTerminal } from "./terminal.ts";

/**
 * Asks a question on the terminal. Throws a {@link UserError} unless the answer is yes, or without a terminal.
 *
 * @param refusal message after an answer other than yes
 * @param dryRun the option that shows what would happen, if there is one
 */
export const confirm = async (
  question: string,
  { refusal, dryRun }: { readonly refusal: string; readonly dryRun?: string },
): Promise<void> => {
  if (!process.stdin.isTTY)
    throw new UserError([
      `${question} Confirm with --yes${dryRun === undefined ? "" : `, or see what would happen with ${dryRun}`}.`,
    ]);
  const terminal = openTerminal(process.stdin, process.stderr);
  try {
    if (!/^y(es)?$/i.test(await terminal.ask(question, "no"))) throw new UserError([refusal]);
  } finally {
    terminal.close();
  }
};
