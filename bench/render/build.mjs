// One script out of the modules of a wall in JavaScript, as a browser would be sent it.
import { transformAsync } from "@babel/core";
import solidPreset from "babel-preset-solid";
import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export const ENTRIES = { vanilla: "vanilla/wall.js", solid: "solid/wall.jsx", react: "react/wall.jsx" };

// Solid's own compiler turns its markup into templates and effects.
const solid = {
  name: "solid",
  setup({ onLoad }) {
    onLoad({ filter: /\/solid\/.*\.jsx$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await transformAsync(source, {
        presets: [solidPreset],
        filename: path,
        babelrc: false,
        configFile: false,
      });
      return { contents: code, loader: "js" };
    });
  },
};

/** The script's text. */
export async function bundle(variant) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(ENTRIES[variant], import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [solid],
  });
  return outputFiles[0].text;
}
