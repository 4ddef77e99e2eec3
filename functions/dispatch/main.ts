import { createLambdaRuntime } from "../../app/deployed.ts";
import { createDispatcher, dispatchHandler } from "./app.ts";

const { options, observe } = createLambdaRuntime();

export const handler = observe(dispatchHandler(await createDispatcher(options)));
