import { join } from "node:path";
import { findFreePort } from "../../local/server.ts";
import { fetchJars, findJdk } from "./java.ts";
import { type RunningEngine, runEngine, shareEngine } from "./run-engine.ts";

/**
 * Starts DynamoDB Local in memory on a free port. It has a database for each access key. Requires JDK 17 or later, and Maven for the first start.
 * WARNING: It listens on all network interfaces and has no option to change that. Use it only behind a firewall.
 */
const startDynamoDbLocal = async (): Promise<RunningEngine> => {
  const jdk = findJdk(17);
  const lib = fetchJars(join(import.meta.dirname, "dynamodb-local"));
  const port = await findFreePort();
  const endpoint = `http://127.0.0.1:${port}`;
  return runEngine(
    join(jdk, "bin", "java"),
    [
      ...[
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        `-Djava.library.path=${lib}`,
        `-Dsqlite4java.library.path=${lib}`,
      ],
      ...["-cp", join(lib, "*"), "software.amazon.dynamodb.services.local.main.ServerRunner"],
      ...["-port", String(port), "-disableTelemetry", "-inMemory"],
    ],
    async () => {
      await fetch(endpoint);
      return endpoint;
    },
  );
};

/** Returns the endpoint of the DynamoDB Local of this process. The first call starts it, see {@link shareEngine}. */
export const useDynamoDbLocal = shareEngine(startDynamoDbLocal);
