/** Characters of one value that are shown, and of all of them: whoever writes a template may name the largest value as often as it likes. */
const LONGEST = { value: 10_000, all: 400_000 };

/**
 * Fills `{dotted.path}`, and `{settings[name]}` as Python spells it, with what values have there; what they have not becomes empty. Each is looked up
 * once: a value is never taken for a template. What comes after a great deal of values is left out.
 * @param show makes a value's text fit for where it is put
 */
export const fillTemplate = (
  template: string,
  values: object,
  show: (text: string) => string = (text) => text,
): string => {
  let left = LONGEST.all;
  return template.replace(/\{([\w.[\]-]{1,200})\}/g, (_, path: string) => {
    if (left <= 0) return "";
    const text = show(told(lookedUp(values, path)));
    left -= text.length;
    return text;
  });
};

const lookedUp = (values: object, path: string): unknown =>
  path
    .replace(/\[([^[\]]*)\]/g, ".$1")
    .split(".")
    .reduce<unknown>(
      (at, key) =>
        typeof at === "object" && at !== null && Object.hasOwn(at, key) ? at[key as keyof typeof at] : undefined,
      values,
    );

const told = (value: unknown): string => {
  if (value === undefined || value === null) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > LONGEST.value ? `${text.slice(0, LONGEST.value)}…` : text;
};
