import { useExternalSqs } from "../../local/sqs.ts";
import { queueContract } from "../contracts/queue.ts";
import { startElasticMq } from "./start-elasticmq.ts";

queueContract("ElasticMQ", async () => {
  const engine = await startElasticMq();
  return { ...useExternalSqs(engine.endpoint), stop: () => engine[Symbol.asyncDispose]() };
});
