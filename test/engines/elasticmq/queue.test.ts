import { useExternalSqs } from "../../../local/sqs.ts";
import { queueContract } from "../../contracts/queue.ts";
import { useElasticMq } from "../start-elasticmq.ts";

queueContract("ElasticMQ", async () => useExternalSqs(await useElasticMq()));
