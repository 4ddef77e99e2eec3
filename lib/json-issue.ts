/** Levels of lists and objects in each other; what leads back to itself has more. */
const DEEPEST = 100;

/** Where a value that should be JSON is none, and what stands there; `undefined` where it is JSON. @param path what the value itself is called */
export const jsonFlaw = (value: unknown, path: string, depth = 0): string | undefined => {
  if (
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  )
    return undefined;
  if (depth === DEEPEST) return `${path} is deeper than ${DEEPEST} levels`;
  if (Array.isArray(value))
    return first(
      Array.from(value, (entry, place) => [`${path}[${place}]`, entry]),
      depth,
    );
  if (isPlain(value))
    return first(
      Object.entries(value).map(([key, entry]) => [`${path}.${key}`, entry]),
      depth,
    );
  return `${path} is ${nameOf(value)}, which is no JSON`;
};

const first = (entries: readonly (readonly [path: string, value: unknown])[], depth: number): string | undefined => {
  for (const [path, value] of entries) {
    const flaw = jsonFlaw(value, path, depth + 1);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
};

const isPlain = (value: unknown): value is object => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const nameOf = (value: unknown): string =>
  typeof value === "object"
    ? `a ${value?.constructor?.name ?? "strange object"}`
    : typeof value === "number"
      ? String(value)
      : typeof value;
