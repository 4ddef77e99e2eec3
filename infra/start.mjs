// JavaScript, because an old Node cannot run TypeScript and could not print this message.
if (!process.features.typescript) {
  console.error(
    `Kintoun's infra needs Node 24, but this is ${process.version}. Run \`npm ci\`, which installs it, and then \`npx cdk …\`.`,
  );
  process.exit(1);
}
await import("./main.ts");
