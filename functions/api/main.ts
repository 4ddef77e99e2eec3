import { createLambdaRuntime } from "../../app/deployed.ts";
import { apiHandler, createApi } from "./app.ts";

const { options, observe } = createLambdaRuntime();

export const handler = observe(apiHandler(await createApi(options)));
