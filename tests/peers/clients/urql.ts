import { Client, fetchExchange, subscriptionExchange } from '@urql/core'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws' // Node.js before 22 alone: a browser has its own

export function urqlClient(url: string, key: string) {
  const authorization = `Bearer ${key}`
  const socket = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { Authorization: authorization },
    webSocketImpl: WebSocket,
  })
  return new Client({
    url: `${url}/graphql`,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization } },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query: query ?? '', variables }, sink) }),
        }),
      }),
    ],
  })
}
