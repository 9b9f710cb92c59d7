// The components of GOV.UK Frontend and of the Ministry of Justice, brought to life where a page has them.
// Every page is complete without this file.
import { initAll as initGovuk } from 'govuk-frontend'
import { initAll as initMoj } from '@ministryofjustice/frontend'
import './keys.js'

initGovuk()
initMoj()

// A copy that stands in the log is printed by its button.
for (const button of document.querySelectorAll('[data-print]')) button.addEventListener('click', () => window.print())

// A problem of a text leads to its line and column, where the text is shown.
for (const link of document.querySelectorAll('a[data-line]')) {
  link.addEventListener('click', event => {
    const text = document.getElementById('hw-text')
    if (!text || text.closest('[hidden]')) return
    event.preventDefault()
    const lines = text.value.split('\n')
    const number = Math.min(Number(link.dataset.line), lines.length)
    const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0) + Number(link.dataset.column) - 1
    text.focus()
    text.setSelectionRange(start, start + lines[number - 1].length - Number(link.dataset.column) + 1)
    text.scrollTop = Math.max(0, text.scrollHeight * (number - 4) / lines.length)
    text.scrollIntoView({ block: 'center' })
  })
}
