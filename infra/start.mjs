// JavaScript, because a Node that is too old could not read anything else, and could not say so.
if (!process.features.typescript) {
  console.error(
    `Kintoun's infra needs Node 24, and this is ${process.version}: run it as \`npx cdk …\` after \`npm ci\`, which brings that Node.`,
  );
  process.exit(1);
}
await import("./main.ts");
