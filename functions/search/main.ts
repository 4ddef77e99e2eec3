import { createLambdaApp } from "../../app/lambda-app.ts";
import { createSearch, searchHandler } from "./app.ts";

const { options, observe } = await createLambdaApp();

export const handler = observe(searchHandler(await createSearch(options)));
