/** The conditions of a statement: values by key, by operator. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** What conditions are compared with: values by key. */
export type CallContext = Readonly<Record<string, readonly string[]>>;

/** Keys that the rehearsal gives to calls. A condition on another one is an error, since it would never hold. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  "aws:SecureTransport",
  "aws:SourceAccount",
  "aws:SourceArn",
  "dynamodb:EnclosingOperation",
  "dynamodb:LeadingKeys",
  "s3:prefix",
  "ses:FromAddress",
]);

const COMPARE: Readonly<Record<string, (expected: string, value: string) => boolean>> = {
  StringEquals: (expected, value) => expected === value,
  StringLike: (expected, value) => isLike(expected, value),
  ArnEquals: (expected, value) => isLike(expected, value),
  ArnLike: (expected, value) => isLike(expected, value),
  Bool: (expected, value) => expected.toLowerCase() === value,
};

/**
 * Whether all conditions hold. Throws for operators and keys that the rehearsal does not know.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export const holdConditions = (conditions: Conditions, context: CallContext): boolean =>
  Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => {
      const [, set, name = ""] = /^(?:(ForAllValues|ForAnyValue):)?(.*)$/.exec(operator) ?? [];
      const compare = Object.hasOwn(COMPARE, name) ? COMPARE[name] : undefined;
      if (compare === undefined) throw new TypeError(`The rehearsal does not know the condition operator ${operator}`);
      if (!KNOWN_KEYS.has(key)) throw new TypeError(`The rehearsal does not know the condition key ${key}`);
      const values = context[key] ?? [];
      const matches = (value: string) => expected.some((one) => compare(one, value));
      // Without values, ForAllValues holds and the others do not.
      return set === "ForAllValues" ? values.every(matches) : values.some(matches);
    }),
  );

/** Whether a text matches a pattern with `*` for any characters and `?` for one. */
export const isLike = (pattern: string, text: string): boolean => {
  // Backtracks to the last star only, so that the time is at most the product of both lengths.
  let [at, to, star, resume] = [0, 0, -1, 0];
  while (to < text.length) {
    if (pattern[at] === "*") [star, resume, at] = [at, to, at + 1];
    else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[to])) [at, to] = [at + 1, to + 1];
    else if (star !== -1) [at, resume, to] = [star + 1, resume + 1, resume + 1];
    else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
};
