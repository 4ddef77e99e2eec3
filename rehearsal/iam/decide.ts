import { type CallContext, holdConditions, isLike } from "./conditions.ts";
import type { Statement } from "./statement.ts";

/** An action on a resource, which policies allow or deny. */
export interface Call {
  /** Such as `dynamodb:PutItem`. */
  readonly action: string;
  /** ARN. */
  readonly resource: string;
  readonly context: CallContext;
}

/** Whether statements apply to a call. @param principals those that the caller is; all when absent */
const applies = (
  { principals: named, actions, resources, condition }: Statement,
  { action, resource, context }: Call,
  principals?: readonly string[],
): boolean =>
  (principals === undefined || (named ?? []).some((one) => one === "AWS:*" || principals.includes(one))) &&
  // Names of actions are not case-sensitive.
  actions.some((one) => isLike(one.toLowerCase(), action.toLowerCase())) &&
  resources.some((one) => isLike(one, resource)) &&
  holdConditions(condition, context);

/** Whether statements of a role allow a call. */
export const allowsCall = (statements: readonly Statement[], call: Call): boolean =>
  statements.some((statement) => statement.effect === "Allow" && applies(statement, call)) &&
  !statements.some((statement) => statement.effect === "Deny" && applies(statement, call));

/**
 * Whether the policy of a resource denies a call, or allows it.
 * @param principals those that the caller is, such as `Service:events.amazonaws.com`
 */
export const decideByResource = (
  statements: readonly Statement[],
  call: Call,
  principals: readonly string[],
): "allow" | "deny" | undefined => {
  const found = statements.filter((statement) => applies(statement, call, principals));
  if (found.some(({ effect }) => effect === "Deny")) return "deny";
  return found.some(({ effect }) => effect === "Allow") ? "allow" : undefined;
};
