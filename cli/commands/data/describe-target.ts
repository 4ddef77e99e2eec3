import { basename, resolve } from "node:path";
import type { StoreTarget } from "../../options.ts";

/** Names the store of a command on this machine. */
export const describeTarget = (target: StoreTarget): string => describe(target, resolve);

/** Names the store of a command in a file for other machines, which have other folders. */
export const describeSource = (target: StoreTarget): string => describe(target, (folder) => basename(resolve(folder)));

const describe = (target: StoreTarget, toName: (folder: string) => string): string => {
  if (target.kind === "data") return `the data folder ${toName(target.folder)}`;
  return target.kind === "stack" ? `the stack ${target.name}` : `the store at ${target.dynamodb}`;
};
