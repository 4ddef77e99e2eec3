import { deployed } from "../../app/deployed.ts";
import { openSearchFunction } from "./app.ts";
import { searchHandler } from "./handler.ts";

const { opening, observed } = deployed();

export const handler = observed(searchHandler(await openSearchFunction(opening)));
