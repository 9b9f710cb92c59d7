// The settings of what is chosen in a diagram: what stands elsewhere is picked from a list and never typed, what the engine does not
// read is not offered, and what the panel has no field for has one here.
import {
  CheckboxEntry, Group, NumberFieldEntry, SelectEntry, TextFieldEntry, isCheckboxEntryEdited, isNumberFieldEntryEdited,
  isSelectEntryEdited, isTextFieldEntryEdited
} from '@bpmn-io/properties-panel'
import { useService } from 'bpmn-js-properties-panel'

const told = document.getElementById('hw-catalogue')
export const catalogue = told ? JSON.parse(told.textContent) : { roles: {}, forms: {}, decisions: {}, processes: {}, messages: {}, operations: {}, properties: {}, values: {} }

const UNREAD_GROUPS = new Set([
  'userTaskImplementation', 'assignmentDefinition', 'Zeebe__TaskListeners', 'Zeebe__ExecutionListeners', 'activeElements', 'form',
  'outputs', 'headers', 'inputPropagation', 'outputPropagation', 'businessRuleImplementation', 'calledDecision'
])
const PROPERTIES = 'Zeebe__ExtensionProperties'
const UNREAD_ENTRIES = new Set(['messageRef', 'messageName', 'bindingType', 'versionTag', 'taskDefinitionRetries'])
// Of which list an entry of the panel is picked, and in which extension the id that was picked is written.
const PICKED = {
  targetProcessId: { list: 'processes', label: 'Diagram', type: 'zeebe:CalledElement', attribute: 'processId' },
  taskDefinitionType: { list: 'operations', label: 'Operation', type: 'zeebe:TaskDefinition', attribute: 'type' }
}
const DECISION = { list: 'decisions', label: 'Decision table', type: 'zeebe:CalledDecision', attribute: 'decisionId' }
const FORM = { list: 'forms', label: 'Form', type: 'zeebe:FormDefinition', attribute: 'formId' }

const stepOf = element => element.businessObject
const extensionOf = (step, type) => (step.extensionElements?.values || []).find(each => each.$type === type)

function put (element, type, values, modeling, bpmnFactory) {
  const step = stepOf(element)
  const present = extensionOf(step, type)
  if (present) return modeling.updateModdleProperties(element, present, values)
  const made = bpmnFactory.create(type, values)
  const around = step.extensionElements
  if (around) {
    made.$parent = around
    return modeling.updateModdleProperties(element, around, { values: [...around.get('values'), made] })
  }
  const extensionElements = bpmnFactory.create('bpmn:ExtensionElements', { values: [made] })
  made.$parent = extensionElements
  extensionElements.$parent = step
  modeling.updateProperties(element, { extensionElements })
}

// What stands there and is in no list stays to be seen.
function options (list, present) {
  const known = Object.entries(catalogue[list]).map(([value, label]) => ({ value, label: `${label} (${value})` }))
  const strange = present && !(present in catalogue[list]) ? [{ value: present, label: `${present}: there is none` }] : []
  return [{ value: '', label: 'Choose' }, ...strange, ...known]
}

const pick = (id, { list, label, type, attribute }) => ({
  id,
  isEdited: isSelectEntryEdited,
  component ({ element }) {
    const [modeling, bpmnFactory] = [useService('modeling'), useService('bpmnFactory')]
    const getValue = () => extensionOf(stepOf(element), type)?.get(attribute) || ''
    const setValue = value => put(element, type, { [attribute]: value }, modeling, bpmnFactory)
    return SelectEntry({ element, id, label, getValue, setValue, getOptions: () => options(list, getValue()) })
  }
})

const result = {
  id: 'hw-result',
  isEdited: isTextFieldEntryEdited,
  component ({ element }) {
    const [modeling, bpmnFactory, debounce] = ['modeling', 'bpmnFactory', 'debounceInput'].map(name => useService(name))
    const getValue = () => extensionOf(stepOf(element), DECISION.type)?.get('resultVariable') || ''
    const setValue = resultVariable => put(element, DECISION.type, { resultVariable }, modeling, bpmnFactory)
    return TextFieldEntry({ element, id: 'hw-result', label: 'Record for its answer', getValue, setValue, debounce })
  }
}

const role = {
  id: 'hw-role',
  isEdited: isSelectEntryEdited,
  component ({ element }) {
    const [modeling, registry] = [useService('modeling'), useService('elementRegistry')]
    const getValue = () => stepOf(element).id.split('__')[0]
    const setValue = key => {
      let id = key
      for (let number = 2; registry.get(id) && registry.get(id) !== element; number += 1) id = `${key}__${number}`
      if (key in catalogue.roles) modeling.updateProperties(element, { id, name: catalogue.roles[key].title })
    }
    const getOptions = () => {
      const known = Object.entries(catalogue.roles).map(([value, { title, agency }]) => ({ value, label: agency ? `${title} (${agency})` : title }))
      return getValue() in catalogue.roles ? known : [{ value: getValue(), label: 'Choose' }, ...known]
    }
    return SelectEntry({ element, id: 'hw-role', label: 'Role', getValue, setValue, getOptions })
  }
}

