import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { lockDataFolder } from "../../local/data-folder.ts";

it("lockDataFolder removes temporary folders on release and those of dead processes", () => {
  const left = join(tmpdir(), `kintoun-temporary-left-${process.pid}`);
  mkdirSync(left);
  // No process has this id.
  writeFileSync(join(left, "process"), String(2 ** 30));
  const first = lockDataFolder(undefined);
  const second = lockDataFolder(undefined);

  expect(existsSync(left)).toBe(false);
  expect([existsSync(first.path), existsSync(second.path)]).toEqual([true, true]);

  first.release();
  second.release();
  expect([existsSync(first.path), existsSync(second.path)]).toEqual([false, false]);
});
