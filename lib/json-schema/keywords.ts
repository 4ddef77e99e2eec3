import { isObject, type Json, type JsonObject } from "../json.ts";
import { pythonRepr, pythonStr } from "../python-repr.ts";
import { canonical, isEqual } from "./equality.ts";
import { SchemaError } from "./errors.ts";
import type { Checked, Violation } from "./evaluation.ts";
import { evaluatedItems, evaluatedProperties } from "./unevaluated.ts";

/** Checks one keyword. A value that the keyword cannot have is a {@link SchemaError}, where the metaschema has not refused it before. */
export type Keyword = (checked: Checked) => Violation | undefined;

/** A keyword about values of one type; for others it holds. */
const about =
  <Instance extends Json>(
    isOf: (instance: Json) => instance is Instance,
    check: (instance: Instance, checked: Checked) => Violation | undefined,
  ): Keyword =>
  (checked) =>
    isOf(checked.instance) ? check(checked.instance, checked) : undefined;

const isArray = (value: Json): value is Json[] => Array.isArray(value);
const isNumber = (value: Json): value is number => typeof value === "number";
const isString = (value: Json): value is string => typeof value === "string";

const violation = (message: () => string): Violation => ({ message });

const malformed = (value: Json): SchemaError => new SchemaError(`${pythonRepr(value)} is no value for this keyword`);
const numberOf = (value: Json): number => {
  if (typeof value !== "number") throw malformed(value);
  return value;
};
const listOf = (value: Json): Json[] => {
  if (!Array.isArray(value)) throw malformed(value);
  return value;
};
const objectOf = (value: Json): JsonObject => {
  if (!isObject(value)) throw malformed(value);
  return value;
};
const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** The first violation among what `check` finds for each of the elements. */
const first = <Each>(all: Iterable<Each>, check: (each: Each) => Violation | undefined): Violation | undefined => {
  for (const each of all) {
    const found = check(each);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** `'a', 'b' were`, as messages list what is too much. */
const extras = (all: readonly Json[]): string =>
  `${all.slice(0, 100).map(pythonRepr).join(", ")}${all.length > 100 ? "…" : ""} ${all.length === 1 ? "was" : "were"}`;

// What the value is.

const TYPES: Readonly<Record<string, (instance: Json) => boolean>> = {
  array: isArray,
  boolean: (instance) => typeof instance === "boolean",
  integer: (instance) => Number.isInteger(instance),
  null: (instance) => instance === null,
  number: isNumber,
  object: isObject,
  string: isString,
};

export const type: Keyword = ({ run, value, instance }) => {
  const types = typeof value === "string" ? [value] : listOf(value);
  if (types.length > 1) run.spend(types.length);
  const isOne = types.some((each) => {
    if (typeof each !== "string" || !Object.hasOwn(TYPES, each)) throw malformed(each);
    return TYPES[each]?.(instance);
  });
  return isOne
    ? undefined
    : violation(() => `${pythonRepr(instance)} is not of type ${types.map(pythonRepr).join(", ")}`);
};

export const enumeration: Keyword = ({ run, value, instance }) =>
  listOf(value).some((each) => isEqual(each, instance, run.spend))
    ? undefined
    : violation(() => `${pythonRepr(instance)} is not one of ${pythonRepr(value)}`);

export const constant: Keyword = ({ run, value, instance }) =>
  isEqual(instance, value, run.spend) ? undefined : violation(() => `${pythonRepr(value)} was expected`);

export const format: Keyword = ({ run, value, instance }) => {
  const flaw = run.formatFlaw(value, instance);
  return flaw === undefined ? undefined : violation(() => flaw);
};

// Numbers.

const compared = (fails: (instance: number, limit: number) => boolean, words: string): Keyword =>
  about(isNumber, (instance, { value }) =>
    fails(instance, numberOf(value))
      ? violation(() => `${pythonRepr(instance)} is ${words} of ${pythonRepr(value)}`)
      : undefined,
  );

export const minimum = compared((instance, limit) => instance < limit, "less than the minimum");
export const maximum = compared((instance, limit) => instance > limit, "greater than the maximum");
export const exclusiveMinimum = compared((instance, limit) => instance <= limit, "less than or equal to the minimum");
export const exclusiveMaximum = compared(
  (instance, limit) => instance >= limit,
  "greater than or equal to the maximum",
);
/** In draft 4 `exclusive…` says how `minimum` and `maximum` are meant. */
export const draft4Minimum: Keyword = (checked) =>
  (own(checked.schema, "exclusiveMinimum") ? exclusiveMinimum : minimum)(checked);
export const draft4Maximum: Keyword = (checked) =>
  (own(checked.schema, "exclusiveMaximum") ? exclusiveMaximum : maximum)(checked);

export const multipleOf: Keyword = about(isNumber, (instance, { value }) => {
  const factor = numberOf(value);
  if (factor === 0) throw malformed(value);
  const quotient = instance / factor;
  // The quotient forgives what decimals lose (0.3 is no multiple of 0.1 otherwise); where it overflows, the remainder is exact.
  const isMultiple =
    Number.isInteger(factor) || !Number.isFinite(quotient) ? instance % factor === 0 : Number.isInteger(quotient);
  return isMultiple ? undefined : violation(() => `${pythonRepr(instance)} is not a multiple of ${pythonStr(value)}`);
});

// Strings.

/** Characters, where JavaScript counts UTF-16 units. */
const lengthOf = (text: string, { run }: Checked): number => {
  run.spend(text.length >> 5);
  let pairs = 0;
  for (let at = 0; at < text.length - 1; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) pairs++;
  }
  return text.length - pairs;
};

const atLeast = <Instance extends Json>(
  isOf: (instance: Json) => instance is Instance,
  size: (of: Instance, checked: Checked) => number,
  words: string,
) =>
  about(isOf, (instance, checked) => {
    const least = numberOf(checked.value);
    if (size(instance, checked) >= least) return undefined;
    return violation(() => `${pythonRepr(instance)} ${least === 1 ? "should be non-empty" : words}`);
  });
const atMost = <Instance extends Json>(
  isOf: (instance: Json) => instance is Instance,
  size: (of: Instance, checked: Checked) => number,
  words: string,
) =>
  about(isOf, (instance, checked) => {
    const most = numberOf(checked.value);
    if (size(instance, checked) <= most) return undefined;
    return violation(() => `${pythonRepr(instance)} ${most === 0 ? "is expected to be empty" : words}`);
  });

export const minLength = atLeast(isString, lengthOf, "is too short");
export const maxLength = atMost(isString, lengthOf, "is too long");

export const pattern: Keyword = about(isString, (instance, { run, value }) =>
  run.occurs(value, instance)
    ? undefined
    : violation(() => `${pythonRepr(instance)} does not match ${pythonRepr(value)}`),
);

// Arrays.

const count = (of: readonly Json[]): number => of.length;
export const minItems = atLeast(isArray, count, "is too short");
export const maxItems = atMost(isArray, count, "is too long");

export const uniqueItems: Keyword = about(isArray, (instance, { run, value }) => {
  if (value === false) return undefined;
  const seen = new Set(instance.map((each) => canonical(each, run.spend)));
  return seen.size === instance.length ? undefined : violation(() => `${pythonRepr(instance)} has non-unique elements`);
});

/** Items from a place on against one schema. */
const each = ({ run, at }: Checked, instance: readonly Json[], schema: Json, from = 0): Violation | undefined => {
  for (let place = from; place < instance.length; place++) {
    const found = run.descend(instance[place] as Json, schema, at, place);
    if (found !== undefined) return found;
  }
  return undefined;
};
/** Items against the schemas at the same places. */
const inPlace = ({ run, at }: Checked, instance: readonly Json[], schemas: readonly Json[]): Violation | undefined =>
  first(instance.slice(0, schemas.length).entries(), ([place, item]) =>
    run.descend(item, schemas[place] as Json, at, place),
  );

export const prefixItems: Keyword = about(isArray, (instance, checked) =>
  inPlace(checked, instance, listOf(checked.value)),
);

export const items: Keyword = about(isArray, (instance, checked) => {
  const { value, schema } = checked;
  const prefix = listOf(own(schema, "prefixItems") ?? []).length;
  const extra = instance.length - prefix;
  if (extra <= 0) return undefined;
  if (value !== false) return each(checked, instance, value, prefix);
  const rest = extra === 1 ? (instance[prefix] as Json) : instance.slice(prefix);
  return violation(
    () => `Expected at most ${prefix} item${prefix === 1 ? "" : "s"} but found ${extra} extra: ${pythonRepr(rest)}`,
  );
});

/** `items` before 2020-12: one schema for all, or one for each place. */
export const itemsBeforePrefix: Keyword = about(isArray, (instance, checked) =>
  Array.isArray(checked.value) ? inPlace(checked, instance, checked.value) : each(checked, instance, checked.value),
);

export const additionalItems: Keyword = about(isArray, (instance, checked) => {
  const { value, schema } = checked;
  const listed = own(schema, "items");
  if (!Array.isArray(listed)) return undefined;
  if (value !== false) return each(checked, instance, value, listed.length);
  if (instance.length <= listed.length) return undefined;
  return violation(() => `Additional items are not allowed (${extras(instance.slice(listed.length))} unexpected)`);
});

export const draft6Contains: Keyword = about(isArray, (instance, { run, value, at }) =>
  instance.some((item) => run.isValid(item, value, at))
    ? undefined
    : violation(() => `None of ${pythonRepr(instance)} are valid under the given schema`),
);

/** `contains` with `minContains` and `maxContains`. */
export const contains: Keyword = about(isArray, (instance, { run, value, schema, at }) => {
  const least = numberOf(own(schema, "minContains") ?? 1);
  const most = numberOf(own(schema, "maxContains") ?? instance.length);
  let matches = 0;
  for (const item of instance) {
    if (run.isValid(item, value, at) && ++matches > most) {
      return { message: () => `Too many items match the given schema (expected at most ${most})`, value: most };
    }
  }
  if (matches >= least) return undefined;
  if (matches === 0) return violation(() => `${pythonRepr(instance)} does not contain items matching the given schema`);
  return {
    message: () => `Too few items match the given schema (expected at least ${least} but only ${matches} matched)`,
    value: least,
  };
});

export const unevaluatedItems: Keyword = about(isArray, (instance, { run, schema, at }) => {
  const evaluated = evaluatedItems(run, instance, schema, at);
  const rest = instance.filter((_, place) => !evaluated.has(place));
  return rest.length === 0
    ? undefined
    : violation(() => `Unevaluated items are not allowed (${extras(rest)} unexpected)`);
});

// Objects.

const size = (of: JsonObject): number => Object.keys(of).length;
export const minProperties = atLeast(isObject, size, "does not have enough properties");
export const maxProperties = atMost(isObject, size, "has too many properties");

const missing = (
  instance: JsonObject,
  names: Json,
  message: (name: Json) => string,
  { run }: Checked,
): Violation | undefined =>
  first(listOf(names), (name) => {
    run.spend(1);
    return typeof name === "string" && Object.hasOwn(instance, name) ? undefined : violation(() => message(name));
  });

export const required: Keyword = about(isObject, (instance, checked) =>
  missing(instance, checked.value, (name) => `${pythonRepr(name)} is a required property`, checked),
);

export const properties: Keyword = about(isObject, (instance, { run, value, at }) => {
  const schemas = objectOf(value);
  const names = Object.keys(schemas);
  run.spend(names.length >> 2);
  return first(names, (name) =>
    Object.hasOwn(instance, name) ? run.descend(instance[name] as Json, schemas[name] as Json, at, name) : undefined,
  );
});

export const patternProperties: Keyword = about(isObject, (instance, { run, value, at }) =>
  first(Object.entries(objectOf(value)), ([source, schema]) =>
    first(Object.keys(instance), (name) =>
      run.occurs(source, name) ? run.descend(instance[name] as Json, schema, at, name) : undefined,
    ),
  ),
);

export const additionalProperties: Keyword = about(isObject, (instance, { run, value, schema, at }) => {
  const named = objectOf(own(schema, "properties") ?? {});
  const patterns = Object.keys(objectOf(own(schema, "patternProperties") ?? {}));
  const additional = Object.keys(instance).filter((name) => {
    run.spend(1);
    return !Object.hasOwn(named, name) && !patterns.some((source) => run.occurs(source, name));
  });
  if (value !== false) return first(additional, (name) => run.descend(instance[name] as Json, value, at, name));
  if (additional.length === 0) return undefined;
  return violation(() => {
    const names = additional.sort();
    if (!Object.hasOwn(schema, "patternProperties"))
      return `Additional properties are not allowed (${extras(names)} unexpected)`;
    const verb = names.length === 1 ? "does" : "do";
    return `${names.map(pythonRepr).join(", ")} ${verb} not match any of the regexes: ${patterns.sort().map(pythonRepr).join(", ")}`;
  });
});

export const propertyNames: Keyword = about(isObject, (instance, { run, value, at }) =>
  first(Object.keys(instance), (name) => run.descend(name, value, at)),
);

const dependent = (instance: JsonObject, name: string, dependency: Json, checked: Checked): Violation | undefined =>
  missing(instance, dependency, (other) => `${pythonRepr(other)} is a dependency of ${pythonRepr(name)}`, checked);

/** Applies to each property of the keyword that the instance has, too. */
const whereThere = (
  check: (instance: JsonObject, name: string, dependency: Json, checked: Checked) => Violation | undefined,
): Keyword =>
  about(isObject, (instance, checked) =>
    first(Object.entries(objectOf(checked.value)), ([name, dependency]) => {
      checked.run.spend(1);
      return Object.hasOwn(instance, name) ? check(instance, name, dependency, checked) : undefined;
    }),
  );

export const dependentRequired = whereThere(dependent);
export const dependentSchemas = whereThere((instance, _, schema, { run, at }) => run.descend(instance, schema, at));
/** Both of them, before 2019-09. */
export const dependencies = whereThere((instance, name, dependency, checked) =>
  Array.isArray(dependency)
    ? dependent(instance, name, dependency, checked)
    : checked.run.descend(instance, dependency, checked.at),
);

export const unevaluatedProperties: Keyword = about(isObject, (instance, { run, value, schema, at }) => {
  const evaluated = evaluatedProperties(run, instance, schema, at);
  const rest = Object.keys(instance).filter(
    (name) => !evaluated.has(name) && !run.isValid(instance[name] as Json, value, at),
  );
  if (rest.length === 0) return undefined;
  return violation(() =>
    value === false
      ? `Unevaluated properties are not allowed (${extras(rest.sort())} unexpected)`
      : `Unevaluated properties are not valid under the given schema (${extras(rest)} unevaluated and invalid)`,
  );
});

// Other schemas.

export const allOf: Keyword = ({ run, value, instance, at }) =>
  first(listOf(value), (schema) => run.descend(instance, schema, at));

const validUnderNone = (instance: Json): Violation =>
  violation(() => `${pythonRepr(instance)} is not valid under any of the given schemas`);

export const anyOf: Keyword = ({ run, value, instance, at }) =>
  listOf(value).some((schema) => run.isValid(instance, schema, at)) ? undefined : validUnderNone(instance);

export const oneOf: Keyword = ({ run, value, instance, at }) => {
  const [one, ...others] = listOf(value).filter((schema) => run.isValid(instance, schema, at));
  if (one === undefined) return validUnderNone(instance);
  if (others.length === 0) return undefined;
  return violation(
    () => `${pythonRepr(instance)} is valid under each of ${[...others, one].slice(0, 100).map(pythonRepr).join(", ")}`,
  );
};

export const not: Keyword = ({ run, value, instance, at }) =>
  run.isValid(instance, value, at)
    ? violation(() => `${pythonRepr(instance)} should not be valid under ${pythonRepr(value)}`)
    : undefined;

/** `if` with its `then` and `else`. */
export const condition: Keyword = ({ run, value, instance, schema, at }) => {
  const branch = own(schema, run.isValid(instance, value, at) ? "then" : "else");
  return branch === undefined ? undefined : run.descend(instance, branch, at);
};

export const reference: Keyword = ({ run, value, instance, at }) => run.refer(instance, value, at);
export const recursiveReference: Keyword = ({ run, instance, at }) => run.referRecursively(instance, at);
