// Renders ZPL files with zpl-renderer-js, a reader that is not ours: each
// x.zpl into x.png beside it.
// usage: node render.mjs NODE_MODULES DPMM WIDTH_MM HEIGHT_MM FILE.zpl...
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const [modules, dpmm, width, height, ...files] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(modules), "x.js"));
const { ready } = require("zpl-renderer-js");
const { api } = await ready;
for (const file of files) {
  const png = await api.zplToBase64Async(readFileSync(file, "latin1"), Number(width), Number(height), Number(dpmm));
  writeFileSync(file.replace(/zpl$/, "png"), Buffer.from(png, "base64"));
}
process.exit(0); // its WebAssembly keeps timers alive
