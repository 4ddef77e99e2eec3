import { openSqliteCollections } from "../contracts/open-search.ts";
import { searchProperties } from "./search.ts";

searchProperties("sqlite", openSqliteCollections, 40);
