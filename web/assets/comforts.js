// What makes drawing easier: buttons for what the keyboard does, copies from one diagram to another, and lanes by agency.
import { catalogue } from './settings.js'

const COPIED = 'homeward-copied' // in this window alone, and gone with it

export function buttons (modeler, holder) {
  const stack = modeler.get('commandStack')
  const acts = {
    undo: () => stack.undo(),
    redo: () => stack.redo(),
    find: () => setTimeout(() => modeler.get('searchPad').toggle()), // the click itself would close it again
    map: () => modeler.get('minimap').toggle()
  }
  const all = [...holder.querySelectorAll('[data-act]')]
  for (const button of all) button.addEventListener('click', () => acts[button.dataset.act]())
  const able = { undo: () => stack.canUndo(), redo: () => stack.canRedo() }
  const look = () => {
    for (const button of all) button.setAttribute('aria-disabled', String(able[button.dataset.act]?.() === false))
  }
  modeler.on(['commandStack.changed', 'import.done'], look)
  look()
}

// A copy holds elements of BPMN as plain data; each is made anew where it is pasted, one for each id.
function revived (text, moddle) {
  const made = new Map()
  return JSON.parse(text, (_key, value) => {
    if (!value || typeof value !== 'object' || typeof value.$type !== 'string') return value
    if (value.id && made.has(value.id)) return made.get(value.id)
    const { $type, ...attributes } = value
    const element = moddle.create($type, attributes)
    if (value.id) made.set(value.id, element)
    return element
  })
}

export function copies (modeler) {
  const clipboard = modeler.get('clipboard')
  modeler.on('copyPaste.elementsCopied', ({ tree }) => sessionStorage.setItem(COPIED, JSON.stringify(tree)))
  modeler.on('copyPaste.pasteElements', 4000, () => {
    const kept = sessionStorage.getItem(COPIED)
    if (kept && clipboard.isEmpty()) clipboard.set(revived(kept, modeler.get('moddle')))
  })
  const kept = sessionStorage.getItem(COPIED)
  if (kept && clipboard.isEmpty()) clipboard.set(revived(kept, modeler.get('moddle')))
}

// Each lane has the colour of its agency, and says it in words: by the legend, and in the lane itself.
export function agencies (modeler, legend) {
  const [registry, canvas, overlays] = ['elementRegistry', 'canvas', 'overlays'].map(name => modeler.get(name))
  const seen = new Map()
  function colour () {
    const found = new Map()
    for (const lane of registry.filter(each => each.type === 'bpmn:Lane')) {
      const { kind, agency } = catalogue.roles[lane.businessObject.id.split('__')[0]] || {}
      if (seen.get(lane) !== kind) {
        if (seen.get(lane)) canvas.removeMarker(lane, `hw-agency-${seen.get(lane)}`)
        overlays.remove({ element: lane, type: 'hw-agency' })
        if (kind) {
          canvas.addMarker(lane, `hw-agency-${kind}`)
          const words = document.createElement('div')
          words.className = 'hw-agency'
          words.textContent = agency
          overlays.add(lane, 'hw-agency', { position: { top: 4, left: 34 }, html: words })
        }
        seen.set(lane, kind)
      }
      if (kind) found.set(kind, agency)
    }
    legend.replaceChildren(...[...found].map(([kind, agency]) => {
      const item = document.createElement('li')
      item.className = `hw-agency-${kind}`
      item.textContent = agency
      return item
    }))
    legend.hidden = !found.size
  }
  modeler.on(['import.done', 'commandStack.changed'], colour)
  modeler.on('import.parse.start', () => seen.clear())
}
