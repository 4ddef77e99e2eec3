/** What was thrown, as an error: itself if it is one that can be read, else one with its words. Anything may be thrown, and reading it may throw again. */
export const toError = (thrown: unknown): Error => {
  try {
    if (typeof thrown !== "object" || thrown === null) return inWords(String(thrown));
    const { message } = thrown as { message?: unknown };
    if (thrown instanceof Error && typeof message === "string") return thrown;
    return inWords(typeof message === "string" ? message : Object.prototype.toString.call(thrown));
  } catch {
    return inWords("What was thrown can't be read");
  }
};

/** An error that tells of no place: it would be this one. */
const inWords = (message: string): Error => {
  const error = new Error(message);
  delete error.stack;
  return error;
};
