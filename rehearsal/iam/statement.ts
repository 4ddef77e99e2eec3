import { isObject } from "../../lib/json.ts";
import type { Conditions } from "./conditions.ts";

/** A statement of a policy. */
export interface Statement {
  readonly effect: string;
  /** Who it is for, such as `Service:lambda.amazonaws.com`; absent in policies of roles. */
  readonly principals?: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: Conditions;
}

const KNOWN = new Set(["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]);

const toTexts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);

/**
 * Reads a policy document whose functions are evaluated. Throws for elements that the rehearsal does not know, such as
 * `NotAction`.
 */
export const parsePolicy = (document: unknown): readonly Statement[] => {
  if (!isObject(document)) throw new TypeError(`Not a policy: ${JSON.stringify(document)}`);
  const statements = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  return statements.map((statement) => {
    if (!isObject(statement)) throw new TypeError(`Not a statement: ${JSON.stringify(statement)}`);
    const unknown = Object.keys(statement).filter((name) => !KNOWN.has(name));
    if (unknown.length > 0) throw new TypeError(`Unknown elements of a policy: ${unknown.join(", ")}`);
    const { Effect, Principal, Action, Resource = [], Condition = {} } = statement;
    return {
      effect: String(Effect),
      ...(Principal !== undefined && { principals: readPrincipals(Principal) }),
      actions: toTexts(Action),
      resources: toTexts(Resource),
      condition: Object.fromEntries(
        Object.entries(Condition as object).map(([operator, keys]) => [
          operator,
          Object.fromEntries(Object.entries(keys as object).map(([key, values]) => [key, toTexts(values)])),
        ]),
      ),
    };
  });
};

const readPrincipals = (principal: unknown): readonly string[] =>
  isObject(principal)
    ? Object.entries(principal).flatMap(([kind, names]) => toTexts(names).map((name) => `${kind}:${name}`))
    : [`AWS:${String(principal)}`];