// A message is known by its name to the procedures that send and await it: it is picked, and a new one is named once.
const holderOfMessage = step => isOfMessage(step) ? step.eventDefinitions[0] : step
function useMessage (element) {
  const [modeling, bpmnFactory, canvas, registry] = ['modeling', 'bpmnFactory', 'canvas', 'elementRegistry'].map(name => useService(name))
  const holder = holderOfMessage(stepOf(element))
  let definitions = stepOf(canvas.getRootElement())
  while (definitions.$parent) definitions = definitions.$parent
  const drawn = definitions.rootElements.filter(each => each.$type === 'bpmn:Message')
  const setValue = name => {
    const present = holder.messageRef
    const users = registry.filter(each => !each.labelTarget && present && holderOfMessage(stepOf(each)).messageRef === present)
    const isNew = name && !(name in catalogue.messages) && !drawn.some(each => each.name === name)
    if (isNew && users.length === 1 && !(present.name in catalogue.messages)) return modeling.updateModdleProperties(element, present, { id: `${name}_message`, name })
    let messageRef = name ? drawn.find(each => each.name === name) : undefined
    if (name && !messageRef) {
      messageRef = bpmnFactory.create('bpmn:Message', { id: `${name}_message`, name })
      messageRef.$parent = definitions
      modeling.updateModdleProperties(element, definitions, { rootElements: [...definitions.rootElements, messageRef] })
    }
    modeling.updateModdleProperties(element, holder, { messageRef })
  }
  return { drawn, setValue, getValue: () => holder.messageRef?.name || '' }
}

const message = {
  id: 'hw-message',
  isEdited: isSelectEntryEdited,
  component ({ element }) {
    const { drawn, setValue, getValue } = useMessage(element)
    const getOptions = () => {
      const others = drawn.map(each => each.name).filter(name => !(name in catalogue.messages))
      return [...options('messages', ''), ...others.map(value => ({ value, label: `In this drawing (${value})` }))]
    }
    return SelectEntry({ element, id: 'hw-message', label: 'Message', getValue, setValue, getOptions })
  }
}

const newMessage = {
  id: 'hw-new-message',
  isEdited: isTextFieldEntryEdited,
  component ({ element }) {
    const [debounce, { setValue, getValue }] = [useService('debounceInput'), useMessage(element)]
    const own = () => getValue() in catalogue.messages ? '' : getValue()
    const validate = value => value && !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(value) ? 'Small letters, digits and underscores' : undefined
    const description = 'Where none of the list is meant: another procedure awaits it by the same name'
    return TextFieldEntry({ element, id: 'hw-new-message', label: 'Another message, by its name', description, getValue: own, setValue, validate, debounce })
  }
}

const LOOP = 'bpmn:StandardLoopCharacteristics'
const loopOf = element => stepOf(element).loopCharacteristics
const ofLoop = (id, attribute, label, Entry, isEdited, read = value => value, write = value => value) => ({
  id,
  isEdited,
  component ({ element }) {
    const [modeling, bpmnFactory, debounce] = ['modeling', 'bpmnFactory', 'debounceInput'].map(name => useService(name))
    const setValue = value => modeling.updateModdleProperties(element, loopOf(element), { [attribute]: write(value, bpmnFactory) })
    return Entry({ element, id, label, getValue: () => read(loopOf(element)[attribute]), setValue, debounce })
  }
})
const LOOP_ENTRIES = [
  ofLoop('hw-loop-while', 'loopCondition', 'Goes on while', TextFieldEntry, isTextFieldEntryEdited,
    condition => condition?.body || '', (body, factory) => body ? factory.create('bpmn:FormalExpression', { body }) : undefined),
  ofLoop('hw-loop-before', 'testBefore', 'Asked before each turn', CheckboxEntry, isCheckboxEntryEdited),
  ofLoop('hw-loop-most', 'loopMaximum', 'Turns at most', NumberFieldEntry, isNumberFieldEntryEdited,
    value => value ?? '', value => value || undefined)
]

const ASK = new Set(['bpmn:UserTask', 'bpmn:ManualTask', 'bpmn:ReceiveTask'])
const HEAR = new Set(['bpmn:StartEvent', 'bpmn:IntermediateCatchEvent', 'bpmn:BoundaryEvent'])
const SEND = new Set(['bpmn:EndEvent', 'bpmn:IntermediateThrowEvent'])
const isOfMessage = step => step.eventDefinitions?.[0]?.$type === 'bpmn:MessageEventDefinition'

// A task, what begins a case, and a message that a person may give.
function asksForm (step) {
  const begins = step.$type === 'bpmn:StartEvent' && step.$parent?.$type === 'bpmn:Process' && !step.eventDefinitions?.length
  return begins || ASK.has(step.$type) || (HEAR.has(step.$type) && isOfMessage(step))
}

const sendsMessage = step => step.$type === 'bpmn:SendTask' || (SEND.has(step.$type) && isOfMessage(step))
const hearsMessage = step => step.$type === 'bpmn:ReceiveTask' || (HEAR.has(step.$type) && isOfMessage(step))

