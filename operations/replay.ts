import type { StreamImages } from "../adapters/store/dynamodb/stream.ts";
import type { Opening } from "../app/open.ts";
import { dispatch } from "../core/events/dispatch.ts";
import { openDispatch } from "../functions/dispatch/app.ts";
import { isObject } from "../lib/json.ts";

/** Hands on what `dispatch` could not, once whatever kept it from that is mended. */
export interface Replay {
  /**
   * Hands on a record of the table's stream. Rejects when that fails again.
   * @param record as Lambda hands it over
   * @returns the queues it was put on
   */
  replay(record: object): Promise<readonly string[]>;
  close(): Promise<void>;
}

export const openReplay = async (opening: Opening): Promise<Replay> => {
  const { queue, subscriptions, toldBy, close } = await openDispatch(opening);
  const park = async (_: number, error: unknown) => {
    throw error;
  };
  return {
    async replay(record) {
      const images = "dynamodb" in record && isObject(record.dynamodb) ? (record.dynamodb as StreamImages) : {};
      const { failed, sent } = await dispatch({ queue, subscriptions, park }, [() => toldBy(images)]);
      if (failed !== undefined) throw new Error("A queue did not take the change");
      return sent.map(({ to }) => to);
    },
    close,
  };
};
