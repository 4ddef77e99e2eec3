import type { Sending } from "./send-once.ts";

/** How many the hooks of a bucket have mailed, by bucket and hour. */
const MAILED = "mailed";
const HOUR = 3600_000;

/**
 * Counts whom a bucket's hooks mail within this hour: whoever may write a collection could else use up in minutes what the operator may send, by an
 * import alone. What fails is given back, so that it is tried again.
 */
export const hourOf = ({ state, now }: Sending, bucket: string) => {
  const hour = Math.floor(now() / HOUR);
  const change = (make: (before: number) => number | undefined) =>
    state.change(MAILED, `${bucket}#${hour}`, (before) => make(typeof before === "number" ? before : 0), {
      expires: (hour + 2) * HOUR,
    });
  return {
    /** `false` where they would be more than there may be. */
    take: async (recipients: number, perHour: number): Promise<boolean> => {
      let fits = false;
      await change((before) => {
        fits = before + recipients <= perHour;
        return fits ? before + recipients : undefined;
      });
      return fits;
    },
    giveBack: async (recipients: number): Promise<void> =>
      void (await change((before) => Math.max(before - recipients, 0))),
  };
};
