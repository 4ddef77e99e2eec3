import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "@jest/globals";
import { startedEmptyKintoun } from "./start-kintoun.ts";

const runExample = async (...args: readonly string[]): Promise<string> => {
  const command = ["cli/set-up.mjs", "cli/main.ts", "example", ...args];
  return (
    await promisify(execFile)(process.execPath, command, { cwd: join(import.meta.dirname, "../.."), encoding: "utf8" })
  ).stdout;
};

it("npm run example stores 250 countries in the running store, finds them and says who may read them", async () => {
  const data = mkdtempSync(join(tmpdir(), "kintoun-test-"));
  const store = await startedEmptyKintoun(["--port", "0", "--data", data]);
  try {
    const output = await runExample("--data", data);

    expect(output).toContain("A search finds all 250 countries.");
    expect(output).toMatch(/海[\s\S]*1 hits in \d+ ms\n {2}HTI/);
    expect(output).toMatch(/landlocked[\s\S]*16 hits[\s\S]*Chad[\s\S]*Niger[\s\S]*Mali/);
    expect(output).toMatch(/euro[\s\S]*37 hits[\s\S]*9 {2}Southern Europe/);
    const [, curl = ""] = /Only the account 'example' can read them:\n {2}(curl .*)\n/.exec(output) ?? [];
    expect(JSON.parse(execFileSync("sh", ["-c", `${curl} -s`], { encoding: "utf8" })).data).toMatchObject([
      { cca3: "DZA" },
      { cca3: "COD" },
      { cca3: "SDN" },
    ]);
  } finally {
    await store.end("SIGTERM");
    rmSync(data, { recursive: true, force: true });
  }
});

it("npm run example uses a temporary store where none is running", async () => {
  const data = join(tmpdir(), "kintoun-test-none");
  expect(await runExample("--data", data)).toContain("The store was temporary.");
});
