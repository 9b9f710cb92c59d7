// The expression editor adds a <style> to the page, which the Content-Security-Policy stops. It knows adopted style sheets too,
// and uses them only where its root is no document: so it is given one that only stands for the document.
import { StyleModule as Original } from '../node_modules/style-mod/src/style-mod.js'

const root = {
  ownerDocument: document,
  get adoptedStyleSheets () { return document.adoptedStyleSheets },
  set adoptedStyleSheets (sheets) { document.adoptedStyleSheets = sheets }
}

export class StyleModule extends Original {
  static mount (where, modules, options) {
    return Original.mount(where === document ? root : where, modules, options)
  }
}
