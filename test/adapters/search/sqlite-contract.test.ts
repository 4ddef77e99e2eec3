import { openSqliteCollections } from "../../contracts/open-search.ts";
import { searchContract } from "../../contracts/search.ts";

searchContract("sqlite", openSqliteCollections);
