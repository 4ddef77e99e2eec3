import type { Api } from "../../app/api.ts";
import { type HttpHandler, lambdaHandler } from "../../app/http/lambda.ts";
import { apiRoutes } from "./routes.ts";

/** The lambda that answers the protocol. */
export const apiHandler = (api: Api): HttpHandler => lambdaHandler(apiRoutes(api));
