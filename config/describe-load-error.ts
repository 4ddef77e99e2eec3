import { relative } from "node:path";

/** Why a module cannot be loaded, in one line; a syntax error with its file and line. */
export const describeLoadError = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const reason = error.message.split("\n").slice(0, 3).join(" ");
  // Node writes the place of a syntax error in front of the stack, as a path or a URL.
  const [, file, line] = /^(?:file:\/\/)?(\/.+):(\d+)\n/.exec(error.stack ?? "") ?? [];
  return file === undefined ? reason : `${relative(process.cwd(), file)}:${line}: ${reason}`;
};
