import { join } from "node:path";
import { DeleteQueueCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { LOCAL_CREDENTIALS } from "../../local/dynamodb.ts";
import { findFreeAddress } from "../../local/server.ts";
import { fetchJars, findJdk } from "./java.ts";
import { type RunningEngine, runEngine, shareEngine } from "./run-engine.ts";

/**
 * Starts ElasticMQ, an SQS-compatible server, in memory on a free loopback address. Requires JDK 17 or later, and Maven
 * for the first start.
 */
const startElasticMq = async (): Promise<RunningEngine> => {
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

const sharedEndpoint = shareEngine(startElasticMq);

/** Deletes the queues of the ElasticMQ of this process. The first call starts it, see {@link shareEngine}. */
export const useElasticMq = async (): Promise<string> => {
  const endpoint = await sharedEndpoint();
  const client = new SQSClient({ endpoint, ...LOCAL_CREDENTIALS });
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  for (const QueueUrl of QueueUrls) await client.send(new DeleteQueueCommand({ QueueUrl }));
  client.destroy();
  return endpoint;
};
