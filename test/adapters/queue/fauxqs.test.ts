import { startSqs } from "../../../local/sqs.ts";
import { queueContract } from "../../contracts/queue.ts";

queueContract("fauxqs", () => startSqs(undefined));
