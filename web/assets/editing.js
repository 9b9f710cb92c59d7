// What the pages of a diagram and of a decision table share: the text stays the one truth of the page, and the drawing is put
// before it when it can be read. Without JavaScript, or where it cannot be read, the text itself is edited.

import { EditorView } from '@codemirror/view'

// Typing over a selection, the browser itself writes a style into the page, which the Content-Security-Policy stops. The editor
// of expressions therefore replaces what is selected, before the browser does.
document.addEventListener('beforeinput', event => {
  const content = event.target.closest?.('.cm-content')
  const view = content && EditorView.findFromDOM(content)
  if (!view || event.inputType !== 'insertText' || view.state.selection.main.empty) return
  event.preventDefault()
  event.stopPropagation()
  view.dispatch(view.state.replaceSelection(event.data || ''), { userEvent: 'input.type', scrollIntoView: true })
}, true)

const SETTLED = 500 // milliseconds without a change of the drawing

export function page () {
  const form = document.querySelector('.hw-editing')
  const data = document.getElementById('hw-problems')
  return {
    form,
    holder: form.querySelector('.hw-modeller'),
    source: form.querySelector('.hw-source'),
    text: form.querySelector('textarea'),
    problems: data ? JSON.parse(data.textContent) : []
  }
}

// `editor` has: open(text), save() -> text, changed() -> boolean, show(id) -> whether it is drawn, watch(tell) to hear of each change.
export async function edit ({ form, holder, source, text, problems }, editor) {
  const button = holder.querySelector('.hw-switch')
  const canvas = holder.querySelector('.hw-drawn')
  const tools = holder.querySelectorAll('.hw-zoom button:not(.hw-switch), .hw-about, .hw-sideways')
  const note = holder.querySelector('.hw-unreadable')
  let drawn = false
  let sending = false
  let opened = ''

  function put (isDrawn) {
    drawn = isDrawn
    canvas.hidden = !isDrawn
    for (const tool of tools) tool.hidden = !isDrawn
    source.hidden = isDrawn
    button.textContent = isDrawn ? 'Show it as text' : 'Show it as a drawing'
  }

  async function draw () {
    holder.hidden = false
    canvas.hidden = false
    try {
      await editor.open(text.value)
      opened = text.value
      note.hidden = true
      put(true)
      follow()
      editor.watch?.(settle)
    } catch (fault) {
      note.hidden = false
      put(false)
    }
  }

  async function write () {
    if (drawn && editor.changed()) text.value = await editor.save()
  }

  // What is drawn goes into the text a moment after each change: from there it is kept on the server, like what is typed.
  let later
  function settle () {
    clearTimeout(later)
    later = setTimeout(async () => {
      if (sending || !drawn) return
      await write()
      text.dispatchEvent(new Event('input', { bubbles: true }))
    }, SETTLED)
  }

  function follow () {
    const id = decodeURIComponent(location.hash.slice(1))
    if (drawn && id && editor.show(id)) {
      holder.scrollIntoView()
    }
  }

  button.addEventListener('click', async () => {
    if (!drawn) return draw()
    await write()
    put(false)
    text.focus()
  })
  form.addEventListener('submit', async event => {
    if (canvas.contains(event.submitter)) return event.preventDefault() // a button of the drawing is no button of the page
    if (sending) return
    event.preventDefault()
    sending = true
    await write()
    form.submit()
  })
  window.addEventListener('beforeunload', event => {
    if (!sending && (text.value !== opened || (drawn && editor.changed()))) event.preventDefault()
  })
  // The fields of the editors stand in the page's form: Enter in one of them must not send it.
  form.addEventListener('keydown', event => {
    if (event.key === 'Enter' && canvas.contains(event.target) && event.target.matches('input')) event.preventDefault()
  }, true)
  window.addEventListener('hashchange', follow)
  opened = text.value
  await draw()
  form.editor = editor
  holder.dataset.ready = 'yes'
}
