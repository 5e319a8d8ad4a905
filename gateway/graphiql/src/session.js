// What the server hands to a page opened on its own machine: the demo organisation's key and ids to try. Anywhere else the
// route answers 404, and the page works all the same: the visitor brings a key.
const PLACEHOLDERS = { primaryId: 'contact_PUT_AN_ID_HERE', sourceId: 'contact_PUT_ANOTHER_ID_HERE', mergedId: null, mergeId: null }

export async function loadSession() {
  let session = null
  try {
    const response = await fetch('./session.json', { cache: 'no-store' })
    if (response.ok) session = await response.json()
  } catch {
    // offline, or not JSON: the same as no session
  }
  const token = session?.token ?? ''
  return {
    isDemo: token !== '',
    headers: `{"Authorization": ${JSON.stringify(`Bearer ${token}`)}}`,
    examples: { ...PLACEHOLDERS, ...session?.examples },
  }
}
