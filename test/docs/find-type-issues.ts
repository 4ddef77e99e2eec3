import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const COMPILER = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");

/** Type-checks the files of a folder two levels below the root. Returns the compiler's output, or "" without issues. */
export const findTypeIssues = async (folder: string): Promise<string> => {
  const settings = { extends: "../../tsconfig.json", include: ["*.ts"], exclude: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  return promisify(execFile)(process.execPath, [COMPILER, "-p", folder], { cwd: folder }).then(
    () => "",
    ({ stdout }) => stdout,
  );
};
