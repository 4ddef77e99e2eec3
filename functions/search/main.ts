import { createLambdaRuntime } from "../../app/lambda-runtime.ts";
import { createSearch, searchHandler } from "./app.ts";

const { options, observe } = createLambdaRuntime();

export const handler = observe(searchHandler(await createSearch(options)));
