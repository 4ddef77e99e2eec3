import { PARTS } from "./parts.ts";
import { type NewPlugin, packageName } from "./plugin.ts";

/**
 * @param node the oldest Node that runs its tests, if they do not use that of a checkout
 * @param test the command that runs its tests
 */
export const readme = (
  plugin: NewPlugin,
  { from, install, node, test }: { from: string; install: string | undefined; node: string | undefined; test: string },
): string => `# ${plugin.name}

${plugin.description}

A plugin of Kintoun, with ${plugin.parts.length === 1 ? "one part" : "these parts"}:

${plugin.parts.map((part) => `- **${part}**: ${PARTS[part].about}.`).join("\n")}

## Use
${install === undefined ? "" : `\nIn a checkout of Kintoun:\n\n\`\`\`sh\n${install}\n\`\`\`\n`}
In \`kintoun.config.ts\`:

\`\`\`ts
${configLines(plugin, from).join("\n")}
\`\`\`

## Test
${node === undefined ? "" : `\nThis needs Node ${node} or newer:\n`}
\`\`\`sh
${test}
\`\`\`

## License

${plugin.license === "UNLICENSED" ? "None: all rights are reserved." : plugin.license}
`;

/** The lines of `kintoun.config.ts` that enable the plugin. @param from the module that exports it */
export const configLines = ({ identifier }: NewPlugin, from: string): readonly string[] => [
  `import { ${identifier} } from ${JSON.stringify(from)};`,
  `// … and in the list of plugins:`,
  `plugins: [${identifier}()],`,
];

export const changelog = ({ name }: NewPlugin): string => `# Changes of ${name}

## Unreleased

- First version.
`;

/** The content of LICENSE, until the author replaces it with the full text. */
export const license = ({ name, author, license }: NewPlugin): string =>
  license === "UNLICENSED"
    ? `${packageName(name)}: all rights reserved${author === undefined ? "" : `, ${author}`}.\n`
    : `${packageName(name)} is licensed under ${license}${author === undefined ? "" : ` by ${author}`}.
Put the license's full text here: https://spdx.org/licenses/ has it.
`;
