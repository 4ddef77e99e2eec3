import { opening } from "../../app/deployed.ts";
import { openWorker } from "../../app/worker.ts";
import { workerHandler } from "./handler.ts";

export const handler = workerHandler(await openWorker(opening()));
