/** Seconds since the oldest waiting message of a queue of the embedded SQS was sent, without receiving it; 0 when none waits, `null` when it is another SQS. */
export const oldestMessage = async (endpoint: string, url: string): Promise<number | null> => {
  try {
    const response = await fetch(`${endpoint}/_fauxqs/queues/${url.split("/").at(-1)}`, {
      signal: AbortSignal.timeout(2000),
    });
    if (!response.ok) return null;
    const { messages } = (await response.json()) as { messages: { ready: readonly { sentTimestamp: number }[] } };
    const sent = messages.ready.map(({ sentTimestamp }) => sentTimestamp);
    return sent.length === 0 ? 0 : Math.max(0, Math.round((Date.now() - Math.min(...sent)) / 1000));
  } catch {
    return null;
  }
};
