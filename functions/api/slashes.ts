/** A path without the slashes it ends in. */
export const withoutSlashes = (path: string): string => {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
};
