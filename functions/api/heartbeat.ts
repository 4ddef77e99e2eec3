import { type Answer, answer } from "../http/answer.ts";
import type { Call } from "./call.ts";

/** Asks everything that the store stands on whether it is there: `true` by name, `false` for what is not, or not in time. */
export const heartbeat = async ({ api: { heartbeats, settings, log } }: Call): Promise<Answer> => {
  const checks = Object.entries(heartbeats).map(
    async ([name, check]) =>
      [
        name,
        await beats(check, settings.heartbeatTimeoutSeconds, (error) =>
          log.error("A heartbeat failed", { name, error }),
        ),
      ] as const,
  );
  const status = Object.fromEntries(await Promise.all(checks));
  return answer(Object.values(status).every(Boolean) ? 200 : 503, JSON.stringify(status));
};

const beats = async (
  check: () => Promise<unknown>,
  seconds: number,
  failed: (error: unknown) => void,
): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`There was no answer within ${seconds} s`)), seconds * 1000);
  });
  try {
    await Promise.race([check(), late]);
    return true;
  } catch (error) {
    failed(error);
    return false;
  } finally {
    clearTimeout(timer);
  }
};
