import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";
import { catalogue } from "./catalogue.ts";

/** Tells the service worker which files the shell is made of, and a version that changes with any of them. */
function shellOfTheWorker(): Plugin {
  return {
    name: "shell-of-the-worker",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const worker = bundle["sw.js"];
        if (worker?.type !== "chunk") throw new Error("the service worker was not built");
        if (worker.imports.length || worker.exports.length) throw new Error("the service worker must be one file without imports");
        const assets = Object.keys(bundle).filter((name) => /^assets\/.*\.(js|css|json)$/.test(name));
        const index = bundle["index.html"];
        const version = createHash("sha256")
          .update(JSON.stringify([Object.keys(bundle).sort(), worker.code, index?.type === "asset" ? String(index.source) : ""]))
          .digest("hex")
          .slice(0, 12);
        const files = ["/", "/hearth.svg", "/icons/icon-192.png", ...assets.map((name) => `/${name}`)].sort();
        worker.code = worker.code.replaceAll("__SHELL__", JSON.stringify({ version, files }));
      },
    },
  };
}

/** A typeface that comes after the first words is left for the next time: nothing moves because of it. */
function stillLetters(): Plugin {
  return {
    name: "still-letters",
    enforce: "pre",
    transform: (code, id) => (/fontsource.*\.css$/.test(id) ? { code: code.replaceAll("font-display: swap", "font-display: optional"), map: null } : null),
  };
}

export default defineConfig({
  build: {
    outDir: "../src/hearthwatch/web/dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the page's policy allows no data: addresses
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: "index.html", sw: "src/worker/main.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        // what nearly every page needs in one piece: twenty small ones compress worse
        advancedChunks: { groups: [{ name: "shared", test: /ui\/(node_modules|src\/(words|parts|live|[a-z]+\.ts|(doors|accounts)\/(api|words|proving)|setup\/welcome|fleet\/(far|Fleet)))/ }] },
      },
    },
  },
  plugins: [catalogue(), stillLetters(), shellOfTheWorker()],
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
});