function own (element) {
  const step = stepOf(element)
  const group = (id, label, entries) => ({ id, label, component: Group, entries, shouldOpen: true })
  if (element.type === 'label' || element.labelTarget) return []
  if (step.$type === 'bpmn:Lane') return [group('hw-lane', 'Role', [role])]
  const found = []
  if (asksForm(step)) found.push(group('hw-asks', 'Form', [pick('hw-form', FORM)]))
  if (step.$type === 'bpmn:BusinessRuleTask') found.push(group('hw-decides', 'Decision table', [pick('hw-decision', DECISION), result]))
  if (sendsMessage(step) || hearsMessage(step)) found.push(group('hw-message', 'Which message', [message, newMessage]))
  if (step.loopCharacteristics?.$type === LOOP) found.push(group('hw-loop', 'Loop', LOOP_ENTRIES))
  return found
}

// What an element may say of itself besides, by name: only what the engine reads there is offered, and no name is typed.
const tagOf = element => {
  const type = element.type.replace('bpmn:', '')
  return type === 'Participant' ? 'process' : type[0].toLowerCase() + type.slice(1)
}
const namesOf = element => catalogue.properties[tagOf(element)] || {}
const isNamed = name => property => property.get('name') === name

function among (property) {
  return (property.$parent?.get('properties') || []).filter(each => each !== property)
}

function choices (known, present, strange) {
  const inOrder = ([one], [other]) => one.localeCompare(other, 'en', { numeric: true })
  const listed = Object.entries(known).sort(inOrder).map(([value, label]) => ({ value, label }))
  return [{ value: '', label: 'Choose' }, ...(present && !(present in known) ? [{ value: present, label: strange }] : []), ...listed]
}

const people = registry => Object.fromEntries(registry
  .filter(each => ['bpmn:UserTask', 'bpmn:ManualTask'].includes(each.type) && !each.labelTarget)
  .map(each => [each.id, each.businessObject.name || each.id]))

function PropertyName ({ element, idPrefix, property }) {
  const modeling = useService('modeling')
  const known = namesOf(element)
  const getValue = () => property.get('name') || ''
  const getOptions = () => {
    const free = Object.entries(known).filter(([name]) => !among(property).some(isNamed(name)))
    return choices(Object.fromEntries(free), getValue(), `${getValue()}: it means nothing here`)
  }
  const setValue = name => modeling.updateModdleProperties(element, property, { name })
  return SelectEntry({ element, id: `${idPrefix}-name`, label: 'What it says', getValue, setValue, getOptions })
}

function PropertyValue ({ element, idPrefix, property }) {
  const [modeling, registry, debounce] = ['modeling', 'elementRegistry', 'debounceInput'].map(each => useService(each))
  const getValue = () => property.get('value') || ''
  const setValue = value => modeling.updateModdleProperties(element, property, { value })
  const entry = { element, id: `${idPrefix}-value`, label: 'Value', getValue, setValue }
  const name = property.get('name')
  const several = name === 'other_than' && getValue().includes(',') // one is chosen from a list, several are typed
  const known = name === 'other_than' && !several ? people(registry) : catalogue.values[name]
  if (!known) return TextFieldEntry({ ...entry, debounce })
  return SelectEntry({ ...entry, getOptions: () => choices(known, getValue(), `${getValue()}: there is none`) })
}

const PROPERTY_ENTRIES = { name: [PropertyName, isSelectEntryEdited], value: [PropertyValue, isTextFieldEntryEdited] }

function properties (group, element) {
  const known = namesOf(element)
  const items = group.items.map(item => ({
    ...item,
    label: known[item.label] || item.label,
    entries: item.entries.map(entry => {
      const [component, isEdited] = PROPERTY_ENTRIES[entry.id.split('-').pop()]
      return { ...entry, component, isEdited }
    })
  }))
  return { ...group, label: 'More that it says', items, add: items.length < Object.keys(known).length ? group.add : undefined }
}

export function OwnSettings (propertiesPanel) {
  propertiesPanel.registerProvider(500, {
    getGroups: element => groups => {
      const step = stepOf(element)
      const unread = new Set(UNREAD_GROUPS)
      if (!sendsMessage(step)) unread.add('inputs')
      if (step.$type !== 'bpmn:ServiceTask') unread.add('taskDefinition')
      const kept = groups
        .filter(group => !unread.has(group.id))
        .map(group => group.id === PROPERTIES ? properties(group, element) : group)
        .filter(group => group.id !== PROPERTIES || group.add || group.items.length)
      for (const group of kept) {
        if (!group.entries) continue
        group.entries = group.entries
          .filter(entry => !UNREAD_ENTRIES.has(entry.id))
          .map(entry => PICKED[entry.id] ? pick(entry.id, PICKED[entry.id]) : entry)
      }
      const filled = kept.filter(group => group.component !== Group || group.entries.length)
      const behind = filled.findIndex(group => group.id === 'general') + 1
      return [...filled.slice(0, behind), ...own(element), ...filled.slice(behind)]
    }
  })
}
OwnSettings.$inject = ['propertiesPanel']
