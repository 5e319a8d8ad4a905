import { defineConfig } from 'vite'
import { licenses } from './licenses.js'

const { collect, write } = licenses()

export default defineConfig({
  base: './', // the page also works below a path prefix
  plugins: [collect, write],
  worker: { format: 'es', plugins: () => [collect] },
  build: {
    outDir: '../static/graphiql',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // no data: scripts, which the Content-Security-Policy forbids
    modulePreload: false, // its polyfill would be an inline script
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000, // Monaco is one chunk
    rolldownOptions: {
      onLog: (level, log, report) => log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log), // "use client"
    },
  },
})
