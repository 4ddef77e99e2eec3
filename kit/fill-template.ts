import { truncateText } from "../lib/util/truncate-text.ts";

/** Limits in characters. A template can contain the largest value any number of times. */
const MAX_VALUE_CHARS = 10_000;
const MAX_TOTAL_CHARS = 400_000;

/**
 * Replaces `{dotted.path}` and `{settings[name]}` by values. Missing values become empty. Values are not expanded
 * again. Placeholders after 400,000 characters of values become empty.
 * @param convert converts a value's text for the target format
 * @example
 * fillTemplate("Hello {user.name}", { user: { name: "Ada" } }); // "Hello Ada"
 */
export const fillTemplate = (
  template: string,
  values: object,
  convert: (text: string) => string = (text) => text,
): string => {
  let left = MAX_TOTAL_CHARS;
  return template.replace(/\{([\w.[\]-]{1,200})\}/g, (_, path: string) => {
    if (left <= 0) return "";
    const text = convert(formatValue(findValue(values, path)));
    left -= text.length;
    return text;
  });
};

const findValue = (values: object, path: string): unknown =>
  path
    .replace(/\[([^[\]]*)\]/g, ".$1")
    .split(".")
    .reduce<unknown>(
      (at, key) =>
        typeof at === "object" && at !== null && Object.hasOwn(at, key) ? at[key as keyof typeof at] : undefined,
      values,
    );

const formatValue = (value: unknown): string => {
  if (value === undefined || value === null) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return truncateText(text, MAX_VALUE_CHARS, "…");
};
