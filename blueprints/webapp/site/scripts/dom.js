// Making elements, and telling people who listen instead of look. Text is always text: nothing here parses HTML.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (name === 'class') made.className = value;
    else if (name in made && typeof value !== 'string') made[name] = value;
    else made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

export function find(id) {
  return document.getElementById(id);
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat().filter(Boolean));
}

// Touches the document only when something is different: a button that is pressed now must not be made anew.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function show(node, visible = true) {
  node.hidden = !visible;
}

// For a screen reader; the same words twice are told twice.
export function announce(text) {
  const place = find('announcer');
  place.textContent = '';
  setTimeout(() => {
    place.textContent = text;
  }, 50);
}

export function time(iso, format) {
  return element('time', { datetime: iso }, format(iso));
}

// Runs `work` with the button marked as busy, so that a second press does nothing.
export async function busy(button, words, work) {
  const before = button.textContent;
  button.disabled = true;
  button.setAttribute('aria-busy', 'true');
  button.textContent = words;
  try {
    return await work();
  } finally {
    button.disabled = false;
    button.removeAttribute('aria-busy');
    button.textContent = before;
  }
}

export function fail(place, text) {
  place.textContent = text;
  show(place, Boolean(text));
}

export function copyButton(text, label) {
  const button = element('button', { type: 'button', class: 'quiet', 'aria-label': `Copy ${label}` }, 'Copy');
  button.addEventListener('click', async () => {
    const done = await navigator.clipboard.writeText(text()).then(() => true, () => false);
    button.textContent = done ? 'Copied' : 'Select and copy it by hand';
    announce(done ? `${label} copied` : 'The browser does not allow copying: select the text and copy it by hand');
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2500);
  });
  return button;
}
