import { opening } from "../../app/deployed.ts";
import { openDispatch } from "../../app/dispatch.ts";
import { dispatchHandler } from "./handler.ts";

export const handler = dispatchHandler(await openDispatch(opening()));
