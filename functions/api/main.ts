import { createLambdaApp } from "../../app/lambda-app.ts";
import { apiHandler, createApi } from "./app.ts";

const { options, observe } = await createLambdaApp();

export const handler = observe(apiHandler(await createApi(options)));
