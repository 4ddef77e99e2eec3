/** Maximum nesting of arrays and objects in JSON that is stored. */
export const MAX_NESTING = 100;

/** Whether a JSON value has more than `max` levels of arrays and objects. Needs no recursion. */
export const isNestedDeeper = (value: unknown, max: number = MAX_NESTING): boolean => {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= max; depth++) {
    const containers = level.filter((one): one is object => typeof one === "object" && one !== null);
    if (containers.length === 0) return false;
    level = containers.flatMap((one): readonly unknown[] => Object.values(one));
  }
  return true;
};
