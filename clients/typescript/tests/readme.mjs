// The examples of README.md as one module: `npm run check` compiles it, a test runs it.

import { readFileSync, writeFileSync } from "node:fs";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
const [imports, code] = [true, false].map((wanted) =>
  blocks.flatMap((block) => block.split("\n").filter((line) => line.startsWith("import ") === wanted)),
);
const module = `// Made from README.md by tests/readme.mjs.
${imports.join("\n").replaceAll('"integration-installs-client"', '"../src/index.js"')}
import type { Install } from "../src/index.js";

export async function examples(
  baseUrl: string,
  getToken: () => Promise<string>,
  show: (...shown: unknown[]) => void,
): Promise<void> {
${code.join("\n")}
}
`;
writeFileSync(new URL("examples.ts", import.meta.url), module);
