// A diagram of a draft: drawn and changed with bpmn-js, its settings beside it. Who may only read it sees it without tools.
import Modeler from 'bpmn-js/lib/Modeler'
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, ZeebePropertiesProviderModule } from 'bpmn-js-properties-panel'
import ZeebeBehaviors from 'camunda-bpmn-js-behaviors/lib/camunda-cloud'
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json'
import Minimap from 'diagram-js-minimap'
import { agencies, buttons, copies } from './comforts.js'
import { edit, page } from './editing.js'
import { hints } from './hints.js'
import { ForModeler, ForViewer, play } from './playing.js'
import { OwnSettings } from './settings.js'

const GENERATED = /^(Activity|Event|Gateway)_[0-9a-z]{7}$/
const LONGEST = 40
const TOOLS = 120

// An id is words and stays for ever, and a generated one is refused: the first name that a step is given becomes its id.
function NameBecomesId (eventBus, modeling, elementRegistry) {
  eventBus.on(['commandStack.element.updateLabel.postExecuted', 'commandStack.element.updateProperties.postExecuted'], event => {
    const element = event.context.element.labelTarget || event.context.element
    const step = element.businessObject
    if (!step || !step.name || !GENERATED.test(step.id)) return
    const words = step.name.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+/, '').slice(0, LONGEST).replace(/_+$/, '')
    if (!words) return
    let id = words
    for (let number = 2; elementRegistry.get(id); number += 1) id = `${words}_${number}`
    modeling.updateProperties(element, { id })
  })
}
NameBecomesId.$inject = ['eventBus', 'modeling', 'elementRegistry']

// Only what the engine runs is offered: a task is the task of a person, until its menu makes something else of it.
const REFUSED_TOOLS = ['create.data-object', 'create.data-store', 'create.participant-expanded']
const REFUSED_BESIDE = ['append.compensation-activity']
const REFUSED_HEADERS = ['toggle-is-collection', 'toggle-participant-multiplicity']
const MENU = names => new Set(names.map(name => `replace-with-${name}`))
const RUNS = MENU([
  'user-task', 'service-task', 'rule-task', 'script-task', 'send-task', 'receive-task', 'manual-task', 'call-activity', 'expanded-subprocess', 'subprocess',
  'event-subprocess', 'exclusive-gateway', 'parallel-gateway', 'inclusive-gateway', 'event-based-gateway',
  'none-start', 'message-start', 'timer-start', 'none-intermediate-throwing', 'none-intermediate-throw',
  'message-intermediate-catch', 'message-intermediate-throw', 'timer-intermediate-catch', 'conditional-intermediate-catch',
  'signal-intermediate-catch', 'signal-intermediate-throw', 'escalation-intermediate-throw',
  'message-boundary', 'timer-boundary', 'conditional-boundary', 'signal-boundary',
  'non-interrupting-message-boundary', 'non-interrupting-timer-boundary', 'non-interrupting-conditional-boundary',
  'non-interrupting-signal-boundary', 'none-end', 'message-end', 'signal-end', 'error-end', 'escalation-end', 'terminate-end',
  'sequence-flow', 'default-flow', 'conditional-flow'
])
const BEGINS_A_HANDLER = MENU([
  'message-start', 'timer-start', 'conditional-start', 'signal-start', 'error-start', 'escalation-start',
  'non-interrupting-message-start', 'non-interrupting-timer-start', 'non-interrupting-conditional-start',
  'non-interrupting-signal-start', 'non-interrupting-escalation-start'
])
const THROWN_INSIDE = MENU(['error-boundary', 'escalation-boundary', 'non-interrupting-escalation-boundary'])
const HOLDS_STEPS = new Set(['bpmn:SubProcess', 'bpmn:CallActivity'])

// What begins an event sub-process begins nothing else, and an error comes out of what holds steps.
function runs (element, name) {
  const step = element.businessObject
  if (step.$type === 'bpmn:StartEvent' && step.$parent && step.$parent.triggeredByEvent) return BEGINS_A_HANDLER.has(name)
  const host = step.attachedToRef
  return RUNS.has(name) || (host && HOLDS_STEPS.has(host.$type) && THROWN_INSIDE.has(name))
}

function without (entries, names) {
  for (const name of names) delete entries[name]
  return entries
}

function OnlyWhatRuns (palette, contextPad, popupMenu, create, elementFactory, autoPlace) {
  const task = () => elementFactory.createShape({ type: 'bpmn:UserTask' })
  const drawn = (title, action) => ({ group: 'activity', className: 'bpmn-icon-user-task', title, action })
  palette.registerProvider(500, {
    getPaletteEntries: () => entries => {
      const begin = event => create.start(event, task())
      entries['create.task'] = drawn('Create a task of a person', { dragstart: begin, click: begin })
      return without(entries, REFUSED_TOOLS)
    }
  })
  contextPad.registerProvider(500, {
    getContextPadEntries: element => entries => {
      if (entries['append.append-task']) {
        const begin = event => create.start(event, task(), { source: element })
        const append = drawn('Append a task of a person', { dragstart: begin, click: () => autoPlace.append(element, task()) })
        entries['append.append-task'] = { ...append, group: 'model' }
      }
      return without(entries, REFUSED_BESIDE)
    }
  })
  popupMenu.registerProvider('bpmn-replace', 500, {
    getPopupMenuEntries: element => entries => without(entries, Object.keys(entries).filter(name => !runs(element, name))),
    getPopupMenuHeaderEntries: () => entries => without(entries, REFUSED_HEADERS)
  })
}
OnlyWhatRuns.$inject = ['palette', 'contextPad', 'popupMenu', 'create', 'elementFactory', 'autoPlace']

