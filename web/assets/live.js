// An open page tells that something is new, without a reload and without moving what somebody reads. The page is complete without
// this file: then it is reloaded by hand.
import htmx from 'htmx.org'

Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false, historyEnabled: false, timeout: 8000 })

const title = document.title
const lost = document.querySelector('[data-lost]')
const GONE = 404

// The same words again are no news: nobody has them read out every ten seconds.
document.body.addEventListener('htmx:beforeSwap', event => {
  const { target, xhr } = event.detail
  const words = new DOMParser().parseFromString(xhr.responseText, 'text/html').body.textContent.trim()
  if (words && words === target.textContent.trim()) event.detail.shouldSwap = false
})

document.body.addEventListener('htmx:afterSwap', () => {
  const told = document.querySelector('[data-news]')
  if (told) document.title = `(${told.dataset.news}) ${title}`
})

function wordsFor (xhr, failed) {
  if (xhr.status === GONE) return lost.dataset.gone
  if (xhr.responseURL.includes('/sign-in')) return lost.dataset.signedOut
  return failed || !xhr.status ? lost.dataset.lost : ''
}

// The connection is lost, somebody has signed out, or the page is theirs no more: it stands still, and says so.
document.body.addEventListener('htmx:afterRequest', event => {
  const { xhr, failed, elt } = event.detail
  const words = wordsFor(xhr, failed)
  if (lost.textContent !== words) lost.textContent = words
  if (xhr.status === GONE) elt.replaceWith(elt.cloneNode(true)) // what htmx does not know asks no more
})
