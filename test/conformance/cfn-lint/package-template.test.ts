import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { toBundleFolders } from "../../../infra/bundle.ts";
import { createTemplate, readVariants } from "../../../infra/package/write-package.ts";
import kintounConfig from "../../../kintoun.config.ts";
import { createVenv } from "../../create-venv.ts";

const bin = createVenv("cfn-lint", join(import.meta.dirname, "requirements.txt"));

/** Rules that are not checked, with the reason. */
const IGNORED = {
  W3005: "CDK lists each role in DependsOn, beside the reference to it.",
  W1030: "The default of CertificateArn is empty. A rule of the template asks for it where there is a domain.",
};

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, "../../../cdk.json"), "utf8")) as {
  context: Record<string, unknown>;
};

describe("cfn-lint", () => {
  const folder = mkdtempSync(join(tmpdir(), "kintoun-cfn-lint-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("finds nothing in the template of a package", () => {
    const folders = toBundleFolders(folder);
    for (const one of Object.values(folders)) mkdirSync(one, { recursive: true });
    const configs = readVariants(kintounConfig);
    const { template } = createTemplate({ configs, folders, name: "kintoun-1.0.0", context });
    const file = join(folder, "template.json");
    writeFileSync(file, JSON.stringify(template, null, 1));

    const options = ["--ignore-checks", ...Object.keys(IGNORED), "--", file];
    // The first line of the script names the folder in which pip has made it.
    const { stdout, stderr, status } = spawnSync(join(bin, "python"), [join(bin, "cfn-lint"), ...options], {
      encoding: "utf8",
    });
    expect([stdout, stderr, status]).toEqual(["", "", 0]);
  });
});