function make (here) {
  const container = here.holder.querySelector('.hw-canvas')
  const common = { container, moddleExtensions: { zeebe } }
  if (here.text.readOnly) return new NavigatedViewer({ ...common, zoomScroll: { enabled: false }, additionalModules: [ForViewer] })
  return new Modeler({
    ...common,
    zoomScroll: { enabled: false },
    propertiesPanel: { parent: here.holder.querySelector('.hw-settings') },
    additionalModules: [
      BpmnPropertiesPanelModule,
      BpmnPropertiesProviderModule,
      ZeebePropertiesProviderModule,
      ZeebeBehaviors,
      Minimap,
      ForModeler,
      {
        __init__: ['nameBecomesId', 'onlyWhatRuns', 'ownSettings'],
        nameBecomesId: ['type', NameBecomesId],
        onlyWhatRuns: ['type', OnlyWhatRuns],
        ownSettings: ['type', OwnSettings]
      }
    ]
  })
}

const here = page()
const modeler = make(here)

// A process in a pool is drawn as the pool.
function drawnAs (id) {
  const elements = modeler.get('elementRegistry')
  return elements.get(id) || elements.find(each => each.businessObject?.processRef?.id === id && !each.labelTarget)
}

// What is wrong with the diagram as a whole, or with what is not drawn, such as a signal, stands in the corner of the window.
function mark () {
  const overlays = modeler.get('overlays')
  const canvas = modeler.get('canvas')
  const elements = modeler.get('elementRegistry')
  const counts = new Map()
  for (const { element } of here.problems) {
    const id = drawnAs(element)?.id || canvas.getRootElement().id
    counts.set(id, [...(counts.get(id) || []), element])
  }
  for (const old of canvas.getContainer().querySelectorAll('.hw-of-all.hw-problem')) old.remove()
  for (const [id, all] of counts) {
    const badge = document.createElement('div')
    badge.className = 'hw-problem'
    badge.textContent = all.length === 1 ? 'Problem' : `${all.length} problems`
    badge.title = here.problems.filter(each => all.includes(each.element)).map(each => each.text).join(' ')
    if (elements.get(id).parent) {
      canvas.addMarker(id, 'hw-wrong')
      overlays.add(id, 'hw-problem', { position: { top: -22, left: 0 }, html: badge })
    } else {
      badge.classList.add('hw-of-all')
      canvas.getContainer().append(badge)
    }
  }
}

// What is said of the step or the clock that is chosen, in words, and where it is changed without the drawing.
function tell () {
  const place = here.holder.querySelector('.hw-about')
  const data = document.querySelector('#hw-steps')
  if (!place || !data) return
  const steps = JSON.parse(data.textContent)
  modeler.on('selection.changed', ({ newSelection }) => {
    const element = newSelection.length === 1 && (newSelection[0].labelTarget || newSelection[0])
    const step = element && steps[element.id]
    if (!step) return
    const link = document.createElement('a')
    link.className = 'govuk-link'
    link.href = step.href
    link.textContent = step.name
    place.replaceChildren(link, step.lines.length ? `: ${step.lines.join('. ')}.` : '')
    if (!step.rows) return
    const rows = document.createElement('a')
    rows.className = 'govuk-link'
    rows.href = step.rows
    rows.textContent = 'Its rows in the table'
    place.append(' ', rows)
  })
}

// The whole diagram, beside the tools and not under them.
function fit () {
  const canvas = modeler.get('canvas')
  const { inner, outer } = canvas.viewbox()
  const left = here.text.readOnly ? 0 : TOOLS
  const scale = Math.min((outer.width - left) / inner.width, outer.height / inner.height, 1)
  canvas.viewbox({
    x: inner.x - left / scale,
    y: inner.y - (outer.height / scale - inner.height) / 2,
    width: outer.width / scale,
    height: outer.height / scale
  })
}

const look = hints(modeler, here.problems)
tell()
play(modeler, here.holder)
agencies(modeler, here.holder.querySelector('.hw-agencies'))
if (!here.text.readOnly) {
  buttons(modeler, here.holder)
  copies(modeler)
}

edit(here, {
  modeler,
  async open (text) {
    const { warnings } = await modeler.importXML(text)
    if (warnings.length) throw warnings[0] // what it did not understand would be gone after the next save
    here.holder.querySelector('.djs-container svg').setAttribute('aria-label', 'Diagram')
    fit()
    mark()
    await look()
  },
  async save () {
    const { xml } = await modeler.saveXML({ format: true })
    return xml
  },
  changed: () => !here.text.readOnly && modeler.get('commandStack').canUndo(),
  watch (tell) {
    if (!here.text.readOnly) modeler.on('commandStack.changed', tell)
  },
  show (id) {
    const element = drawnAs(id)
    if (!element) return false
    if (!element.isRoot && element.parent) modeler.get('canvas').scrollToElement(element, 80)
    modeler.get('selection', false)?.select(element)
    return true
  }
})

for (const button of here.holder.querySelectorAll('[data-zoom]')) {
  button.addEventListener('click', () => {
    const canvas = modeler.get('canvas')
    const step = Number(button.dataset.zoom)
    if (step) canvas.zoom(canvas.zoom() * 1.25 ** step)
    else fit()
  })
}
