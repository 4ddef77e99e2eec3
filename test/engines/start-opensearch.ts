import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileClasses, fetchJars, findJdk } from "./java.ts";
import { type RunningEngine, runEngine } from "./run-engine.ts";

const ENGINE = join(import.meta.dirname, "opensearch");

/**
 * Starts one OpenSearch node with a temporary data folder on a free loopback port. Requires JDK 21 or later, and Maven
 * for the first start.
 */
export const startOpenSearch = async (): Promise<RunningEngine> => {
  const jdk = findJdk(21);
  const lib = fetchJars(ENGINE);
  const classes = compileClasses(ENGINE, jdk);
  const data = await mkdtemp(join(tmpdir(), "kintoun-opensearch-"));
  const engine = await runEngine(
    join(jdk, "bin", "java"),
    [
      ...[
        "-Xms256m",
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        "-Djava.awt.headless=true",
      ],
      ...["-Dlog4j2.disable.jmx=true", `-Dlog4j.configurationFile=${join(ENGINE, "log4j2.properties")}`],
      ...["-cp", `${classes}:${join(lib, "*")}`, "SingleNode", data],
    ],
    async (output) => {
      const endpoint = /READY (\S+)/.exec(output)?.[1];
      if (endpoint === undefined) return undefined;
      const health = await fetch(`${endpoint}/_cluster/health?wait_for_status=yellow&timeout=30s`);
      return health.ok ? endpoint : undefined;
    },
  );
  return {
    ...engine,
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]();
      await rm(data, { recursive: true, force: true });
    },
  };
};
