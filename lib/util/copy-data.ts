/**
 * Copies data deeply: objects, lists, dates, maps and what else `structuredClone` copies. Functions and instances of
 * other classes, such as signals, are kept as they are.
 */
export const copyData = <T>(value: T, copies: Map<unknown, unknown> = new Map()): T => {
  if (typeof value !== "object" || value === null) return value;
  const existing = copies.get(value);
  if (existing !== undefined) return existing as T;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const item of value) list.push(copyData(item, copies));
    return list as T;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const object: Record<string, unknown> = {};
    copies.set(value, object);
    for (const [key, item] of Object.entries(value))
      Object.defineProperty(object, key, {
        value: copyData(item, copies),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    return object as T;
  }
  return copyInstance(value);
};

/** The classes of data whose instances `structuredClone` copies with their class. */
const DATA_CLASSES = [Date, RegExp, Map, Set, ArrayBuffer, Error];

const copyInstance = <T extends object>(value: T): T => {
  if (!ArrayBuffer.isView(value) && !DATA_CLASSES.some((dataClass) => value instanceof dataClass)) return value;
  try {
    return structuredClone(value);
  } catch {
    // It holds something that cannot be copied.
    return value;
  }
};
