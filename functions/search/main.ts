import { opening } from "../../app/deployed.ts";
import { openSearchFunction } from "../../app/search.ts";
import { searchHandler } from "./handler.ts";

export const handler = searchHandler(await openSearchFunction(opening()));
