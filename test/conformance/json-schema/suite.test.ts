import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import type { Json } from "../../../lib/json.ts";
import type { DraftName } from "../../../lib/json-schema/drafts.ts";
import { SchemaError } from "../../../lib/json-schema/limits.ts";
import { validate } from "../../../lib/json-schema/validate.ts";
import { createVenv } from "../../create-venv.ts";
import { downloadSdist } from "../../download-sdist.ts";
import { EXCLUSIONS } from "./exclusions.ts";

interface Group {
  readonly description: string;
  readonly schema: Json;
  readonly tests: readonly { readonly description: string; readonly data: Json; readonly valid: boolean }[];
}

const python = join(createVenv("kinto", join(import.meta.dirname, "../kinto/requirements.txt")), "python");
// The official JSON-Schema-Test-Suite is a part of the sources of Python's jsonschema.
const SUITE = join(downloadSdist(python, join(import.meta.dirname, "sdist.txt")), "json/tests");

const FOLDERS: readonly (readonly [DraftName, string])[] = [
  ["4", "draft4"],
  ["6", "draft6"],
  ["7", "draft7"],
  ["2019-09", "draft2019-09"],
  ["2020-12", "draft2020-12"],
];

const listFiles = (folder: string): string[] =>
  readdirSync(join(SUITE, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".json"))
    .toSorted();

const readGroups = (folder: string, file: string): readonly Group[] =>
  JSON.parse(readFileSync(join(SUITE, folder, file), "utf8"));

/** The cases of a group in which the validator decides otherwise than the suite. */
const findDisagreements = async (draft: DraftName, { description, schema, tests }: Group): Promise<string[]> => {
  const found: string[] = [];
  for (const test of tests) {
    const outcome = await validate(schema, test.data, { defaultDraft: draft }).then(
      (issue) => issue?.message ?? "valid",
      (error: unknown) => {
        if (error instanceof SchemaError) return `error: ${error.message}`;
        throw error;
      },
    );
    const agrees = test.valid ? outcome === "valid" : outcome !== "valid" && !outcome.startsWith("error: ");
    if (!agrees) found.push(`${description}: ${test.description}: ${outcome}`);
  }
  return found;
};

const excludedBy = (file: string, { description }: Group) =>
  EXCLUSIONS.find(({ file: pattern, groups }) => pattern.test(file) && (groups?.includes(description) ?? true));

describe.each(FOLDERS)("JSON-Schema-Test-Suite of draft %s", (draft, folder) => {
  const files = listFiles(folder);

  it.each(files)("agrees with each case of %s that is not excluded", async (file) => {
    const disagreements: string[] = [];
    for (const group of readGroups(folder, file))
      if (excludedBy(file, group) === undefined) disagreements.push(...(await findDisagreements(draft, group)));
    expect(disagreements).toEqual([]);
  });

  it("has at least the mandatory files", () => {
    expect(files.filter((file) => !file.startsWith("optional"))).toEqual(
      expect.arrayContaining(["additionalProperties.json", "ref.json", "uniqueItems.json"]),
    );
  });
});

describe("an exclusion", () => {
  it.each(
    EXCLUSIONS.flatMap(({ file, groups = [undefined], reason }) => groups.map((group) => ({ file, group, reason }))),
  )("is still needed: $file $group", async ({ file: pattern, group: description }) => {
    const disagreements: string[] = [];
    for (const [draft, folder] of FOLDERS)
      for (const file of listFiles(folder).filter((name) => pattern.test(name)))
        for (const group of readGroups(folder, file))
          if (description === undefined || group.description === description)
            disagreements.push(...(await findDisagreements(draft, group)));
    expect(disagreements).not.toEqual([]);
  });
});
