import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { options } from "../../plugins/email/options.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/plugins/email.md"), "utf8");

/** test/docs/plugins.test.ts runs the examples of the page. */
describe("docs/plugins/email.md", () => {
  it("has a row for each option", () => {
    const [, table = ""] = page.split("## Options");

    expect(Object.keys(options.in.shape).filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });
});
