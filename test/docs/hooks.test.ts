import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { points } from "@kintoun/kit";

const page = readFileSync(join(import.meta.dirname, "../../docs/hooks.md"), "utf8");
const rows = [...page.matchAll(/^\| `([\w.]+)` \| (.*?) \| (.*?) \| (yes|no) \|$/gm)].map(
  ([, name, about, tells, veto]) => ({ name, about, tells, veto }),
);

describe("docs/hooks.md", () => {
  it("lists every point with what it tells, and none that there is not", () => {
    expect(rows).toEqual(
      Object.values(points).map(({ name, about, params, veto }) => ({
        name,
        about,
        tells:
          Object.entries(params)
            .map(([param, told]) => `\`${param}\`: ${told}`)
            .join(" ") || "nothing",
        veto: veto ? "yes" : "no",
      })),
    );
  });

  it("tells of each of Elita's hooks, and names no point that there is not", () => {
    const [, table = ""] = page.split("## Elita's hooks");
    const elita = [...table.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| .+ \|$/gm)];
    expect(elita.map(([, name]) => name)).toEqual([
      "BUILD_UPLOAD_SUCCESS",
      "GITDEPLOY_INIT_PRE",
      "GITDEPLOY_INIT_POST",
      "GITDEPLOY_DEINIT_PRE",
      "GITDEPLOY_DEINIT_POST",
      "GITDEPLOY_COMMIT_DIFF",
      "AUTO_DEPLOYMENT_START",
      "AUTO_DEPLOYMENT_BATCH_BEGIN",
      "AUTO_DEPLOYMENT_BATCH_DONE",
      "AUTO_DEPLOYMENT_COMPLETE",
    ]);
    const named = elita.flatMap(([, , ours = ""]) =>
      [...ours.matchAll(/`([a-z]+\.[a-z]+)`/g)].map(([, name = ""]) => name),
    );
    expect(named.filter((name) => !Object.hasOwn(points, name))).toEqual([]);
  });
});
