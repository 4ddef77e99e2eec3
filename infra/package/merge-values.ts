import { isDeepStrictEqual } from "node:util";
import type { Conditions } from "./conditions.ts";
import { type Choice, decide, type Variant } from "./decision.ts";

/** Removes a property or an item of a list where CloudFormation finds it. */
const NO_VALUE = { Ref: "AWS::NoValue" };

/** What some variants have at one place: `undefined` in variants without it, and no entry where the place does not exist. */
export type Values = ReadonlyMap<Variant, unknown>;

/** Merges values that variants have at one place into one, with an `Fn::If` where they differ. */
export const createMergeValues = (
  choices: readonly Choice[],
  conditions: Conditions,
): ((values: Values) => unknown) => {
  const merge = (values: Values): unknown => {
    const present = new Map([...values].filter(([, value]) => value !== undefined));
    if (present.size < values.size) {
      const decision = decideBetween(choices, [...values.keys()], (variant) => (present.has(variant) ? 1 : 0));
      return conditions.toValue(decision, (number) => (number === 1 ? merge(present) : NO_VALUE));
    }
    const distinct = listDistinct([...present.values()]);
    if (distinct.length === 1) return distinct[0];
    if (distinct.every(isPlainObject)) {
      const keys = new Set(distinct.flatMap((one) => Object.keys(one)));
      return Object.fromEntries([...keys].map((key) => [key, merge(pick(present, key))]));
    }
    if (distinct.every(Array.isArray)) {
      const [first, ...others] = distinct;
      if (others.every(({ length }) => length === first?.length))
        return first?.map((_, index) => merge(pick(present, index)));
    }
    const decision = decideBetween(choices, [...values.keys()], (variant) =>
      distinct.findIndex((one) => isDeepStrictEqual(one, present.get(variant))),
    );
    return conditions.toValue(decision, (number) => distinct[number]);
  };
  return merge;
};

/** Decides between the numbers of some variants. Others may get any. */
export const decideBetween = (
  choices: readonly Choice[],
  variants: readonly Variant[],
  numberOf: (variant: Variant) => number,
): ReturnType<typeof decide> =>
  decide(choices, (sought) => {
    const variant = variants.find((one) => choices.every(({ name }) => one[name] === sought[name]));
    return variant && numberOf(variant);
  });

const pick = (values: Values, key: string | number): Values =>
  new Map([...values].map(([variant, value]) => [variant, (value as Record<string | number, unknown>)[key]]));

/** The values without repetitions, in their order. */
export const listDistinct = <Value>(values: readonly Value[]): Value[] =>
  values.filter((value, index) => values.findIndex((other) => isDeepStrictEqual(other, value)) === index);

/** Whether a value is an object whose fields can be merged one by one, in contrast to `Fn::GetAtt` and the like. */
const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !Object.keys(value).some(isFunctionName);

const isFunctionName = (key: string): boolean => key === "Ref" || key.startsWith("Fn::");
