/** A part of an object that is not the same in two versions. */
export interface Difference {
  /** Names and positions from the root: `author.name`, `tags[1]`. */
  readonly path: string;
  /** Undefined if the part does not exist. */
  readonly before: unknown;
  readonly after: unknown;
}

/** More differences are not listed. */
export const MAX_DIFFERENCES = 200;
/** Deeper parts are compared as a whole. */
const MAX_DEPTH = 20;
/** Set by the store with each write. */
const IGNORED_FIELDS = new Set(["last_modified", "schema"]);

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const print = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));

/** Lists what is different in two versions of an object, at most {@link MAX_DIFFERENCES}. */
export const findDifferences = (before: unknown, after: unknown): readonly Difference[] => {
  const found: Difference[] = [];
  const compare = (path: string, one: unknown, other: unknown, depth: number): void => {
    if (found.length >= MAX_DIFFERENCES) return;
    if (depth < MAX_DEPTH && isObject(one) && isObject(other)) {
      for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
        if (depth === 0 && IGNORED_FIELDS.has(name)) continue;
        const part = (fields: Fields): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);
        compare(path === "" ? name : `${path}.${name}`, part(one), part(other), depth + 1);
      }
    } else if (depth < MAX_DEPTH && Array.isArray(one) && Array.isArray(other)) {
      const length = Math.max(one.length, other.length);
      for (let index = 0; index < length && found.length < MAX_DIFFERENCES; index++)
        compare(`${path}[${index}]`, one[index], other[index], depth + 1);
    } else if (print(one) !== print(other)) found.push({ path, before: one, after: other });
  };
  compare("", before, after, 0);
  return found;
};
