import type { UpdateItemInput } from "@aws-sdk/client-dynamodb";
import type { Item } from "./items.ts";

/** A conditional update of an item. */
export interface ConditionalUpdate {
  /** Required attribute values. */
  readonly when: Item;
  /** An attribute that must not exist. */
  readonly unless?: string;
  readonly set: Item;
  /** Attributes to set unless they exist. */
  readonly setOnce?: Item;
  /** An attribute to increment by 1. */
  readonly increment?: string;
  readonly remove?: readonly string[];
}

/** Builds the expressions of an update. All attribute names are placeholders, as some are reserved words. */
export const toUpdateInput = ({ when, unless, set, setOnce = {}, increment, remove = [] }: ConditionalUpdate) => {
  const names = new Set([
    ...Object.keys({ ...when, ...set, ...setOnce }),
    ...[unless, increment].filter((name) => name !== undefined),
    ...remove,
  ]);
  const toValues = (prefix: string, item: Item) =>
    Object.entries(item).map(([name, value]) => [`:${prefix}_${name}`, value] as const);
  const assignments = [
    ...Object.keys(set).map((name) => `#${name} = :set_${name}`),
    ...Object.keys(setOnce).map((name) => `#${name} = if_not_exists(#${name}, :once_${name})`),
  ];
  const updates = [
    `SET ${assignments.join(", ")}`,
    ...(increment === undefined ? [] : [`ADD #${increment} :one`]),
    ...(remove.length === 0 ? [] : [`REMOVE ${remove.map((name) => `#${name}`).join(", ")}`]),
  ];
  const conditions = [
    ...Object.keys(when).map((name) => `#${name} = :when_${name}`),
    ...(unless === undefined ? [] : [`attribute_not_exists(#${unless})`]),
  ];
  return {
    UpdateExpression: updates.join(" "),
    ConditionExpression: conditions.join(" AND "),
    ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries([
      ...toValues("when", when),
      ...toValues("set", set),
      ...toValues("once", setOnce),
      ...(increment === undefined ? [] : [[":one", { N: "1" }] as const]),
    ]),
  } satisfies Partial<UpdateItemInput>;
};
