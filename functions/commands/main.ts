import { createLambdaApp } from "../../app/lambda-app.ts";
import { PACKAGE_URL_VARIABLE } from "../../config/function-variables.ts";
import { commandsHandler } from "./app.ts";

const { options, observe, variables } = await createLambdaApp();

export const handler = observe(commandsHandler({ ...options, url: variables[PACKAGE_URL_VARIABLE] }));
