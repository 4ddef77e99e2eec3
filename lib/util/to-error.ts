/** Converts any thrown value to an Error. Reading the value may throw, so nothing is assumed about it. */
export const toError = (thrown: unknown): Error => {
  try {
    if (typeof thrown !== "object" || thrown === null) return errorWithoutStack(String(thrown));
    const { message } = thrown as { message?: unknown };
    if (thrown instanceof Error && typeof message === "string") return thrown;
    return errorWithoutStack(typeof message === "string" ? message : Object.prototype.toString.call(thrown));
  } catch {
    return errorWithoutStack("The thrown value cannot be read");
  }
};

/** The stack would point here and not at the place that threw. */
const errorWithoutStack = (message: string): Error => {
  const error = new Error(message);
  delete error.stack;
  return error;
};
