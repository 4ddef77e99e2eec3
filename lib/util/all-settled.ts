/** Like `Promise.all`, but waits for every promise to settle before it rejects. */
export const allSettledOrThrow = async <const Parts extends readonly Promise<unknown>[]>(parts: Parts) => {
  await Promise.allSettled(parts);
  return Promise.all(parts);
};
