import { givenSqs } from "../../local/sqs.ts";
import { queueContract } from "../contracts/queue.ts";
import { startElasticMq } from "./start-elasticmq.ts";

queueContract("ElasticMQ", async () => {
  const engine = await startElasticMq();
  return { ...givenSqs(engine.endpoint), stop: () => engine[Symbol.asyncDispose]() };
});
