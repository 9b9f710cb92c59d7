// A decision table of a draft: changed with dmn-js, as a table. Who may only read it sees it without tools.
import Modeler from 'dmn-js/lib/Modeler'
import Viewer from 'dmn-js/lib/Viewer'
import { edit, page } from './editing.js'

const here = page()
const container = here.holder.querySelector('.hw-canvas')
const modeler = here.text.readOnly ? new Viewer({ container }) : new Modeler({ container })

function table () {
  return modeler.getActiveViewer()
}

// The column with the numbers of the rows has no heading of its own.
function nameRows () {
  const heading = container.querySelector('th.index-column')
  if (!heading || heading.textContent) return
  const words = document.createElement('span')
  words.className = 'govuk-visually-hidden'
  words.textContent = 'Row'
  heading.append(words)
}

// A wide table scrolls in a region of its own, by keyboard too.
function scrollByKeyboard () {
  const region = container.querySelector('.tjs-table-container')
  if (!region) return
  region.tabIndex = 0
  region.setAttribute('role', 'region')
  region.setAttribute('aria-label', 'Decision table, scrolls sideways')
}

edit(here, {
  modeler,
  async open (text) {
    const { warnings } = await modeler.importXML(text)
    if (warnings.length) throw warnings[0] // what it did not understand would be gone after the next save
    const view = modeler.getViews().find(each => each.type === 'decisionTable')
    if (!view) throw new Error('There is no decision table in it.')
    await modeler.open(view)
    nameRows()
    scrollByKeyboard()
    const wrong = new Set(here.problems.map(each => each.element))
    for (const cell of container.querySelectorAll('[data-row-id]')) {
      if (wrong.has(cell.dataset.rowId)) cell.classList.add('hw-wrong-row')
    }
  },
  async save () {
    const { xml } = await modeler.saveXML({ format: true })
    return xml
  },
  changed: () => !here.text.readOnly && table().get('commandStack').canUndo(),
  watch (tell) {
    if (!here.text.readOnly) table().get('eventBus').on('commandStack.changed', tell)
  },
  show (id) {
    const cell = container.querySelector(`[data-row-id="${CSS.escape(id)}"]`)
    cell?.scrollIntoView({ block: 'center' })
    return Boolean(cell)
  }
})
