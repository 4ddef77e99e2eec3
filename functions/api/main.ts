import { createLambdaRuntime } from "../../app/lambda-runtime.ts";
import { apiHandler, createApi } from "./app.ts";

const { options, observe } = createLambdaRuntime();

export const handler = observe(apiHandler(await createApi(options)));
