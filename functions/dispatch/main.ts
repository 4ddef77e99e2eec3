import { createLambdaRuntime } from "../../app/lambda-runtime.ts";
import { createDispatcher, dispatchHandler } from "./app.ts";

const { options, observe } = createLambdaRuntime();

export const handler = observe(dispatchHandler(await createDispatcher(options)));
