import { afterAll } from "@jest/globals";
import { refusedQueueContract } from "../contracts/refused-queue.ts";
import type { RunningEngine } from "./run-engine.ts";
import { startElasticMq } from "./start-elasticmq.ts";

let engine: RunningEngine | undefined;

refusedQueueContract("ElasticMQ", async () => {
  engine = await startElasticMq();
  return engine.endpoint;
});
afterAll(() => engine?.[Symbol.asyncDispose]());
