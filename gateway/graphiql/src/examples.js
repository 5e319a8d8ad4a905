// The tabs a first-time visitor finds. A tab is named after its operation. Ids stand in the variables, so that the queries
// stay the same wherever the page is opened. The first tab must need no variables: GraphiQL leaves its pane empty.
const CONTACTS = `# The first ten contacts.
# Press the play button, or Ctrl-Enter.
#
# Look at the ids: opaque strings, good for ever.
# Hover over a field to read what it means, and press
# Ctrl-Space where you would like another one.
query Contacts {
  contacts(first: 10) {
    nodes {
      id
      name
      email
      phone
      labels {
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`

const FIND = `# Finds contacts by a part of a name, a company, an
# email address or a phone number, from 3 characters.
# Click Variables below to look for something else.
#
# Look at the ids: what was merged into a contact is
# found too, under the contact that it became.
query Find($text: String!) {
  contacts(first: 5, filter: { search: $text }) {
    nodes {
      id
      name
      email
      phone
    }
  }
}
`

const DUPLICATES = `# Who may be the same person?
# Click Variables below to see whose duplicates.
#
# Look at evidence: each field says how far it speaks for
# one person, in bits, and why. Whom guards hold back is
# left to a person's eye, however probable it is;
# AUTO_MERGE is what mergeContacts takes without sources.
query Duplicates($id: ID!) {
  duplicates(contactId: $id) {
    contact {
      id
      name
      email
      phone
    }
    probability
    decision
    evidence {
      field
      weight
      explanation
    }
    guards {
      reason
      explanation
    }
  }
}
`

const PREVIEW = `# What would a merge do? Nothing is written.
# Click Variables below to see which.
#
# Look at fields: each value names the contact that it
# would come from, the rule, and what it beats. Send the
# hash along as expectedPreviewHash, and what is done is
# what you saw, or nothing.
query Preview($primary: ID!, $sources: [ID!]!) {
  mergePreview(
    input: {
      primaryContactId: $primary
      sourceContactIds: $sources
    }
  ) {
    allowed
    hash
    merged {
      name
      email
      phone
      unsubscribed
    }
    fields {
      field
      value
      contactId
      rule
      discarded {
        value
        contactId
      }
    }
    userErrors {
      code
      message
      field
    }
  }
}
`

const MERGE = `# Merges one contact into another.
# Click Variables below to see which.
#
# Look at identifiers: "merged" has those of both, and
# each says whose it was. Then run it again: the answer
# is a userError, and nothing is written. What a caller
# gets wrong comes back as data.
mutation Merge($primary: ID!, $sources: [ID!]!) {
  mergeContacts(
    input: {
      primaryContactId: $primary
      sourceContactIds: $sources
      reason: "Tried in GraphiQL"
    }
  ) {
    merged {
      id
      name
      email
      identifiers {
        kind
        value
        contactId
      }
    }
    mergedContactIds
    merge {
      id
    }
    userErrors {
      code
      message
      field
    }
  }
}
`

const OLD_ID = `# Where does an old id lead?
# Run the Merge tab first, then this one.
#
# Look at status, at path (the merges on the way) and at
# contact (who it is now). An id that another system
# stored years ago never leads nowhere.
query OldId($id: ID!) {
  resolveContact(id: $id) {
    status
    path {
      id
      primaryContactId
    }
    contact {
      id
      name
    }
  }
}
`

const EXPLAIN = `# Why does this contact look as it does?
# Run the Merge tab first, then this one.
#
# Look at provenance: each value names the contact that
# it came from, the rule that chose it, and the values
# that it was chosen over.
query Explain($id: ID!) {
  contact(id: $id) {
    id
    name
    mergedContactIds
    provenance {
      field
      value
      contactId
      rule
      discarded {
        value
        contactId
      }
    }
  }
}
`

const UNDO = `# Takes a merge back: any merge, at any time.
# Click Variables below: the newest merge stands there
# when the page is loaded. For the one that you made in
# the Merge tab, put in the merge.id of its answer.
#
# Look at restored: they live again, as they were. What
# was edited after the merge stays, and keptEdits says so.
mutation Undo($merge: ID!) {
  undoMerge(input: { mergeId: $merge, reason: "Two people" }) {
    restored {
      id
      name
      email
      phone
    }
    primary {
      id
      mergedContactIds
    }
    keptEdits {
      contactId
      field
      value
      reason
    }
    userErrors {
      code
      message
      field
    }
  }
}
`

const tab = (query, variables) => ({ query, variables: variables && JSON.stringify(variables, null, 2) })

export const exampleTabs = ({ primaryId, sourceId, mergedId, mergeId }) => [
  tab(CONTACTS),
  tab(FIND, { text: 'ann' }),
  tab(DUPLICATES, { id: primaryId }),
  tab(PREVIEW, { primary: primaryId, sources: [sourceId] }),
  tab(MERGE, { primary: primaryId, sources: [sourceId] }),
  tab(OLD_ID, { id: mergedId ?? sourceId }),
  tab(EXPLAIN, { id: primaryId }),
  tab(UNDO, { merge: mergeId ?? 'merge_PUT_AN_ID_HERE' }),
]
