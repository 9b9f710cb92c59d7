// What is typed into a task is kept on the server while it is typed; nothing of it stays in this browser. The page says who else
// has it open, and what has become of the task meanwhile. It is complete without this file: then a button keeps what was typed.
// What is typed after the button was pressed, while a slow link still sends the page, is kept under the key of that page: the page
// that comes back with a refusal was drawn before it, and takes it over.
const form = document.querySelector('form[data-typed]')
const status = document.getElementById('hw-typed')
const present = document.getElementById('hw-present')
const meanwhile = document.getElementById('hw-meanwhile')
const EVERY = 10000 // the page counts as open for 45 seconds after its last sign (workflows/typed.py)
const PAUSE = 1500
const OUTLIVES_THE_PAGE = 60000 // characters: a browser sends no more once somebody has left
const title = document.title
const pressable = form?.elements.key // a page of a draft has no such key: what it has sent would be kept as not saved
let waiting, typing = false, pressed = false, after = false

const token = page => page.querySelector('[name=csrf_token]')?.value
const person = page => page.querySelector('.hw-person strong')?.textContent
const read = async answer => new DOMParser().parseFromString(await answer.text(), 'text/html')

// Once somebody has looked at a page only, no more than that is sent.
const content = changed => changed ? new FormData(form) : Object.entries({ csrf_token: token(form), _seen: form.elements._seen.value })

function send (changed, leaving) {
  const body = new URLSearchParams(content(changed)).toString()
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const keepalive = leaving && body.length < OUTLIVES_THE_PAGE
  return fetch(form.dataset.typed + (changed ? `?typing=${after ? 'after' : 'yes'}` : ''), { method: 'POST', body, headers, redirect: 'manual', keepalive })
}

// Who signed in again has a new session: its sign stands on every page. Somebody else's session keeps nothing of this one.
async function signedInAgain () {
  const page = await read(await fetch(location.href))
  if (!token(page) || person(page) !== person(document)) return false
  for (const field of document.querySelectorAll('[name=csrf_token]')) field.value = token(page)
  return true
}

async function tell (changed, leaving = false) {
  try {
    let answer = await send(changed, leaving)
    if (answer.status === 400 && await signedInAgain()) answer = await send(changed, leaving)
    if (answer.type === 'opaqueredirect' || answer.status === 400) return say(status.dataset.signedOut)
    if (!answer.ok) return say(status.dataset.lost)
    const part = (await read(answer)).getElementById('hw-answer')
    show(present, part.querySelector('[data-present]'))
    show(meanwhile, part.querySelector('[data-meanwhile]'))
    document.title = meanwhile.textContent.trim() ? `(!) ${title}` : title
    if (changed) { typing = false; say(part.dataset.saved, true) } else if (!typing && !status.dataset.kept) say('')
  } catch { say(status.dataset.lost) }
}

// The same words again are no news: nobody has them read out twice.
function show (place, words) {
  if (place.textContent.trim() !== words.textContent.trim()) place.replaceChildren(...words.childNodes)
}

async function takeOver () {
  const kept = (await read(await fetch(location.href))).querySelector('form[data-typed]')
  if (kept?.dataset.after !== form.dataset.sent) return
  const fields = page => [...page.elements].filter(({ name, type }) => name && type !== 'hidden' && type !== 'submit')
  const isChoice = ({ type }) => type === 'radio' || type === 'checkbox'
  const same = one => isChoice(one) ? `${one.name}=${one.value}` : one.name
  const words = one => isChoice(one) ? one.checked : one.value
  const typed = Map.groupBy(fields(kept), same)
  for (const field of fields(form)) {
    const now = typed.get(same(field))?.shift()
    if (!now || words(now) === words(field)) continue
    if (isChoice(field)) field.checked = now.checked
    else field.value = now.value
    field.dispatchEvent(new Event('change', { bubbles: true }))
    typing = true
  }
  const place = document.getElementById('hw-after')
  if (typing) place.textContent = place.dataset.words
}

// What was kept is said to the eye alone: a screen reader would be spoken to every few seconds.
function say (words, quiet = false) {
  status.setAttribute('role', quiet ? 'none' : 'status')
  if (quiet) status.dataset.kept = 'yes'
  else delete status.dataset.kept
  if (status.textContent !== words) status.textContent = words
}

if (form && status) {
  form.addEventListener('input', () => {
    typing = true
    after = pressed
    clearTimeout(waiting)
    waiting = setTimeout(() => tell(true), PAUSE)
  })
  document.addEventListener('visibilitychange', () => { if (typing || !document.hidden) tell(typing, document.hidden) })
  form.addEventListener('submit', () => {
    after = false
    if (pressable) pressed = true // nothing is known of it yet: what stands there is kept until the answer is
    else { clearTimeout(waiting); typing = false }
  })
  if (form.dataset.sent) takeOver().catch(() => say(status.dataset.lost))
  tell(false)
  setInterval(() => { if (!document.hidden) tell(typing) }, EVERY)
}
