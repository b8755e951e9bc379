// Unpacks the browser that npm brought: node unpack.mjs, where node_modules is.
import { createReadStream, createWriteStream, writeFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { extract } from "tar-fs";

const packed = "node_modules/@sparticuz/chromium/bin";
const unpack = (name, target) =>
  pipeline(createReadStream(`${packed}/${name}`), createBrotliDecompress(), target);

await unpack("al2023.tar.br", extract("libraries"));
await unpack("fonts.tar.br", extract("."));
// Its own settings look for fonts where AWS Lambda has them; without any it ends at once.
writeFileSync(
  "fonts.conf",
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${process.cwd()}/fonts</dir>
  <cachedir>${process.cwd()}/fonts-cache</cachedir>
</fontconfig>
`,
);
await unpack("chromium.br", createWriteStream("chromium", { mode: 0o755 }));
