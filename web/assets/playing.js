// The drawing is played with tokens: where a case could go by the arrows alone. Conditions, tables, forms and time count for nothing.
import ForModeler from 'bpmn-js-token-simulation/lib/modeler'
import ForViewer from 'bpmn-js-token-simulation/lib/viewer'

export { ForModeler, ForViewer }

const PLAY = 'Play through the drawing'
const STOP = 'Stop playing'
const LAST = 100 // the simulation itself hears of it first
const READABLE = 0.7
const ROOM = 80 // pixels around what is brought into sight
const NARROW = 640 // pixels: on less than this the log would cover the drawing

// What the simulation calls its buttons, in the words of this service; a button at a step names the step too.
const WORDS = {
  'Trigger Event': 'Go on from here',
  'Set Sequence Flow': 'Take the next way',
  'Add pause point': 'Wait here',
  'Remove pause point': 'Wait here no longer',
  'Toggle Simulation Log': 'Show or hide what has happened',
  'Reset Simulation': 'Begin again',
  'Play/Pause Simulation': 'Go on or halt',
  'No Entries': 'Nothing has happened yet',
  'Simulation Log': 'What has happened',
  'Process started': 'The case has begun',
  'Process finished': 'The case has ended',
  'Process canceled': 'The case was broken off',
  ...Object.fromEntries(['Exclusive', 'Inclusive', 'Parallel'].map(kind => [`${kind} Gateway`, 'A diamond'])),
  ...Object.fromEntries(['Intermediate', 'Boundary'].map(kind => [`${kind} Event`, 'An event'])),
  'Start Event': 'A beginning',
  'End Event': 'An end',
  'User Task': 'A task'
}

function worded (title) {
  const speed = /^Set animation speed = (.+)$/.exec(title)
  if (speed) return `Speed: ${speed[1].toLowerCase()}`
  return title.startsWith('Focus process instance') ? 'Show this case alone' : WORDS[title]
}

function name (button, registry) {
  const words = worded(button.title) || button.title
  const place = button.closest('[data-container-id]')
  const step = place && registry.get(place.dataset.containerId)
  button.type = 'button' // it stands in the form of the page and sends nothing
  button.title = words
  if (!button.textContent.trim()) button.setAttribute('aria-label', step ? `${words}: ${step.businessObject.name || step.id}` : words)
}

function word (container, registry) {
  for (const button of container.querySelectorAll('button')) {
    if (!button.title || button.dataset.worded === button.title) continue
    name(button, registry)
    button.dataset.worded = button.title
  }
  const texts = document.createTreeWalker(container.querySelector('.bts-log'), NodeFilter.SHOW_TEXT)
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const words = WORDS[text.data.trim()]
    if (words) text.data = words
  }
}

export function play (modeler, holder) {
  const [canvas, registry, mode, log] = ['canvas', 'elementRegistry', 'toggleMode', 'log'].map(each => modeler.get(each))
  const button = holder.querySelector('[data-play]')
  const about = holder.querySelector('.hw-playing')
  const seen = new MutationObserver(() => word(canvas.getContainer(), registry))

  // The simulation draws its buttons from half size on; what the token comes to is brought into sight.
  function near () {
    if (canvas.zoom() < READABLE) canvas.zoom(READABLE)
    const begins = registry.find(each => each.type === 'bpmn:StartEvent' && each.businessObject.$parent.$type === 'bpmn:Process')
    if (begins) canvas.scrollToElement(begins, ROOM)
  }

  button.addEventListener('click', () => mode.toggleMode())
  modeler.on('tokenSimulation.simulator.trace', ({ action, element }) => {
    if (action === 'enter' && element.width) canvas.scrollToElement(element, ROOM)
  })
  modeler.on('tokenSimulation.toggleMode', LAST, ({ active }) => {
    holder.dataset.playing = active ? 'yes' : 'no'
    about.hidden = !active
    button.textContent = active ? STOP : PLAY
    const container = canvas.getContainer()
    seen.disconnect()
    if (!active) return
    near()
    word(container, registry)
    seen.observe(container, { childList: true, subtree: true })
    container.querySelector('.bts-log .bts-content').setAttribute('role', 'log')
    log.toggle(container.clientWidth > NARROW)
    container.querySelector('.bts-context-pad:not(.hidden):not(.show-hover)')?.focus()
  })
}
