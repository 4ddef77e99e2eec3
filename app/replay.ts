import type { StreamImages } from "../adapters/store/dynamodb/stream.ts";
import { dispatch } from "../core/events/dispatch.ts";
import { fromFailedMessage } from "../core/events/failed-record.ts";
import { isObject } from "../core/json.ts";
import { openDispatch } from "./dispatch.ts";
import type { Opening } from "./open.ts";

/** Hands on what `dispatch` had parked, once whatever kept it from that is mended. */
export interface Replay {
  /**
   * Hands on the record that a message of `dispatch-failures` keeps. Rejects when that fails again.
   * @returns the queues it was put on; `undefined` for a message that keeps no record, as those that Lambda writes of a whole batch
   */
  replay(body: string): Promise<readonly string[] | undefined>;
  close(): Promise<void>;
}

export const openReplay = async (opening: Opening): Promise<Replay> => {
  const { queue, subscriptions, toldBy, close } = await openDispatch(opening);
  const park = async (_: number, error: unknown) => {
    throw error;
  };
  return {
    async replay(body) {
      const record = fromFailedMessage(body)?.record;
      if (record === undefined) return undefined;
      const images = "dynamodb" in record && isObject(record.dynamodb) ? (record.dynamodb as StreamImages) : {};
      const { failed, sent } = await dispatch({ queue, subscriptions, park }, [() => toldBy(images)]);
      if (failed !== undefined) throw new Error("A queue did not take the change");
      return sent.map(({ to }) => to);
    },
    close,
  };
};
