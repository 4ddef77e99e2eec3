import { createLambdaRuntime } from "../../app/lambda-runtime.ts";
import { createDispatcher, dispatchHandler } from "./app.ts";

const { options, observe, deployment } = createLambdaRuntime();

export const handler = observe(dispatchHandler(await createDispatcher({ ...options, routing: deployment.routing })));
