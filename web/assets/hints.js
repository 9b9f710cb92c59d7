// How a drawing reads, as bpmnlint sees it: hints beside what the server says, which alone keeps a draft from being proposed.
// Of its rules only those are asked that the server does not check and that fit how procedures are drawn here.
import Linter from 'bpmnlint/lib/linter'
import Resolver from 'bpmnlint/lib/resolver/static-resolver'
import declared from 'bpmnlint/rules/global'
import name from 'bpmnlint/rules/label-required'
import undrawn from 'bpmnlint/rules/no-bpmndi'
import overlap from 'bpmnlint/rules/no-overlapping-elements'
import gateway from 'bpmnlint/rules/superfluous-gateway'
import label from 'bpmnlint/rules/superfluous-label'

// Each rule, what is said for each of its sentences, and the rules of the server that say the same of an element.
const RULES = {
  'label-required': {
    rule: name,
    says: { 'Element is missing label/name': 'It has no name: say what is done, asked or has happened here.' },
    same: ['id-in-words']
  },
  'superfluous-gateway': {
    rule: gateway,
    says: { 'Gateway is superfluous. It only has one source and target.': 'One arrow leads in and one leads out: nothing is decided here, and the diamond can go.' },
    same: ['race-of-one']
  },
  'superfluous-label': {
    rule: label,
    says: { 'Sequence flow has superfluous label': 'The words at this arrow decide nothing: an arrow has words where it answers a question.' },
    same: []
  },
  'no-overlapping-elements': {
    rule: overlap,
    says: {
      'Element overlaps with other element': 'It lies over another element: move them apart.',
      'Element is outside of parent boundary': 'It is not drawn within what holds it: move it inside.'
    },
    same: []
  },
  'no-bpmndi': {
    rule: undrawn,
    says: { 'Element is missing bpmndi': 'It is part of the procedure and is not drawn: change it in the table of the steps, or take it out of the text.' },
    same: []
  },
  global: {
    rule: declared,
    says: {
      'Element is missing name': 'This message, signal, error or escalation has no name.',
      'Element is unused': 'This message, signal, error or escalation is used nowhere in the drawing.',
      'Element name is not unique': 'Two messages, signals, errors or escalations have this name.'
    },
    same: ['message-without-name', 'trigger-without-name', 'id-twice']
  }
}
const TOUCHING = 2 // pixels: shapes that share a border do not lie over each other
const SETTLED = 400 // milliseconds without a change of the drawing

const linter = new Linter({
  config: { rules: Object.fromEntries(Object.keys(RULES).map(each => [each, 'warn'])) },
  resolver: new Resolver(Object.fromEntries(Object.entries(RULES).map(([each, { rule }]) => [`rule:bpmnlint/${each}`, rule])))
})

function onlyTouches (element, registry) {
  const meets = (low, size, other, otherSize) => Math.min(low + size, other + otherSize) - Math.max(low, other) > TOUCHING
  return element && !registry.find(other => other !== element && other.parent === element.parent && !other.waypoints && !other.labelTarget &&
    other.host !== element && element.host !== other && other.type !== 'bpmn:Lane' &&
    meets(element.x, element.width, other.x, other.width) && meets(element.y, element.height, other.y, other.height))
}

async function found (modeler, problems) {
  const registry = modeler.get('elementRegistry')
  const told = []
  for (const [rule, reports] of Object.entries(await linter.lint(modeler.getDefinitions()))) {
    const { says, same } = RULES[rule]
    for (const { id, message } of reports) {
      const isSaid = problems.some(each => each.element === id && same.includes(each.rule))
      const isFalse = message === 'Element overlaps with other element' && onlyTouches(registry.get(id), registry)
      if (!isSaid && !isFalse) told.push({ id, drawn: registry.get(id), text: says[message] || message })
    }
  }
  return told
}

function line ({ id, drawn, text }) {
  const item = document.createElement('li')
  item.className = 'hw-hint'
  const said = document.createElement(drawn ? 'a' : 'span')
  if (drawn) {
    said.className = 'govuk-link'
    said.href = `#${id}`
  }
  said.textContent = text
  const place = document.createElement('span')
  place.className = 'hw-place'
  place.textContent = drawn?.businessObject.name || id
  item.append('Hint of the drawing tool: ', said, ' ', place)
  return item
}

// The hints stand in the list of what is worth a look and at their elements; they follow each change of the drawing.
export function hints (modeler, problems) {
  const [canvas, overlays, registry] = ['canvas', 'overlays', 'elementRegistry'].map(each => modeler.get(each))
  const section = document.getElementById('hw-looks')
  const list = section.querySelector('ul')
  let marked = []
  let turn = 0
  let later

  function mark (told) {
    overlays.remove({ type: 'hw-hint' })
    for (const id of marked) if (registry.get(id)) canvas.removeMarker(id, 'hw-hinted')
    marked = [...new Set(told.filter(each => each.drawn).map(each => each.id))]
    canvas.getContainer().querySelector('.hw-of-all.hw-hint-badge')?.remove()
    for (const id of marked) {
      const badge = document.createElement('div')
      badge.className = 'hw-hint-badge'
      badge.textContent = 'Hint'
      badge.title = told.filter(each => each.id === id).map(each => each.text).join(' ')
      if (registry.get(id).parent) {
        canvas.addMarker(id, 'hw-hinted')
        overlays.add(id, 'hw-hint', { position: { bottom: -2, left: 0 }, html: badge })
      } else {
        badge.classList.add('hw-of-all')
        canvas.getContainer().append(badge)
      }
    }
  }

  const place = () => canvas.getContainer().getBoundingClientRect().top

  async function look () {
    const mine = ++turn
    const told = await found(modeler, problems)
    if (mine !== turn) return
    const before = place()
    mark(told)
    for (const item of list.querySelectorAll('.hw-hint')) item.remove()
    list.append(...told.map(line))
    section.hidden = !list.children.length
    // The list stands above the drawing, which must not move away under the hand of who draws.
    if (turn > 1) requestAnimationFrame(() => window.scrollBy(0, place() - before))
  }

  modeler.on('commandStack.changed', () => {
    clearTimeout(later)
    later = setTimeout(look, SETTLED)
  })
  return look
}
