import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { OperationTypeNode } from 'graphql'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws' // Node.js before 22 alone: a browser has its own

export function apolloClient(url: string, key: string) {
  const authorization = `Bearer ${key}`
  const socket = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { Authorization: authorization },
    webSocketImpl: WebSocket,
  })
  return new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      new HttpLink({ uri: `${url}/graphql`, headers: { authorization } }),
    ),
    cache: new InMemoryCache(),
    clientAwareness: { name: 'my-app', version: '1.0' },
  })
}
