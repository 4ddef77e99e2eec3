/** Returns the next id of a kind. */
export type NextId = (kind: string, generate: () => string) => string;

/**
 * Creates functions that return generated ids, one for each attempt of a transaction. All attempts get the same ids, so
 * that index items that were written for one attempt fit the next one.
 */
export const createIdGenerators = (): (() => NextId) => {
  const generated = new Map<string, string>();
  return () => {
    const counts = new Map<string, number>();
    return (kind, generate) => {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      const key = `${kind} ${count}`;
      const id = generated.get(key) ?? generate();
      generated.set(key, id);
      return id;
    };
  };
};
