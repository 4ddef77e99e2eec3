/** Waits for all, also where one fails: whoever then cleans up has nothing begin behind the back. */
export const together = async <const Parts extends readonly Promise<unknown>[]>(parts: Parts) => {
  await Promise.allSettled(parts);
  return Promise.all(parts);
};
