import { copyFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadSdist } from "../../download-sdist.ts";

const HERE = import.meta.dirname;
const TESTS = ["__init__.py", "support.py", "test_functional.py", "test_functional_async.py"];

/**
 * Prepares the client's functional tests in a temporary folder, which the caller removes.
 * The tests come from the client's source distribution, the fixtures from this folder.
 * @param python the interpreter of an environment which has the packages of requirements.txt
 * @returns the folder in which pytest runs
 * @throws Error if PyPI is not reachable, or if the archive's hash differs from sdist.txt
 */
export const unpackTests = (python: string): string => {
  const source = join(downloadSdist(python, join(HERE, "sdist.txt"), { hasBuildTools: true }), "tests");
  const folder = mkdtempSync(join(tmpdir(), "kinto-http-tests-"));
  mkdirSync(join(folder, "tests"));
  for (const file of TESTS) copyFileSync(join(source, file), join(folder, "tests", file));
  copyFileSync(join(HERE, "conftest.py"), join(folder, "tests", "conftest.py"));
  copyFileSync(join(HERE, "pytest.ini"), join(folder, "pytest.ini"));
  return folder;
};
