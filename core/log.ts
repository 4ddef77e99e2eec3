/** One line of JSON per entry, as CloudWatch reads it. Never give it a secret, a header or a body. */
export interface Log {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  error(message: string, facts?: Readonly<Record<string, unknown>> & { readonly error?: unknown }): void;
  /** The same log, with facts in each of its entries. */
  with(facts: Readonly<Record<string, unknown>>): Log;
}

export const jsonLog = (write: (line: string) => void, always: Readonly<Record<string, unknown>> = {}): Log => {
  const entry =
    (level: string) =>
    (message: string, facts: Readonly<Record<string, unknown>> = {}) =>
      write(
        JSON.stringify({ level, time: new Date().toISOString(), message, ...always, ...facts, ...(facts.error !== undefined && { error: told(facts.error) }) }),
      );
  return { info: entry("INFO"), warn: entry("WARN"), error: entry("ERROR"), with: (facts) => jsonLog(write, { ...always, ...facts }) };
};

const told = (error: unknown) => (error instanceof Error ? { name: error.name, message: error.message, stack: error.stack } : String(error));
