import { refusedQueueContract } from "../../contracts/refused-queue.ts";
import { useElasticMq } from "../start-elasticmq.ts";

refusedQueueContract("ElasticMQ", useElasticMq);
