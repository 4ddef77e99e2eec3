import { openNaiveCollections } from "../../contracts/open-search.ts";
import { searchContract } from "../../contracts/search.ts";

searchContract("naive", openNaiveCollections);
