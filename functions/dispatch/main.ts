import { deployed } from "../../app/deployed.ts";
import { openDispatch } from "./app.ts";
import { dispatchHandler } from "./handler.ts";

const { opening, observed } = deployed();

export const handler = observed(dispatchHandler(await openDispatch(opening)));
