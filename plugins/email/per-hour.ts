import type { Hook } from "./hook.ts";
import type { Recipients } from "./recipients.ts";
import type { Sending } from "./send-once.ts";

/** How many the hooks of a bucket have mailed, by bucket and hour. */
const MAILED = "mailed";
const HOUR = 3600_000;

/**
 * Counts a mail's recipients among those of a bucket's hooks. @returns false where they are more than there may be within an hour: whoever may write a
 * collection could else use up in minutes what the operator may send, by an import alone
 */
export const fitsHour = async ({ bounds }: Hook, bucket: string | undefined, { to, cc, bcc }: Recipients, { state, now }: Sending): Promise<boolean> => {
  if (bounds === undefined) return true;
  const hour = Math.floor(now() / HOUR);
  let fits = false;
  const count = (before: unknown) => {
    const after = (typeof before === "number" ? before : 0) + to.length + cc.length + bcc.length;
    fits = after <= bounds.perHour;
    return fits ? after : undefined;
  };
  await state.change(MAILED, `${bucket}#${hour}`, count, { expires: (hour + 2) * HOUR });
  return fits;
};
