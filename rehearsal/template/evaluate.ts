import { isObject } from "../../lib/json.ts";

/** What the functions of a template refer to. */
export interface Scope {
  /** Values of parameters and pseudo parameters, by name. */
  readonly parameters: ReadonlyMap<string, unknown>;
  readonly mappings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  /** The template's conditions, not evaluated. */
  readonly conditions: Readonly<Record<string, unknown>>;
  /** Returns what `Ref` is for a resource; `undefined` if there is none. */
  readonly ref: (logicalId: string) => string | undefined;
  /** Returns an attribute of a resource; `undefined` if it has none. */
  readonly attribute: (logicalId: string, name: string) => unknown;
}

/** An expression that CloudFormation would refuse, or that the rehearsal does not know. */
export class ExpressionError extends Error {}

const NO_VALUE = Symbol("AWS::NoValue");

/**
 * Evaluates the intrinsic functions in a value.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
export const evaluate = (scope: Scope, value: unknown): unknown => {
  const result = evaluateAny(scope, value);
  return result === NO_VALUE ? undefined : result;
};

/** Evaluates a condition by its name. */
export const holdsCondition = (scope: Scope, name: string): boolean => {
  if (!Object.hasOwn(scope.conditions, name)) throw new ExpressionError(`There is no condition ${name}`);
  return evaluateCondition(scope, scope.conditions[name]);
};

const evaluateAny = (scope: Scope, value: unknown): unknown => {
  if (Array.isArray(value)) return value.map((one) => evaluateAny(scope, one)).filter((one) => one !== NO_VALUE);
  if (!isObject(value)) return value;
  const call = toCall(value);
  if (call !== undefined) return evaluateCall(scope, ...call);
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, one]) => [name, evaluateAny(scope, one)] as const)
      .filter(([, one]) => one !== NO_VALUE),
  );
};

/** The name and the argument of an intrinsic function. */
const toCall = (value: object): readonly [name: string, argument: unknown] | undefined => {
  const [entry, ...others] = Object.entries(value);
  return entry !== undefined && others.length === 0 && /^(Ref$|Fn::)/.test(entry[0]) ? entry : undefined;
};

const evaluateCall = (scope: Scope, name: string, argument: unknown): unknown => {
  switch (name) {
    case "Ref":
      return evaluateRef(scope, String(argument));
    case "Fn::GetAtt":
      return evaluateAttribute(scope, argument);
    case "Fn::Join": {
      const [delimiter, parts] = toList(name, argument, 2);
      return toList(name, evaluate(scope, parts)).map(String).join(String(delimiter));
    }
    case "Fn::Sub":
      return substitute(scope, argument);
    case "Fn::Select": {
      const [index, list] = toList(name, argument, 2);
      const values = toList(name, evaluate(scope, list));
      const selected = values[Number(evaluate(scope, index))];
      if (selected === undefined) throw new ExpressionError(`Fn::Select: there is no value ${JSON.stringify(index)}`);
      return selected;
    }
    case "Fn::Split": {
      const [delimiter, text] = toList(name, argument, 2);
      return String(evaluate(scope, text)).split(String(delimiter));
    }
    case "Fn::If": {
      const [condition, yes, no] = toList(name, argument, 3);
      return evaluateAny(scope, holdsCondition(scope, String(condition)) ? yes : no);
    }
    case "Fn::FindInMap": {
      const [map, first, second] = toList(name, evaluate(scope, argument), 3).map(String);
      const found = scope.mappings[map ?? ""]?.[first ?? ""]?.[second ?? ""];
      if (found === undefined) throw new ExpressionError(`Fn::FindInMap: there is no ${map}.${first}.${second}`);
      return found;
    }
    case "Fn::Base64":
      return Buffer.from(String(evaluate(scope, argument))).toString("base64");
    default:
      if (CONDITION_FUNCTIONS.has(name)) return evaluateCondition(scope, { [name]: argument });
      throw new ExpressionError(`The rehearsal does not know the function ${name}`);
  }
};

