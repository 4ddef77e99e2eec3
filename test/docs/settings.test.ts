import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { readConfig } from "../../config/config.ts";
import { readOverrides } from "../../config/environment.ts";
import { SETTING_NAMES, settingVariable } from "../../config/settings.ts";
import { basicauth } from "../../plugins/basicauth/index.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/operations/settings.md"), "utf8");

/** `{a,b}C` is `aC` and `bC`. */
const expand = (text: string): string[] => {
  const [found, parts = ""] = /\{([^}]+)\}/.exec(text) ?? [];
  return found === undefined ? [text] : parts.split(",").flatMap((part) => expand(text.replace(found, part)));
};
const code = (cell: string): string => /`([^`]*)`/.exec(cell)?.[1] ?? "";
/** A row for each setting in the first table: its name, default and variable. */
const rows = [...page.matchAll(/^\| `([^`]+)` \|([^|]*)\| `(KINTOUN_[^`]+)` \| \S.* \|$/gm)].flatMap(
  ([, names = "", standard = "", variables = ""]) =>
    expand(names).map((name, at) => ({ name, standard: code(standard), variable: expand(variables)[at] })),
);

describe("docs/operations/settings.md", () => {
  it("has a row for each setting", () => {
    expect(rows.map(({ name }) => name).toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  it("lists the defaults and variables", () => {
    const { settings } = readConfig({ plugins: [] });
    const actual = SETTING_NAMES.map((name) => ({
      name,
      standard: JSON.stringify(settings[name]) ?? "",
      variable: settingVariable(name),
    }));

    expect(rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      actual.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
  });

  it("shows a valid config", () => {
    const [, settings = ""] = /```ts[^`]*settings: (\{.*\}),\n/.exec(page) ?? [];
    // JSON but for the quotes of its keys.
    const given = JSON.parse(settings.replace(/(\w+):(?= )/g, '"$1":').replace(/\s+\}/g, "}"));

    expect(readConfig({ plugins: [basicauth()], settings: given }).settings.places).toEqual(
      new Map([["blog", { recordCacheExpiresSeconds: 30 }]]),
    );
  });

  it("lists only known variables", () => {
    const named = [...page.matchAll(/^\| `(KINTOUN_\w+)` \|/gm)].map(([, name = ""]) => name);

    expect(named.length).toBeGreaterThanOrEqual(3);
    expect(() => readOverrides(Object.fromEntries(named.map((name) => [name, "true"])))).not.toThrow();
  });
});
