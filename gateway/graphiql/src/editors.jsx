import { useEffect, useRef } from 'react'
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react'

const bare = (text) => text.replace(/\s/g, '')

/**
 * One set of headers for all tabs. GraphiQL has one a tab and empties it on recall from history, so that a key would have to
 * be pasted again and again. What a person types stands; what GraphiQL sets (`isFlush`) is put back, but for a reformat.
 */
export function SharedHeaders() {
  const { headerEditor, schema } = useGraphiQL(pick('headerEditor', 'schema'))
  const { introspect } = useGraphiQLActions()
  const hasSchema = useRef(false)
  hasSchema.current = Boolean(schema)

  useEffect(() => {
    if (!headerEditor) return undefined
    let headers = headerEditor.getValue()
    let timer
    const listener = headerEditor.onDidChangeModelContent(({ isFlush }) => {
      const value = headerEditor.getValue()
      if (isFlush && bare(value) !== bare(headers)) {
        queueMicrotask(() => headerEditor.setValue(headers))
        return
      }
      headers = value
      clearTimeout(timer) // a key was typed: the docs and the completion can be had now
      if (!isFlush) timer = setTimeout(() => hasSchema.current || introspect(), 700)
    })
    return () => {
      clearTimeout(timer)
      listener.dispose()
    }
  }, [headerEditor, introspect])
  return null
}

/**
 * Shows the tabs once the editors are there. Before, a click would choose a tab whose text no editor takes: the first tab's
 * would stand under another one's name, and be run and stored there.
 */
export function TabsWhenReady() {
  const { headerEditor, queryEditor, variableEditor } = useGraphiQL(pick('headerEditor', 'queryEditor', 'variableEditor'))
  const isReady = Boolean(headerEditor && queryEditor && variableEditor)
  useEffect(() => {
    document.documentElement.classList.toggle('ready', isReady)
  }, [isReady])
  return null
}

/** A key is longer than its pane is wide, and the comments of the examples are to be read with the docs open too. */
export function WrappedLines() {
  const { headerEditor, queryEditor } = useGraphiQL(pick('headerEditor', 'queryEditor'))
  useEffect(() => {
    for (const editor of [headerEditor, queryEditor]) editor?.updateOptions({ wordWrap: 'on' })
  }, [headerEditor, queryEditor])
  return null
}
