import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { lockDataFolder } from "../../local/data-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "kintoun-folders-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Makes a temporary folder as a process left it two minutes ago. */
const leaveTemporaryFolder = (name: string): string => {
  const path = join(tmpdir(), `kintoun-temporary-${name}-${process.pid}`);
  mkdirSync(path);
  writeFileSync(join(path, "lock"), "");
  const then = Date.now() / 1000 - 120;
  utimesSync(path, then, then);
  return path;
};

describe("lockDataFolder", () => {
  it("removes temporary folders on release and those of dead processes", () => {
    const left = leaveTemporaryFolder("left");
    const first = lockDataFolder(undefined);
    const second = lockDataFolder(undefined);

    expect(existsSync(left)).toBe(false);
    expect([existsSync(first.path), existsSync(second.path)]).toEqual([true, true]);

    first.release();
    second.release();
    expect([existsSync(first.path), existsSync(second.path)]).toEqual([false, false]);
  });

  it("keeps a temporary folder that a process uses, and ignores what cannot be removed", () => {
    const used = leaveTemporaryFolder("used");
    const broken = leaveTemporaryFolder("broken");
    rmSync(join(broken, "lock"));
    mkdirSync(join(broken, "lock"));
    const then = Date.now() / 1000 - 120;
    utimesSync(broken, then, then);
    const user = lockDataFolder(used);
    utimesSync(used, then, then);

    lockDataFolder(undefined).release();

    expect([existsSync(used), existsSync(broken)]).toEqual([true, true]);
    user.release();
    for (const path of [used, broken]) rmSync(path, { recursive: true });
  });

  it("creates a folder for its owner only, and rejects a second user of it", () => {
    const path = join(folder, "a", "b");
    const locked = lockDataFolder(path);

    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(() => lockDataFolder(path)).toThrow(`Another Kintoun uses the data folder ${path}`);
    locked.release();
    lockDataFolder(path).release();
  });
});
