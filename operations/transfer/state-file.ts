import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { UserError } from "../../config/user-error.ts";

/** Remembers how far a transfer is, so that it goes on after it was stopped or killed. */
export interface StateFile<State> {
  readonly path: string;
  /** `undefined` if there is none. Throws a {@link UserError} if it cannot be read. */
  read(): State | undefined;
  /** Replaces the state as a whole. */
  write(state: State): void;
  remove(): void;
}

/** @param parse throws if the state is of another kind */
export const openStateFile = <State>(path: string, parse: (value: unknown) => State): StateFile<State> => ({
  path,
  read: () => {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    try {
      return parse(JSON.parse(text));
    } catch {
      throw new UserError([`${path} is not a state of this transfer. Remove it to begin again.`]);
    }
  },
  write: (state) => {
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  },
  remove: () => rmSync(path, { force: true }),
});
