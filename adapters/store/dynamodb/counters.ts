import type { CancellationReason, UpdateItemInput } from "@aws-sdk/client-dynamodb";
import type { Counter, CounterUpdate, Expiry } from "../../../core/ports/state.ts";
import type { Item } from "./items.ts";
import { stateKey } from "./state-key.ts";
import { TABLE } from "./table.ts";

/** Each number has an attribute, since DynamoDB adds to attributes and not to parts of them. */
const PREFIX = "n_";
/** Names in expressions need no escape. */
const NAME = /^[A-Za-z]{1,40}$/;

/** Builds the update of a counter. All its conditions are about numbers of the same item. */
export const toCounterInput = (
  table: string,
  plugin: string,
  { list, key, add = {}, set = {}, max = {}, when = {} }: CounterUpdate,
  { expires }: Expiry = {},
) => {
  const attributes = new Map<string, string>();
  const values: Record<string, { N: string }> = {};
  const name = (number: string): string => {
    if (!NAME.test(number)) throw new RangeError(`The number '${number}' of a counter must have 1 to 40 letters`);
    attributes.set(`#${number}`, `${PREFIX}${number}`);
    return `#${number}`;
  };
  const value = (kind: string, number: string, amount: number): string => {
    if (!Number.isSafeInteger(amount)) throw new RangeError(`The number '${number}' of a counter is not an integer`);
    values[`:${kind}_${number}`] = { N: String(amount) };
    return `:${kind}_${number}`;
  };
  const adds = Object.entries(add).map(([number, amount]) => `${name(number)} ${value("add", number, amount)}`);
  const sets = Object.entries(set).map(([number, amount]) => `${name(number)} = ${value("set", number, amount)}`);
  const conditions = [
    ...Object.entries(max).flatMap(([number, limit]) => {
      const free = limit - (add[number] ?? 0);
      const isBelow = `${name(number)} <= ${value("max", number, free)}`;
      return free >= 0 ? [`(attribute_not_exists(${name(number)}) OR ${isBelow})`] : [isBelow];
    }),
    ...Object.entries(when).map(([number, expected]) =>
      expected === null
        ? `attribute_not_exists(${name(number)})`
        : `${name(number)} = ${value("when", number, expected)}`,
    ),
  ];
  if (expires !== undefined) {
    attributes.set("#expiry", TABLE.expiry);
    values[":expiry"] = { N: String(Math.ceil(expires / 1000)) };
    sets.push("#expiry = :expiry");
  }
  const expression = [
    ...(sets.length > 0 ? [`SET ${sets.join(", ")}`] : []),
    ...(adds.length > 0 ? [`ADD ${adds.join(", ")}`] : []),
  ].join(" ");
  if (expression === "") throw new RangeError("The change of a counter adds and sets nothing. Give it `add` or `set`");
  return {
    TableName: table,
    Key: stateKey(plugin, list, key),
    UpdateExpression: expression,
    ...(conditions.length > 0 && { ConditionExpression: conditions.join(" AND ") }),
    ...(attributes.size > 0 && { ExpressionAttributeNames: Object.fromEntries(attributes) }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  } satisfies UpdateItemInput;
};

/** Returns the numbers of a counter's item. */
export const readCounter = (item: Item): Counter =>
  Object.fromEntries(
    Object.entries(item).flatMap(([name, { N }]) =>
      name.startsWith(PREFIX) && N !== undefined ? [[name.slice(PREFIX.length), Number(N)]] : [],
    ),
  );

/** Whether a transaction of counters failed by a condition alone, and not by another transaction. */
export const isCounterConditionFailed = (reasons: readonly CancellationReason[]): boolean =>
  reasons.some(({ Code }) => Code === "ConditionalCheckFailed");
