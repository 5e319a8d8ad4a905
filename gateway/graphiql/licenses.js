import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

// Packages that say MIT and ship no text: the text of the repository they come from.
const TEXT_OF = {
  '@graphiql/plugin-doc-explorer': '@graphiql/react',
  '@graphiql/plugin-explorer': '@graphiql/react',
  '@graphiql/plugin-history': '@graphiql/react',
  'react-compiler-runtime': 'react',
  'react-remove-scroll-bar': 'react-remove-scroll',
}
const IS_LICENSE = /^(licen[cs]e|notice|third-?party-?notices)/i

function folderOf(moduleId) {
  let folder = dirname(moduleId)
  while (folder !== dirname(folder)) {
    const manifest = join(folder, 'package.json') // some folders hold one without a name: not a package
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version) return folder
    folder = dirname(folder)
  }
  throw new Error(`no package holds ${moduleId}`)
}

const texts = (folder) =>
  readdirSync(folder)
    .filter((name) => IS_LICENSE.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())

function section(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const found = [...texts(folder), ...(name in TEXT_OF ? texts(join('node_modules', TEXT_OF[name])) : [])]
  if (found.length === 0) throw new Error(`${name} ships no licence text: add it to TEXT_OF`)
  return `## ${name} ${version} (${license})\n\n${found.join('\n\n')}\n`
}

/**
 * Writes the licence texts of all that is bundled to licenses.md. Vite's own `build.license` leaves out what only the
 * workers bundle, and third-party notices (Monaco's).
 */
export function licenses() {
  const folders = new Set()
  const collect = {
    name: 'collect-licenses',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.moduleIds ?? []) {
          const path = id.replace(/^\0/, '').split('?')[0]
          if (path.includes('/node_modules/')) folders.add(folderOf(path))
        }
      }
    },
  }
  const write = {
    name: 'write-licenses',
    generateBundle() {
      const sections = [...folders].map(section)
      const source = ['# What is bundled here, and under which terms\n', ...new Set(sections.sort())].join('\n')
      this.emitFile({ type: 'asset', fileName: 'licenses.md', source })
    },
  }
  return { collect, write }
}
