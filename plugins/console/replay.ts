import type { Job, Operations } from "@kintoun/kit";
import * as z from "zod";

export const replayParams = z.strictObject({
  listener: z.string().min(1).max(100).describe("The listener that receives the events."),
  prefix: z.string().max(1000).default("/").describe("Only objects whose URIs start with this."),
  since: z.int().min(0).optional().describe("Only objects that changed after this time, in epoch ms."),
});

/** Objects between two checkpoints. */
const OBJECTS_PER_PART = 500;

const state = z.object({
  sent: z.int(),
  checked: z.int(),
  next: z.array(z.object({ resource: z.string(), id: z.string() })),
});

/** Sends events of existing objects to a listener. Goes on after its last checkpoint. */
export const runReplay = async (
  params: z.output<typeof replayParams>,
  job: Job,
  operations: Operations,
): Promise<{ sent: number; checked: number }> => {
  let { sent, checked, next: from } = state.safeParse(job.state).data ?? { sent: 0, checked: 0, next: [] };
  for (;;) {
    const part = await operations.replay({
      ...params,
      run: job.id,
      from,
      limit: OBJECTS_PER_PART,
      signal: job.signal,
    });
    sent += part.sent;
    checked += part.checked;
    if (part.next === undefined) return { sent, checked };
    from = [...part.next];
    await job.note({ sent, checked });
    await job.checkpoint({ sent, checked, next: from });
  }
};
