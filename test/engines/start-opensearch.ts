import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileClasses, fetchJars, findJdk } from "./java.ts";
import { type RunningEngine, runEngine, shareEngine } from "./run-engine.ts";

const ENGINE = join(import.meta.dirname, "opensearch");

/** Empties the OpenSearch node of this process. The first call starts the node, see {@link shareEngine}. */
export const useOpenSearch = async (): Promise<{ readonly endpoint: string }> => {
  const endpoint = await sharedEndpoint();
  for (const path of ["*", "_index_template/*"]) {
    const { ok, status } = await fetch(`${endpoint}/${path}`, { method: "DELETE" });
    if (!ok) throw new Error(`OpenSearch cannot be emptied: DELETE ${path} returns ${status}`);
  }
  return { endpoint };
};

/**
 * Starts one OpenSearch node with a temporary data folder on a free loopback port. Requires JDK 21 or later, and Maven
 * for the first start.
 * @param heapMb maximum heap of Java
 */
export const startOpenSearch = async (heapMb = 512): Promise<RunningEngine> => {
  const jdk = findJdk(21);
  const lib = fetchJars(ENGINE);
  const classes = compileClasses(ENGINE, jdk);
  const data = await mkdtemp(join(tmpdir(), "kintoun-opensearch-"));
  const engine = await runEngine(
    join(jdk, "bin", "java"),
    [
      ...[
        "-Xms256m",
        `-Xmx${heapMb}m`,
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
  process.once("exit", () => rmSync(data, { recursive: true, force: true }));
  return engine;
};

const sharedEndpoint = shareEngine(() => startOpenSearch());
