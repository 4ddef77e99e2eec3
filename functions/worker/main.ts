import { createLambdaRuntime } from "../../app/deployed.ts";
import { createWorker } from "./app.ts";
import { workerHandler } from "./handler.ts";

const { options: opening, observe: observed } = createLambdaRuntime();

export const handler = observed(workerHandler(await createWorker(opening)));
