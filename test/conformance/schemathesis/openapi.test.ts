/** @slow */

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { definePlugin, type Plugin } from "@kintoun/kit";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { defaultBucket } from "../../../plugins/default-bucket/index.ts";
import { search } from "../../../plugins/search/index.ts";
import { createVenv } from "../../create-venv.ts";
import { startStore } from "../../start-store.ts";

/** SCHEMATHESIS_SEED repeats a run; SCHEMATHESIS_EXAMPLES, the requests to each operation, makes it longer. */
const seed = process.env.SCHEMATHESIS_SEED ?? String(Math.floor(Math.random() * 1_000_000));
const examples = process.env.SCHEMATHESIS_EXAMPLES ?? "2";

const CHECKS =
  "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance";

let bin: string;
let folder: string;
beforeAll(async () => {
  bin = createVenv("schemathesis", join(import.meta.dirname, "requirements.txt"));
  folder = await mkdtemp(join(tmpdir(), "kintoun-schemathesis-"));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs schemathesis against a store and its OpenAPI document. Returns the failures as text, or "". */
const findFailures = async (
  plugins: readonly Plugin[],
  options: readonly string[],
  before: readonly string[] = [],
): Promise<string> => {
  await using store = await startStore({ plugins });
  const args = [
    "run",
    `${store.url}/__api__`,
    "--auth",
    "alice:secret",
    "--checks",
    CHECKS,
    "--seed",
    seed,
    "--max-examples",
    examples,
    ...options,
  ];
  return await new Promise<string>((resolve) => {
    // Run by the interpreter, since the first line of the script names the folder it was created in.
    execFile(
      join(bin, "python"),
      [join(bin, "schemathesis"), "--no-color", ...before, ...args],
      { cwd: folder, maxBuffer: 2 ** 26, timeout: 600_000 },
      (error, stdout, stderr) => resolve(error === null ? "" : `${error.message.split("\n", 1)}\n${stdout}${stderr}`),
    );
  });
};

describe(`schemathesis with seed ${seed}`, () => {
  it("finds no failure with generated requests", async () => {
    expect(
      await findFailures([basicauth(), defaultBucket(), search()], ["--phases", "coverage,fuzzing,stateful"]),
    ).toBe("");
  }, 600_000);

  it("finds no failure with requests for existing objects", async () => {
    const before = ["--config-file", join(import.meta.dirname, "personal-bucket.toml")];

    expect(
      await findFailures(
        [basicauth(), defaultBucket(), search()],
        ["--phases", "fuzzing", "--mode", "positive"],
        before,
      ),
    ).toBe("");
  }, 600_000);

  it("finds a route that fails", async () => {
    const odd = definePlugin({
      name: "odd",
      about: "Fails.",
      routes: { "GET /odd": { about: "Fails.", run: async () => ({ status: 500, body: null }) } },
    });

    expect(await findFailures([basicauth(), odd()], ["--phases", "fuzzing", "--include-path", "/odd"])).toContain(
      "Server error",
    );
  }, 600_000);
});
