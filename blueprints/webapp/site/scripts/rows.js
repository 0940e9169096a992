// One row for each file on its way. Rows are made once and then only changed, so that focus stays where it is.

import { element, say, show } from './dom.js';
import { duration, size } from './words.js';
import { UNDER_WAY } from './uploads.js';

const STATES = {
  waiting: 'Waiting',
  sending: 'Sending',
  paused: 'Paused',
  interrupted: 'Interrupted',
  failed: 'Not delivered',
  done: 'Delivered',
};

export class Rows {
  #rows = new Map();

  constructor(place, uploads) {
    this.place = place;
    this.uploads = uploads;
  }

  draw() {
    const items = this.uploads.items;
    const kept = new Set(items);
    for (const [item, row] of this.#rows) {
      if (!kept.has(item)) {
        row.node.remove();
        this.#rows.delete(item);
      }
    }
    for (const item of items) this.update(item);
  }

  update(item) {
    this.#fill(this.#row(item), item);
  }

  #row(item) {
    let row = this.#rows.get(item);
    if (!row) {
      row = this.#made(item);
      this.#rows.set(item, row);
      this.place.append(row.node);
    }
    return row;
  }

  #made(item) {
    const { uploads } = this;
    const button = (text, act) =>
      element('button', { type: 'button', class: 'quiet', 'aria-label': `${text} ${item.path}`, onclick: act }, text);
    const row = {
      state: element('span', { class: 'state' }),
      bar: element('progress', { max: '100', 'aria-label': `Progress of ${item.path}` }),
      told: element('p', { class: 'told' }),
      pause: button('Pause', () => this.#then(item, () => uploads.pause(item), 'resume')),
      resume: button('Resume', () => this.#then(item, () => uploads.resume(item), 'pause')),
      retry: button('Try again', () => this.#then(item, () => uploads.retry(item), 'cancel')),
      cancel: button('Cancel', () => this.#cancelled(item)),
    };
    const folder = item.path.slice(0, item.path.lastIndexOf('/') + 1);
    row.node = element(
      'li',
      { class: 'transfer' },
      element(
        'p',
        { class: 'name' },
        folder && element('span', { class: 'folder' }, folder),
        element('span', {}, item.path.slice(folder.length)),
      ),
      row.state,
      row.bar,
      row.told,
      element('div', { class: 'acts' }, row.retry, row.pause, row.resume, row.cancel),
    );
    return row;
  }

  // A button that goes away hands its focus to the one that comes.
  #then(item, act, next) {
    act();
    this.#rows.get(item)?.[next].focus();
  }

  #cancelled(item) {
    const next = this.#rows.get(item).node.nextElementSibling;
    this.uploads.cancel(item);
    this.draw();
    (next?.querySelector('button:not([hidden])') ?? document.getElementById('choose-files')).focus();
  }

  #fill(row, item) {
    row.node.dataset.state = item.state;
    say(row.state, STATES[item.state]);
    row.bar.value = item.size ? (100 * item.sent) / item.size : item.state === 'done' ? 100 : 0;
    say(row.told, told(item));
    show(row.bar, item.state !== 'done');
    show(row.pause, item.state === 'sending');
    show(row.resume, item.state === 'paused');
    show(row.retry, item.state === 'failed' || Boolean(item.timer));
    show(row.cancel, item.state !== 'done');
  }
}

function told(item) {
  if (item.state === 'done') return size(item.size);
  const so = `${size(item.sent)} of ${size(item.size)}`;
  if (item.state === 'interrupted') return `${so}. ${item.why}; it goes on by itself.`;
  if (item.state === 'failed') return item.why;
  if (item.state !== 'sending' || !item.speed.rate) return so;
  return `${so} · ${size(Math.round(item.speed.rate))}/s · ${duration((item.size - item.sent) / item.speed.rate)} left`;
}

// All files in one line.
export function summary(items) {
  const done = items.filter((item) => item.state === 'done').length;
  const failed = items.filter((item) => item.state === 'failed').length;
  const going = items.filter((item) => UNDER_WAY.has(item.state));
  const words = [`${done} of ${items.length} delivered`];
  if (failed) words.push(`${failed} not delivered`);
  const rate = going.reduce((sum, item) => sum + (item.state === 'sending' ? item.speed.rate : 0), 0);
  const left = going.reduce((sum, item) => sum + item.size - item.sent, 0);
  if (rate && left) words.push(`${duration(left / rate)} left`);
  return words.join(' · ');
}
