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

/** The keys, as `pk sk`, of a call of BatchGetItem. */
export const keysOf = (call: Call | undefined): readonly string[] => {
  const { RequestItems } = (call?.input ?? {}) as Partial<Operations["BatchGetItem"][0]>;
  return (RequestItems?.kintoun?.Keys ?? []).map(({ pk, sk }) => `${pk?.S} ${sk?.S}`);
};

/** Repeats each call of an operation, as the transport does after a lost response. */
export const repeatCalls =
  (operation: Operation): Intercept =>
  (call, send) =>
    call.operation === operation ? forward(call, send).then(() => forward(call, send)) : undefined;

/** Runs an action before the first call of an operation, as another process may. */
export const beforeCall = (operation: Operation, act: (send: Send) => Promise<unknown>): Intercept =>
  onFirst(operation, async (call, send) => {
    await act(send);
    return forward(call, send);
  });

/** Runs an action after the first call of an operation, before its response arrives. */
export const afterCall = (operation: Operation, act: (send: Send) => Promise<unknown>): Intercept =>
  onFirst(operation, async (call, send) => {
    const output = await forward(call, send);
    await act(send);
    return output;
  });

/** Rejects the calls of an operation. */
export const rejectCalls =
  (operation: Operation, error: Error): Intercept =>
  (call) =>
    call.operation === operation ? Promise.reject(error) : undefined;

const forward = ({ operation, input }: Call, send: Send): Promise<unknown> => send(operation, input as never);

const onFirst = (operation: Operation, handle: (call: Call, send: Send) => Promise<unknown>): Intercept => {
  let isFirst = true;
  return (call, send) => {
    if (!isFirst || call.operation !== operation) return undefined;
    isFirst = false;
    return handle(call, send);
  };
};
