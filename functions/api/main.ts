import { openApi } from "../../app/api.ts";
import { deployed } from "../../app/deployed.ts";
import { apiHandler } from "./handler.ts";

const { opening, observed } = deployed();

export const handler = observed(apiHandler(await openApi(opening)));
