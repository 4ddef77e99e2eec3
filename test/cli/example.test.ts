import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "@jest/globals";

it("npm run example stores 250 countries and finds them", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["cli/set-up.mjs", "cli/main.ts", "example"], {
    cwd: join(import.meta.dirname, "../.."),
  });

  expect(stdout).toContain("A search finds all 250 countries.");
  expect(stdout).toMatch(/海[\s\S]*1 hits in \d+ ms\n {2}HTI/);
  expect(stdout).toMatch(/landlocked[\s\S]*16 hits[\s\S]*Chad[\s\S]*Niger[\s\S]*Mali/);
  expect(stdout).toMatch(/euro[\s\S]*37 hits[\s\S]*9 {2}Southern Europe/);
});
