import { deployed } from "../../app/deployed.ts";
import { openApi } from "./app.ts";
import { apiHandler } from "./handler.ts";

const { opening, observed } = deployed();

export const handler = observed(apiHandler(await openApi(opening)));
