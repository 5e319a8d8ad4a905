import './apollo.js'
import './graphql-sse.js'
import './graphql-ws.js'
import './urql.js'
