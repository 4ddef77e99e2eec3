import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const HERE = import.meta.dirname;
const CACHE = join(HERE, "../../../node_modules/.cache");
const DOWNLOAD = [
  "download",
  ...["--quiet", "--disable-pip-version-check", "--no-input"],
  ...["--require-hashes", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"],
];
const TESTS = ["__init__.py", "test_functional.py", "test_functional_async.py"];

/**
 * Prepares the client's functional tests in a temporary folder, which the caller removes.
 * The tests come from the client's source distribution, the fixtures from this folder.
 * @param python the interpreter of an environment which has the packages of requirements.txt
 * @returns the folder in which pytest runs
 * @throws Error if PyPI is not reachable, or if the archive's hash differs from sdist.txt
 */
export const unpackTests = (python: string): string => {
  const source = join(downloadSource(python), "tests");
  const folder = mkdtempSync(join(tmpdir(), "kinto-http-tests-"));
  mkdirSync(join(folder, "tests"));
  for (const file of TESTS) copyFileSync(join(source, file), join(folder, "tests", file));
  for (const file of ["conftest.py", "support.py"]) copyFileSync(join(HERE, file), join(folder, "tests", file));
  copyFileSync(join(HERE, "pytest.ini"), join(folder, "pytest.ini"));
  return folder;
};

/** The unpacked source distribution. It is downloaded once per version. */
const downloadSource = (python: string): string => {
  const requirement = join(HERE, "sdist.txt");
  const hash = createHash("sha256").update(readFileSync(requirement)).digest("hex").slice(0, 12);
  const folder = join(CACHE, `kinto-http-sdist-${hash}`);
  if (!existsSync(folder)) {
    const partial = `${folder}-${process.pid}`;
    mkdirSync(partial, { recursive: true });
    try {
      run(python, ["-m", "pip", ...DOWNLOAD, "-d", partial, "-r", requirement]);
      const [archive = ""] = readdirSync(partial);
      run(python, ["-m", "tarfile", "-e", join(partial, archive), partial]);
      rmSync(join(partial, archive));
      renameSync(partial, folder);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  const [name = ""] = readdirSync(folder);
  return join(folder, name);
};

const run = (command: string, args: readonly string[]): void => {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
};
