import { openApi } from "../../app/api.ts";
import { opening } from "../../app/deployed.ts";
import { apiHandler } from "./handler.ts";

export const handler = apiHandler(await openApi(opening()));
