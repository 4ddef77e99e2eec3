/** Styles that Vite bundles with the page that imports them. */
declare module "*.css";
