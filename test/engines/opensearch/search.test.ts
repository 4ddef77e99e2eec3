import { fedSearchContract } from "../../contracts/fed-search.ts";
import { openOpenSearchCollections } from "../../contracts/open-search.ts";
import { searchContract } from "../../contracts/search.ts";
import { searchProperties } from "../../property/search.ts";
import { useOpenSearch } from "../start-opensearch.ts";

const open = async () => openOpenSearchCollections((await useOpenSearch()).endpoint);

searchContract("opensearch", open);
fedSearchContract("opensearch", open);
searchProperties("opensearch", open, 15);
