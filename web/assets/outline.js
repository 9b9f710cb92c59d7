// The outline beside a drawing, as a tree of the ARIA Authoring Practices: one stop for the Tab key, arrow keys within it, Home and
// End, letters to jump, Enter or Space to choose. Without this script it is a list in a list, and says the same.

let count = 0

// The line of a list is the item of the tree; the list inside it, if there is one, is its group.
const inside = item => item.parentElement.querySelector(':scope > ul')
const linesIn = list => [...list.querySelectorAll('.hw-line')]
const parent = item => {
  const around = item.parentElement.parentElement.closest('li')
  return around && around.querySelector(':scope > .hw-line')
}
const isOpen = item => item.getAttribute('aria-expanded') === 'true'

export function makeTree (tree, choose) {
  const items = linesIn(tree)
  tree.setAttribute('role', 'tree')
  for (const item of items) {
    const below = inside(item)
    item.parentElement.setAttribute('role', 'none')
    item.setAttribute('role', 'treeitem')
    item.setAttribute('aria-selected', 'false')
    item.tabIndex = -1
    // Links are followed with Enter from the line itself, so that the tree stays one stop of the Tab key.
    for (const link of item.querySelectorAll('a')) link.tabIndex = -1
    if (below) {
      below.id = `hw-lines-${count++}`
      below.setAttribute('role', 'group')
      item.setAttribute('aria-owns', below.id)
      open(item, item === items[0])
    }
  }
  items[0].tabIndex = 0

  const isShown = item => !parent(item) || (isOpen(parent(item)) && isShown(parent(item)))
  const shown = () => items.filter(isShown)

  function open (item, wanted) {
    item.setAttribute('aria-expanded', String(wanted))
    inside(item).hidden = !wanted
  }

  function go (item) {
    if (!item) return
    for (const each of items) each.tabIndex = each === item ? 0 : -1
    item.focus()
  }

  function pick (item) {
    for (const each of items) each.setAttribute('aria-selected', String(each === item))
    choose(item.parentElement.dataset.element || '', item)
  }

  // Closing a line, with the mouse, over the one that has the focus takes the focus to what is still to be seen.
  function toggle (item) {
    open(item, !isOpen(item))
    if (!isOpen(item) && inside(item).querySelector('[tabindex="0"]')) go(item)
  }

  const keys = {
    ArrowDown: item => go(shown()[shown().indexOf(item) + 1]),
    ArrowUp: item => go(shown()[shown().indexOf(item) - 1]),
    Home: () => go(items[0]),
    End: () => go(shown().at(-1)),
    ArrowRight: item => {
      if (inside(item) && !isOpen(item)) open(item, true)
      else if (inside(item)) go(linesIn(inside(item))[0])
    },
    ArrowLeft: item => {
      if (inside(item) && isOpen(item)) open(item, false)
      else go(parent(item))
    },
    Enter: item => {
      const link = item.querySelector('a')
      if (link) link.click()
      else pick(item)
    },
    ' ': pick
  }

  function jump (item, letter) {
    const all = shown()
    const after = [...all.slice(all.indexOf(item) + 1), ...all.slice(0, all.indexOf(item))]
    go(after.find(each => each.textContent.trim().toLowerCase().startsWith(letter)))
  }

  tree.addEventListener('keydown', event => {
    const item = event.target.closest('[role=treeitem]')
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return
    const act = keys[event.key]
    if (act) act(item)
    else if (/^[\p{L}\p{N}]$/u.test(event.key)) jump(item, event.key.toLowerCase())
    else return
    event.preventDefault()
  })

  tree.addEventListener('click', event => {
    const item = event.target.closest('[role=treeitem]')
    if (!item || event.target.closest('a')) return
    if (inside(item)) toggle(item)
    if (item.parentElement.dataset.element) pick(item)
    go(item)
  })
}
