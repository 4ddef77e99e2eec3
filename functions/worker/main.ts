import { createLambdaRuntime } from "../../app/lambda-runtime.ts";
import { createWorker } from "./app.ts";
import { workerHandler } from "./handler.ts";

const { options, observe } = createLambdaRuntime();

export const handler = observe(workerHandler(await createWorker(options)));
