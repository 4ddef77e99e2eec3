import type { Operations, Send } from "../../../../adapters/store/dynamodb/operations.ts";
import { startDynamoDb } from "../../../../local/dynamodb.ts";
import { openTestStore } from "../../../open-test-store.ts";

type Operation = keyof Operations;

export interface Call {
  readonly operation: Operation;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Handles a call in place of the engine. `undefined`: the engine handles it. */
export type Intercept = (call: Call, send: Send) => Promise<unknown> | undefined;

/** Opens a store on an empty table of a real engine. Records the calls, some of which can be intercepted. */
export const openTable = async (now?: () => number) => {
  const engine = await startDynamoDb(undefined);
  let calls: Call[] = [];
  let intercept: Intercept = () => undefined;
  let send: Send = () => Promise.reject(new Error("The table is not open"));
  const wrap = (original: Send): Send => {
    send = async (operation, input) => {
      const call = { operation, input: input as unknown as Call["input"] };
      calls.push(call);
      return (await (intercept(call, original) ?? original(operation, input))) as never;
    };
    return send;
  };
  const opened = await openTestStore({ client: engine.client, wrap, stop: engine.stop, ...(now && { now }) });
  return {
    ...opened,
    send,
    /** Returns the result of an action, with the calls that it made. */
    record: async <T>(act: () => Promise<T>, interceptCalls: Intercept = () => undefined) => {
      [calls, intercept] = [[], interceptCalls];
      try {
        return { result: await act(), calls };
      } finally {
        intercept = () => undefined;
      }
    },
  };
};

/** Repeats each call of an operation, as the transport does after a lost response. */
export const repeatCalls =
  (operation: Operation): Intercept =>
  (call, send) =>
    call.operation === operation
      ? send(operation, call.input as never).then(() => send(operation, call.input as never))
      : undefined;
