// GraphiQL keeps tabs and history in localStorage. Three things it does not do by itself are done here.
const PREFIX = 'onefold:' // every GraphiQL ever opened on localhost:8000 shares one store: do not show its tabs
const TABS = 'graphiql:tabState'
const EXAMPLES = 'examples'
// GraphiQL's history writes request headers whatever shouldPersistHeaders says: a key must not end on the disk.
const HOLDS_HEADERS = new Set([TABS, 'graphiql:queries', 'graphiql:favorites'])

const parsed = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
const withoutHeaders = (text) => JSON.stringify(parsed(text), (key, value) => (key === 'headers' ? null : value))

/** The page's own corner of `backing`; null, which GraphiQL takes for "remember nothing", where the browser forbids it. */
export function ownStorage(backing = () => window.localStorage) {
  let store
  try {
    store = backing()
    store.getItem(PREFIX)
  } catch {
    return null
  }
  const ownKeys = () => Object.keys(store).filter((key) => key.startsWith(PREFIX))
  return {
    getItem: (key) => store.getItem(PREFIX + key),
    setItem: (key, value) => store.setItem(PREFIX + key, HOLDS_HEADERS.has(key) ? withoutHeaders(value) : value),
    removeItem: (key) => store.removeItem(PREFIX + key),
    clear: () => ownKeys().forEach((key) => store.removeItem(key)),
    get length() {
      return ownKeys().length
    },
  }
}

const isStoredTab = (tab) => typeof tab?.id === 'string' && typeof tab.title === 'string'

/**
 * Brings stored tabs up to date when the examples have changed (another demo database, a newer page): the old examples go,
 * the visitor's own tabs follow the new ones. Returns the tabs for GraphiQL to start with where nothing is stored.
 */
export function refreshTabs(storage, tabs) {
  if (!storage) return tabs
  const known = parsed(storage.getItem(EXAMPLES))
  const stored = parsed(storage.getItem(TABS))
  for (const key of ['graphiql:queries', 'graphiql:favorites']) {
    if (!Array.isArray(Object.values(parsed(storage.getItem(key)) ?? {})[0])) storage.removeItem(key) // would stop the page
  }
  const usable = Array.isArray(stored?.tabs) && stored.tabs.every(isStoredTab)
  if (usable && JSON.stringify(known) === JSON.stringify(tabs)) return tabs
  for (const key of [TABS, 'graphiql:query', 'graphiql:variables']) storage.removeItem(key)
  try {
    storage.setItem(EXAMPLES, JSON.stringify(tabs))
  } catch {
    // full: they are compared again next time
  }
  const wasExample = (tab) => Array.isArray(known) && known.some((example) => example.query === tab.query)
  const own = usable ? stored.tabs.filter((tab) => tab.query && !wasExample(tab)) : []
  return [...tabs, ...own.map(({ query, variables }) => ({ query, variables }))]
}
