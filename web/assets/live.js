// The list of tasks tells that it has changed, without a reload and without moving what somebody reads. The page is complete
// without this file: then it is reloaded by hand.
import htmx from 'htmx.org'

Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false, historyEnabled: false, timeout: 8000 })

const title = document.title
const lost = document.querySelector('[data-lost]')

document.body.addEventListener('htmx:afterSwap', () => {
  const told = document.querySelector('[data-news]')
  if (told) document.title = `(${told.dataset.news}) ${title}`
})

// The connection is lost, or somebody has signed out: the list stands still, and says so.
document.body.addEventListener('htmx:afterRequest', event => {
  const { xhr } = event.detail
  const signedOut = xhr.responseURL.includes('/sign-in')
  const words = signedOut ? lost.dataset.signedOut : event.detail.failed || !xhr.status ? lost.dataset.lost : ''
  if (lost.textContent !== words) lost.textContent = words
})
