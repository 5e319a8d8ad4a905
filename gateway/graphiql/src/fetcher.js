import { Kind, parse } from 'graphql'

const parsed = (query) => {
  try {
    return parse(query)
  } catch {
    return null // the server names the mistake, with its place
  }
}

/**
 * GraphiQL reads an operation's name and kind 100 ms after the last change. Whoever changes the tab, or pastes, and runs it at
 * once would send the name of what stood there before, or a subscription by HTTP. Both are read from the text that is sent.
 */
export const readAtOnce = (fetcher) => (params, options) => {
  const documentAST = params.query && parsed(params.query)
  if (!documentAST) return fetcher(params, options)
  const operations = documentAST.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  const isKnown = operations.some(({ name }) => name?.value === params.operationName)
  const operationName = isKnown ? params.operationName : operations[0]?.name?.value
  return fetcher({ ...params, operationName }, { ...options, documentAST })
}
