import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { storeHookPoints } from "@kintoun/kit";

const page = readFileSync(join(import.meta.dirname, "../../docs/plugins/hooks.md"), "utf8");

describe("docs/plugins/hooks.md", () => {
  it("has a row for each hook point of the store", () => {
    const rows = [...page.matchAll(/^\| `([\w.]+)` \| (.*?) \| (.*?) \| (yes|no) \|$/gm)].map(
      ([, name, about, params, veto]) => ({ name, about, params, veto }),
    );

    expect(rows).toEqual(
      Object.values(storeHookPoints).map(({ name, about, params, veto }) => ({
        name,
        about,
        params:
          Object.entries(params)
            .map(([param, description]) => `\`${param}\`: ${description}`)
            .join(" ") || "none",
        veto: veto ? "yes" : "no",
      })),
    );
  });
});