const CONDITION_FUNCTIONS: ReadonlySet<string> = new Set(["Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"]);

const evaluateCondition = (scope: Scope, value: unknown): boolean => {
  if (isObject(value) && typeof value.Condition === "string") return holdsCondition(scope, value.Condition);
  const [name, argument] = (isObject(value) ? toCall(value) : undefined) ?? ["", undefined];
  const parts = toList(name, argument);
  switch (name) {
    case "Fn::Equals":
      return JSON.stringify(evaluate(scope, parts[0])) === JSON.stringify(evaluate(scope, parts[1]));
    case "Fn::Not":
      return !evaluateCondition(scope, parts[0]);
    case "Fn::And":
      return toOperands(name, parts).every((part) => evaluateCondition(scope, part));
    case "Fn::Or":
      return toOperands(name, parts).some((part) => evaluateCondition(scope, part));
    default:
      throw new ExpressionError(`Not a condition: ${JSON.stringify(value)}`);
  }
};

/** CloudFormation allows 2 to 10 conditions in `Fn::And` and `Fn::Or`. */
const toOperands = (name: string, parts: readonly unknown[]): readonly unknown[] => {
  if (parts.length >= 2 && parts.length <= 10) return parts;
  throw new ExpressionError(`${name} needs 2 to 10 conditions, not ${parts.length}`);
};

const evaluateRef = (scope: Scope, name: string): unknown => {
  if (name === "AWS::NoValue") return NO_VALUE;
  if (scope.parameters.has(name)) return scope.parameters.get(name);
  const found = scope.ref(name);
  if (found === undefined) throw new ExpressionError(`Ref: there is no parameter or resource ${name}`);
  return found;
};

const evaluateAttribute = (scope: Scope, argument: unknown): unknown => {
  const [id, name] = attributePath(argument);
  const found = scope.attribute(id, name);
  if (found === undefined) throw new ExpressionError(`Fn::GetAtt: ${id} has no attribute ${name}`);
  return found;
};

/** The logical id and the name of an attribute: `["Table", "Arn"]` or `"Table.Arn"`. */
const attributePath = (argument: unknown): readonly [string, string] => {
  if (Array.isArray(argument)) return [String(argument[0]), String(argument[1])];
  const text = String(argument);
  return [text.slice(0, text.indexOf(".")), text.slice(text.indexOf(".") + 1)];
};

const substitute = (scope: Scope, argument: unknown): string => {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  return String(text).replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (name.startsWith("!")) return `\${${name.slice(1)}}`;
    if (isObject(variables) && Object.hasOwn(variables, name)) return String(evaluate(scope, variables[name]));
    return String(name.includes(".") ? evaluateAttribute(scope, name) : evaluateRef(scope, name));
  });
};

const toList = (name: string, argument: unknown, length?: number): readonly unknown[] => {
  if (Array.isArray(argument) && (length === undefined || argument.length === length)) return argument;
  throw new ExpressionError(
    `${name} needs a list${length === undefined ? "" : ` of ${length}`}: ${JSON.stringify(argument)}`,
  );
};

/** The logical ids that a value refers to, with the branches that its conditions choose. */
export const findReferences = (scope: Scope, value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((one) => findReferences(scope, one));
  if (!isObject(value)) return [];
  const [name, argument] = toCall(value) ?? [];
  switch (name) {
    case "Ref":
      return [String(argument)];
    case "Fn::GetAtt":
      return [attributePath(argument)[0]];
    case "Fn::Sub": {
      const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
      const names = Array.from(String(text).matchAll(/\$\{([^}!]+)\}/g), ([, one = ""]) => one.split(".")[0] ?? "");
      return [...names, ...findReferences(scope, variables)];
    }
    case "Fn::If": {
      const [condition, yes, no] = toList(name, argument, 3);
      return findReferences(scope, holdsCondition(scope, String(condition)) ? yes : no);
    }
    default:
      return Object.values(value).flatMap((one) => findReferences(scope, one));
  }
};
