// Single keys for who has turned them on in this browser (WCAG 2.1.4): never while somebody types, never with another key held.
const ON = 'homeward-keys=on'
const GO = { t: '/tasks', m: '/tasks?which=mine', c: '/cases', h: '/handovers' }
let gone = 0

const isOn = () => document.cookie.split('; ').includes(ON)
const typing = target => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)

function walk (step) {
  const links = [...document.querySelectorAll('main .govuk-task-list__link, main td a, main li a')].filter(link => link.offsetParent)
  const at = links.indexOf(document.activeElement)
  links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus()
}

document.addEventListener('keydown', event => {
  if (!isOn() || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return
  const after = Date.now() - gone < 1500 ? GO[event.key] : undefined
  gone = event.key === 'g' ? Date.now() : 0
  if (after) location.assign(after)
  else if (event.key === '?') location.assign('/keys')
  else if (event.key === '/') { event.preventDefault(); location.assign('/search') } else if (event.key === 'j') walk(1)
  else if (event.key === 'k') walk(-1)
})
