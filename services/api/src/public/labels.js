// The field that finds one of the 1000 categories while one types.
let fetched;

/** Asked for once, and only when somebody wants to name a category. */
function categories() {
  fetched ??= fetch('/labels')
    .then((reply) => reply.json())
    .then(({ labels }) => labels.map((one) => ({ ...one, low: one.label.toLowerCase() })))
    .then((all) => all.sort((a, b) => a.low.length - b.low.length))
    .catch(() => {
      fetched = undefined;
      return [];
    });
  return fetched;
}

const MOST = 8;

/** Best first: the same, has that word, begins so, has a word that begins so; the short before the long. */
function search(all, text) {
  const fits = [
    ({ low, synset }) => low === text || synset === text,
    ({ low }) => ` ${low} `.includes(` ${text} `),
    ({ low }) => low.startsWith(text),
    ({ low }) => low.includes(` ${text}`),
    ({ low }) => low.includes(text),
  ];
  return [...new Set(fits.flatMap((fit) => all.filter(fit)))].slice(0, MOST);
}

/** The category of that name. Where two share it the service asks back. */
function named(all, text) {
  const low = text.trim().toLowerCase();
  const fits = all.filter((one) => one.low === low || one.synset === low);
  return fits.length > 1 ? { label: text, index: text } : fits[0];
}

let lists = 0;

/** Makes `input` a combobox with `list`; `category()` is what it names. */
export function findCategories(input, list) {
  let picked = null;
  let found = [];
  let active = -1;
  list.id = `categories-${++lists}`;
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', list.id);

  const isOpen = () => !list.hidden;
  const activate = (i) => {
    active = i;
    for (const [at, option] of [...list.children].entries())
      option.setAttribute('aria-selected', String(at === i));
    if (i >= 0) {
      input.setAttribute('aria-activedescendant', list.children[i].id);
      list.children[i].scrollIntoView({ block: 'nearest' });
    } else input.removeAttribute('aria-activedescendant');
  };
  const open = (options) => {
    found = options;
    list.replaceChildren(...options.map(makeOption));
    list.hidden = options.length === 0;
    input.setAttribute('aria-expanded', String(isOpen()));
    activate(-1);
  };
  const close = () => open([]);
  const pick = (category) => {
    input.value = category.label;
    picked = category;
    close();
  };
  const makeOption = (category, i) => {
    const option = document.createElement('li');
    const synset = document.createElement('code');
    option.id = `${list.id}-${i}`;
    option.setAttribute('role', 'option');
    synset.textContent = category.synset;
    option.append(category.label, ' ', synset);
    option.onclick = () => pick(category);
    return option;
  };

  input.oninput = async () => {
    picked = null;
    const text = input.value.trim().toLowerCase();
    const all = await categories();
    // Somebody types faster than the list comes, or is elsewhere by then.
    if (document.activeElement === input && text === input.value.trim().toLowerCase())
      open(text ? search(all, text) : []);
  };
  input.onblur = close;
  // So that pressing an option does not take the focus, and with it the list, away.
  list.onmousedown = (event) => event.preventDefault();
  input.onkeydown = (event) => {
    if (!isOpen()) return;
    const n = found.length;
    // Where nothing was chosen Enter sends the words as they are.
    const chosen = event.key === 'Enter' && (found[active] ?? named(found, input.value));
    if (event.key === 'ArrowDown') activate((active + 1) % n);
    else if (event.key === 'ArrowUp') activate(active < 1 ? n - 1 : active - 1);
    else if (chosen) pick(chosen);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  close();
  // Asks for them now, and finds what has been typed already.
  input.oninput();
  return {
    category: async () => picked ?? named(await categories(), input.value),
  };
}
