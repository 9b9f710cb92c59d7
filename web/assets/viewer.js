// The diagram on the page of a case: drawn, with the open and the done steps marked. The page is complete without it:
// the table and the words under it say the same.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'
import { makeTree } from './outline.js'

const STEP = 1.25
const KINDS = ['current', 'waiting', 'passed', 'way', 'added', 'removed', 'changed']
const SAID = { added: 'New', removed: 'Gone', changed: 'Changed' }

// Of two versions beside each other a difference is told by its border and by a word.
function label (viewer, element, kind) {
  if (!SAID[kind] || element.waypoints) return
  const badge = document.createElement('div')
  badge.className = `hw-label hw-label-${kind}`
  badge.textContent = SAID[kind]
  viewer.get('overlays').add(element.id, { position: { top: -20, left: 0 }, html: badge })
}

async function draw (holder) {
  const answer = await fetch(holder.dataset.diagram)
  if (!answer.ok) return
  holder.hidden = false
  // The wheel scrolls the page; the buttons, and the wheel with Ctrl in the browser itself, make it larger.
  const viewer = new NavigatedViewer({ container: holder.querySelector('.hw-canvas'), zoomScroll: { enabled: false } })
  await viewer.importXML(await answer.text())
  const canvas = viewer.get('canvas')
  const elements = viewer.get('elementRegistry')
  for (const kind of KINDS) {
    for (const id of (holder.dataset[kind] || '').split(' ')) {
      const element = id && elements.get(id)
      // What holds the open step is marked by its border alone, so that the step inside stands out.
      if (element) {
        canvas.addMarker(id, `hw-${kind}`)
        label(viewer, element, kind)
        if (element.children?.length) canvas.addMarker(id, 'hw-holder')
      }
    }
  }
  for (const { id, says, band } of JSON.parse(holder.dataset.counts || '[]')) {
    if (!elements.get(id)) continue
    const html = document.createElement('span')
    html.className = `hw-count hw-count-${band}`
    html.textContent = says
    viewer.get('overlays').add(id, { position: { bottom: 12, left: 0 }, html, scale: true })
    canvas.addMarker(id, `hw-band-${band}`)
  }
  // A diagram in the text of a page is not a stop for the Tab key by itself, but a named group that can be moved by arrows.
  holder.querySelector('.djs-container svg').setAttribute('aria-label', 'Diagram, arrow keys with Ctrl move it')
  canvas.zoom('fit-viewport', 'auto')
  const differs = Object.keys(SAID).flatMap(kind => (holder.dataset[kind] || '').split(' ')).find(id => id && elements.get(id))
  if (differs) {
    canvas.zoom(0.75)
    canvas.scrollToElement(elements.get(differs), 150)
  }
  for (const button of holder.querySelectorAll('[data-zoom]')) {
    button.addEventListener('click', () => {
      const step = Number(button.dataset.zoom)
      if (step) canvas.zoom(canvas.zoom() * STEP ** step)
      else canvas.zoom('fit-viewport', 'auto')
    })
  }
  return id => {
    for (const each of elements.filter(one => canvas.hasMarker(one, 'hw-chosen'))) canvas.removeMarker(each, 'hw-chosen')
    const element = id && elements.get(id)
    if (!element) return false
    canvas.addMarker(element, 'hw-chosen')
    canvas.scrollToElement(element, 60)
    return true
  }
}

// What is chosen in the outline is marked on the drawing, and said.
let mark = () => false
document.querySelectorAll('[data-tree]').forEach(tree => {
  const said = tree.parentElement.querySelector('[data-said]')
  makeTree(tree, (id, line) => {
    const words = line.textContent.trim()
    const marked = mark(id)
    said.textContent = marked ? `Marked on the drawing: ${words}` : `Not on this drawing: ${words}`
  })
})

document.querySelectorAll('[data-diagram]').forEach(holder => draw(holder).then(found => {
  mark = found || mark
  const course = holder.parentElement.querySelector('.hw-course')
  if (course && window.matchMedia('(min-width: 64em)').matches) course.open = true
}).catch(fault => {
  holder.hidden = true
  throw fault
}))
