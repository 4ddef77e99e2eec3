import { Page } from "../../components/index.ts";
import type { PageProps } from "../index.ts";

export default (_: PageProps) => <Page title="data">none</Page>;
