// What is typed into a task is kept on the server while it is typed; nothing of it stays in this browser. The page says who else
// has it open. It is complete without this file: then a button keeps what was typed.
const form = document.querySelector('form[data-typed]')
const status = document.getElementById('hw-typed')
const present = document.getElementById('hw-present')
const EVERY = 20000
const PAUSE = 1500
let waiting, typing = false

async function tell (changed) {
  const body = new FormData(form)
  try {
    const answer = await fetch(form.dataset.typed + (changed ? '?typing=yes' : ''), { method: 'POST', body: new URLSearchParams(body), redirect: 'manual' })
    if (answer.type === 'opaqueredirect') return say(status.dataset.signedOut)
    if (!answer.ok) return say(status.dataset.lost)
    const part = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('hw-answer')
    if (part.innerHTML !== present.innerHTML) present.replaceChildren(...part.childNodes)
    if (changed) { typing = false; say(part.dataset.saved, true) } else if (!typing && !status.dataset.kept) say('')
  } catch { say(status.dataset.lost) }
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
    clearTimeout(waiting)
    waiting = setTimeout(() => tell(true), PAUSE)
  })
  document.addEventListener('visibilitychange', () => { if (document.hidden && typing) tell(true) })
  form.addEventListener('submit', () => clearTimeout(waiting))
  tell(false)
  setInterval(() => { if (!document.hidden) tell(typing) }, EVERY)
}
