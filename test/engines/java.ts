import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const JVM_FOLDER = "/usr/lib/jvm";

/**
 * Returns the home folder of a JDK: `JAVA21_HOME`, `JAVA_HOME`, or the newest one under /usr/lib/jvm.
 * Throws if none has at least version `minVersion`.
 */
export const findJdk = (minVersion: number): string => {
  const installed = existsSync(JVM_FOLDER) ? readdirSync(JVM_FOLDER).map((name) => join(JVM_FOLDER, name)) : [];
  const configured = [process.env.JAVA21_HOME, process.env.JAVA_HOME].filter(
    (home) => home !== undefined && home !== "",
  ) as string[];
  const found = [...configured, ...installed]
    .map((home) => ({ home, version: readVersion(home) }))
    .filter(({ version }) => version >= minVersion);
  const best =
    found.find(({ home }) => configured.includes(home)) ?? found.toSorted((a, b) => b.version - a.version)[0];
  if (best === undefined)
    throw new Error(
      `This test engine needs JDK ${minVersion} or later. Install one under ${JVM_FOLDER}, or set JAVA21_HOME.`,
    );
  return best.home;
};

const readVersion = (home: string): number => {
  if (!existsSync(join(home, "bin", "javac"))) return 0;
  const { stderr } = spawnSync(join(home, "bin", "java"), ["-version"], { encoding: "utf8" });
  return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
};

/** Returns the folder with an engine's jars. Maven downloads those of its pom.xml on the first call (up to 80 MB). */
export const fetchJars = (engine: string): string => {
  const lib = join(engine, "lib");
  if (existsSync(lib)) return lib;
  const partial = `${lib}-${process.pid}`;
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
  run("mvn", [
    "-q",
    "-B",
    "-f",
    join(engine, "pom.xml"),
    goal,
    `-DoutputDirectory=${partial}`,
    "-DincludeScope=runtime",
  ]);
  publishFolder(partial, lib);
  return lib;
};

/** Returns the folder with an engine's own classes. Compiles them on the first call. */
export const compileClasses = (engine: string, jdk: string): string => {
  const classes = join(engine, "classes");
  if (existsSync(classes)) return classes;
  const partial = `${classes}-${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const sources = readdirSync(join(engine, "src")).map((name) => join(engine, "src", name));
  run(join(jdk, "bin", "javac"), ["-cp", join(engine, "lib", "*"), "-d", partial, ...sources]);
  publishFolder(partial, classes);
  return classes;
};

/** Renames a complete folder to its final name. Discards it if another process did so before. */
const publishFolder = (partial: string, folder: string): void => {
  try {
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
};

const run = (command: string, args: readonly string[]): void => {
  try {
    execFileSync(command, args, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  } catch (error) {
    const { stdout = "", stderr = "", code } = error as { stdout?: string; stderr?: string; code?: string };
    throw new Error(
      code === "ENOENT"
        ? `This test engine needs ${command}. Install it, and check that it is on the PATH.`
        : `${command} failed:\n${stdout}${stderr}`.slice(0, 4000),
    );
  }
};
