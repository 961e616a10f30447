// Right or wrong: what somebody says of an answer, and its way to the service.
import { copy, field, say, write } from './dom.js';

async function post({ answer, file }, { keepPhoto, ...verdict }) {
  const said = { id: answer.id, ...verdict };
  const init = { method: 'POST' };
  if (keepPhoto) {
    init.body = new FormData();
    for (const [name, value] of Object.entries({ ...said, keepPhoto }))
      init.body.append(name, value);
    init.body.append('file', file);
  } else {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(said);
  }
  const reply = await fetch('/feedback', init);
  const body = await reply.json().catch(() => ({}));
  if (!reply.ok)
    throw new Error(body.detail ?? `The service answered with status ${reply.status}.`);
  return body;
}

/** Marks the opinion at once, and goes back to the last that was kept when this one could not be. */
async function tell(photo, judge, verdict, thanks, name = '') {
  photo.latest = verdict;
  mark(judge, verdict);
  // One after the other, so that the last word is the one that counts.
  const mine = (photo.telling ?? Promise.resolve()).then(() => post(photo, verdict));
  photo.telling = mine.catch(() => {});
  const told = (text, failed) => {
    write(judge, { told: text });
    field(judge, 'told').classList.toggle('failed', failed);
    say(text);
  };
  try {
    const { photoKept } = await mine;
    Object.assign(photo, { verdict, corrected: name });
    const lost = verdict.keepPhoto && !photoKept ? ' There was no room for the photo.' : '';
    told(thanks + lost, false);
    return true;
  } catch (error) {
    if (photo.latest === verdict) {
      photo.latest = photo.verdict;
      mark(judge, photo.verdict);
    }
    const why = error instanceof TypeError ? 'The service did not answer.' : error.message;
    told(`Not noted. ${why}`, true);
    return false;
  }
}

function mark(judge, verdict) {
  const [right, wrong] = judge.querySelectorAll('.verdict button');
  right.setAttribute('aria-pressed', String(verdict?.correct === true));
  wrong.setAttribute('aria-pressed', String(verdict?.correct === false));
}

/** The words for it: a category where it is one, else a comment. */
async function readCorrection(form) {
  const { label, comment, keepPhoto } = form.elements;
  const text = label.value.trim();
  const category = text && (await (await form.finder)?.category());
  const words = [category ? '' : text, comment.value.trim()].filter(Boolean).join('. ');
  return {
    name: category?.label ?? text,
    verdict: {
      correct: false,
      ...(category && { label: category.index }),
      ...(words && { comment: words }),
      ...(keepPhoto.checked && { keepPhoto: true }),
    },
  };
}

export function makeJudge(photo) {
  const judge = copy('judge');
  const [ask, form] = judge.querySelectorAll('form');
  const [, wrong] = ask.querySelectorAll('button');
  mark(judge, photo.verdict);
  const close = () => {
    form.hidden = true;
    wrong.setAttribute('aria-expanded', 'false');
  };
  const open = () => {
    form.hidden = false;
    wrong.setAttribute('aria-expanded', 'true');
    const { label } = form.elements;
    label.focus();
    // What names the categories is fetched only by those who name one.
    form.finder ??= import('./labels.js')
      .then(({ findCategories }) => findCategories(label, judge.querySelector('.options')))
      .catch(() => {
        form.finder = undefined;
      });
  };
  close();

  const sendForm = async (question) => {
    const { name, verdict } = await readCorrection(form);
    const more = name || verdict.comment ? 'Thank you.' : question;
    return tell(photo, judge, verdict, `Noted as ${name || 'wrong'}. ${more}`, name);
  };
  ask.onsubmit = (event) => {
    event.preventDefault();
    if (event.submitter === wrong) {
      open();
      // The form may still hold a correction from before: it is shown, so it counts.
      if (photo.latest?.correct !== false) sendForm('What is it, if you know?');
      return;
    }
    close();
    if (photo.latest?.correct !== true)
      tell(photo, judge, { correct: true }, 'Noted as right. Thank you.');
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (await sendForm('Thank you.')) {
      close();
      wrong.focus();
    }
  };
  form.onkeydown = (event) => {
    if (event.key !== 'Escape') return;
    close();
    wrong.focus();
  };
  return judge;
}
