// Single keys for who has turned them on in this browser (WCAG 2.1.4): never while somebody types, never with another key held.
const NAME = 'homeward-keys'
const GO = { t: '/tasks', m: '/tasks?which=mine', c: '/cases', h: '/handovers' }
let gone = 0

const isOn = () => localStorage.getItem(NAME) === 'on'
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

const toggle = document.getElementById('hw-keys-toggle')
if (toggle) {
  const state = document.getElementById('hw-keys-state')
  const show = () => {
    state.textContent = isOn() ? 'The keys are on in this browser.' : 'The keys are off in this browser.'
    toggle.textContent = isOn() ? 'Turn the keys off' : 'Turn the keys on'
  }
  document.getElementById('hw-keys-switch').hidden = false
  toggle.addEventListener('click', () => { localStorage.setItem(NAME, isOn() ? 'off' : 'on'); show() })
  show()
}
