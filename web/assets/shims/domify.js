// Widgets are built from text in which style="" may stand. The Content-Security-Policy stops that attribute when text becomes
// elements, and does not stop the same style set on the element. So it is carried over under another name.
import domify from '../node_modules/domify/index.js'

const KEPT = 'data-csp-style'

export default function (html, doc) {
  const text = typeof html === 'string' ? html.replace(/(<[^>]*?\s)style=/g, `$1${KEPT}=`) : html
  const made = domify(text, doc)
  const apply = element => {
    element.style.cssText = element.getAttribute(KEPT)
    element.removeAttribute(KEPT)
  }
  if (made.matches?.(`[${KEPT}]`)) apply(made)
  made.querySelectorAll?.(`[${KEPT}]`).forEach(apply)
  return made
}
