import { createHash } from "node:crypto";
import type { Choice, Decision } from "./decision.ts";

/** Maximum of CloudFormation for the operands of `Fn::And` and `Fn::Or`. */
const MAX_OPERANDS = 10;
/** Longer names of conditions are replaced by a hash. CloudFormation allows 255 characters. */
const MAX_NAME_CHARS = 120;

/** The conditions of a template, by name. Each is added when it is used first. */
export interface Conditions {
  /** All that were used. */
  readonly all: Readonly<Record<string, object>>;
  /** Returns an `Fn::If` for a decision. @param valueFor the value of a number */
  readonly toValue: (decision: Decision, valueFor: (number: number) => unknown) => unknown;
  /** Returns the name of the condition of a decision between 0 (false) and 1 (true). */
  readonly toCondition: (decision: Exclude<Decision, number | undefined>) => string;
  /** Returns the name of the condition that two others are true. */
  readonly both: (a: string, b: string) => string;
}

export const createConditions = (): Conditions => {
  const all: Record<string, object> = {};
  const add = (name: string, condition: object): string => {
    const short = name.length <= MAX_NAME_CHARS ? name : `Case${hash(name)}`;
    all[short] = condition;
    return short;
  };

  const anyOf = (names: readonly string[]): string => {
    const [first = "", ...others] = names;
    if (others.length === 0) return first;
    if (names.length > MAX_OPERANDS)
      throw new TypeError(`CloudFormation allows ${MAX_OPERANDS} operands of Fn::Or, not ${names.length}.`);
    return add(names.join("Or"), { "Fn::Or": names.map(toReference) });
  };
  const both = (a: string, b: string): string =>
    a === b ? a : add(`${a}And${b}`, { "Fn::And": [toReference(a), toReference(b)] });

  const isOption = ({ name, options }: Choice, option: string): string =>
    add(`${name}Is${toPascalCase(option)}`, options[option] ?? {});

  /** Tests whichever set is smaller: the chosen options or the others. */
  const isOneOf = (choice: Choice, chosen: readonly string[]): string => {
    const others = Object.keys(choice.options).filter((option) => !chosen.includes(option));
    if (chosen.length <= others.length) return anyOf(chosen.map((option) => isOption(choice, option)));
    const other = anyOf(others.map((option) => isOption(choice, option)));
    return add(`Not${other}`, { "Fn::Not": [toReference(other)] });
  };

  const toValue: Conditions["toValue"] = (decision, valueFor) => {
    if (typeof decision !== "object") return valueFor(decision ?? 0);
    const { choice, branches } = decision;
    const [last, ...others] = branches.toReversed();
    return others.reduce(
      (otherwise, branch) => ({
        "Fn::If": [isOneOf(choice, branch.options), toValue(branch.decision, valueFor), otherwise],
      }),
      toValue(last?.decision, valueFor),
    );
  };

  const toCondition: Conditions["toCondition"] = ({ choice, branches }) =>
    anyOf(
      branches.flatMap(({ options, decision }) => {
        if (decision === 0) return [];
        const chosen = isOneOf(choice, options);
        return [typeof decision === "object" ? both(chosen, toCondition(decision)) : chosen];
      }),
    );

  return { all, toValue, toCondition, both };
};

const toReference = (name: string): object => ({ Condition: name });

const toPascalCase = (text: string): string =>
  text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
