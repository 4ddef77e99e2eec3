import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "@jest/globals";
import { options } from "../../plugins/email/options.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/email.md"), "utf8");
const examples = [...page.matchAll(/^```ts\n\/\/ example: (.*)\n([\s\S]*?)^```$/gm)].map(
  ([, name = "", source = ""]) => ({ name, source }),
);

// In a folder of the checkout, for what they import; in the one that nobody looks for sources in.
mkdirSync(join(root, ".kintoun"), { recursive: true });
const folder = mkdtempSync(join(root, ".kintoun/examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("docs/email.md", () => {
  it.each(examples)("does what it says: $name", async ({ name, source }) => {
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, source.replaceAll('from "../', `from "${root}/`));
    expect.hasAssertions();
    await import(pathToFileURL(file).href);
  });

  it("has examples, and tells of every option", () => {
    expect(examples).toHaveLength(4);
    const shape = options.in.shape;
    const [, table = ""] = page.split("## Options");
    expect(Object.keys(shape).filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });
});
