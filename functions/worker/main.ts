import { createLambdaApp } from "../../app/lambda-app.ts";
import { createWorker } from "./app.ts";
import { workerHandler } from "./handler.ts";

const { options, observe } = await createLambdaApp();

export const handler = observe(workerHandler(await createWorker(options)));
