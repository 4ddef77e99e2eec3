import { createLambdaRuntime } from "../../app/deployed.ts";
import { createDispatcher } from "./app.ts";
import { dispatchHandler } from "./handler.ts";

const { options: opening, observe: observed } = createLambdaRuntime();

export const handler = observed(dispatchHandler(await createDispatcher(opening)));
