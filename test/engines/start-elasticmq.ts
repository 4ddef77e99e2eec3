import { join } from "node:path";
import { findFreeAddress } from "../../local/server.ts";
import { fetchJars, findJdk } from "./java.ts";
import { type RunningEngine, runEngine } from "./run-engine.ts";

/**
 * Starts ElasticMQ, an SQS-compatible server, in memory on a free loopback address. Requires JDK 17 or later, and Maven
 * for the first start.
 */
export const startElasticMq = async (): Promise<RunningEngine> => {
  const jdk = findJdk(17);
  const folder = join(import.meta.dirname, "elasticmq");
  const lib = fetchJars(folder);
  const { host, port } = await findFreeAddress();
  const endpoint = `http://${host}:${port}`;
  return runEngine(
    join(jdk, "bin", "java"),
    [
      ...["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", `-Dconfig.file=${join(folder, "elasticmq.conf")}`],
      ...[`-Drest-sqs.bind-hostname=${host}`, `-Drest-sqs.bind-port=${port}`],
      ...[`-Dnode-address.host=${host}`, `-Dnode-address.port=${port}`],
      ...["-cp", join(lib, "*"), "org.elasticmq.server.Main"],
    ],
    async () => {
      await fetch(endpoint);
      return endpoint;
    },
  );
};
