import { siteConfig } from "../config.ts";

export default siteConfig;
