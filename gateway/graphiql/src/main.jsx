import 'graphiql/setup-workers/vite' // first: Monaco asks for its workers as soon as it loads
import { explorerPlugin } from '@graphiql/plugin-explorer'
import { HISTORY_PLUGIN } from '@graphiql/plugin-history'
import { createGraphiQLFetcher } from '@graphiql/toolkit'
import { GraphiQL } from 'graphiql'
import { createRoot } from 'react-dom/client'
import 'graphiql/style.css'
import '@graphiql/plugin-explorer/style.css'
import './page.css'
import { SharedHeaders, TabsWhenReady, WrappedLines } from './editors.jsx'
import { exampleTabs } from './examples.js'
import { readAtOnce } from './fetcher.js'
import { loadSession } from './session.js'
import { ownStorage, refreshTabs } from './storage.js'

const endpoint = new URL('../graphql', location.href)
const socket = new URL(endpoint)
socket.protocol = endpoint.protocol.replace('http', 'ws')
// The headers of the editor also become the socket's connection parameters.
const fetcher = readAtOnce(createGraphiQLFetcher({ url: endpoint.href, subscriptionUrl: socket.href }))
const plugins = [HISTORY_PLUGIN, explorerPlugin()]

function Page({ session, storage, tabs }) {
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      storage={storage}
      defaultTabs={tabs}
      defaultHeaders={session.headers}
      defaultEditorToolsVisibility="headers"
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <span className="logo">
          <img src="./favicon.svg" alt="" width="20" height="20" /> onefold
        </span>
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <p className="hint">
          {session.isDemo
            ? 'The demo key is filled in under Headers: what you run changes the demo organisation only.'
            : 'Type your key after “Bearer ” under Headers. It is never stored in the browser.'}
        </p>
      </GraphiQL.Footer>
      <SharedHeaders />
      <TabsWhenReady />
      <WrappedLines />
    </GraphiQL>
  )
}

const session = await loadSession()
const storage = ownStorage()
const tabs = refreshTabs(storage, exampleTabs(session.examples))
createRoot(document.getElementById('graphiql')).render(<Page session={session} storage={storage} tabs={tabs} />)
