import { refusedQueueContract } from "../contracts/refused-queue.ts";

refusedQueueContract("the embedded cloud", async () => undefined);
