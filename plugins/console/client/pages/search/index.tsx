import { Page } from "../../components/index.ts";
import type { PageProps } from "../index.ts";

export default (_: PageProps) => <Page title="search">none</Page>;
