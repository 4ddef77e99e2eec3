import type { StreamImages } from "../adapters/store/dynamodb/stream.ts";
import type { Opening } from "../app/open.ts";
import { dispatchEntries } from "../core/events/dispatch.ts";
import { createDispatcher } from "../functions/dispatch/app.ts";
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
  const { queue, subscriptions, readStreamRecord: toldBy, close } = await createDispatcher(opening);
  const park = async (_: number, error: unknown) => {
    throw error;
  };
  return {
    async replay(record) {
      const images = "dynamodb" in record && isObject(record.dynamodb) ? (record.dynamodb as StreamImages) : {};
      const { firstFailed: failed, sent } = await dispatchEntries({ queue, subscriptions, sendToDeadLetters: park }, [
        () => toldBy(images),
      ]);
      if (failed !== undefined) throw new Error("A queue did not take the change");
      return sent.map(({ queue: to }) => to);
    },
    close,
  };
};
