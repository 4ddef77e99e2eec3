import { deployed } from "../../app/deployed.ts";
import { openWorker } from "./app.ts";
import { workerHandler } from "./handler.ts";

const { opening, observed } = deployed();

export const handler = observed(workerHandler(await openWorker(opening)));
