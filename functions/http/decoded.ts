/** A part of a path without its percent-encoding; as it stands where it can't be decoded, which is then no id. */
export const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};
